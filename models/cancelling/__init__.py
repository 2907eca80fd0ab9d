from . import (
    amazon_cancellation_access,
    amazon_cancellation_account,
    amazon_cancellation_feed,
    amazon_cancellation_guard,
    amazon_cancellation_sender,
    amazon_cancellation_unit,
    amazon_order_cancellation,
    sale_order,
)
