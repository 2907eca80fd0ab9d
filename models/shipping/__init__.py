from . import (
    amazon_cancellation_account,
    amazon_order_reader,
    amazon_supply_mixin,
    sale_order,
    sale_order_line,
    stock_location,
    stock_move,
    stock_move_line,
    stock_picking,
    stock_picking_type,
)
