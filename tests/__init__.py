from . import test_main_job, test_never, test_reading, test_undo
