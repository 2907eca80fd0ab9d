from . import test_automation, test_enterprise, test_goods_beside, test_other_authors, test_queue_job
