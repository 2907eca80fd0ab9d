from . import amazon_accounting_check, amazon_cancellation_report
