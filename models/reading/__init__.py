from . import (
    amazon_notification,
    amazon_notification_subscription,
    amazon_order_cursor,
    amazon_order_mail,
    amazon_order_matcher,
    amazon_order_reader,
    amazon_order_sweep,
    amazon_seller_account,
    amazon_sync_log,
    amazon_unknown_order,
    sale_order,
    sale_order_line,
)
