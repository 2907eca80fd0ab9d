from . import (
    amazon_cancellation_feed,
    amazon_cancellation_guard,
    amazon_cancellation_sender,
    amazon_order_cancellation,
    amazon_order_cancellation_outcome,
    amazon_order_cancellation_timeline,
    sale_order_progress,
)
