from . import (
    amazon_cancellation_account,
    sale_order,
    stock_move,
    stock_move_line,
    stock_picking,
)
