from . import (
    amazon_seller_account,
    stock_picking,
)
