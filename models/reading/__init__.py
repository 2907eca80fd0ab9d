from . import (
    amazon_cancellation_account,
    amazon_cancellation_cursor,
    amazon_cancellation_log,
    amazon_cancellation_mail,
    amazon_cancellation_notification,
    amazon_cancellation_subscription,
    amazon_cancellation_sweep,
    amazon_cancellation_unknown,
    amazon_order_matcher,
    amazon_order_reader,
    sale_order,
    sale_order_line,
)
