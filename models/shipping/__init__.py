from . import (
    amazon_cancellation_account,
    amazon_supply_mixin,
    sale_order,
    stock_move,
    stock_move_line,
    stock_picking,
    stock_picking_type,
)
