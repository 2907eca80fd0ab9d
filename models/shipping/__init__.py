from . import (
    amazon_cancellation_account,
    stock_picking,
)
