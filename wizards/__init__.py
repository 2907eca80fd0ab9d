from . import (
    amazon_ask_dialog,
    amazon_cancel_dialog,
    amazon_cancellation_setup,
    amazon_cancellation_upload,
    amazon_hold_dialog,
    amazon_keep_dialog,
    amazon_marketplace_offer,
    amazon_match_dialog,
    amazon_relink_dialog,
    amazon_settle_dialog,
    amazon_supply_dialog,
    amazon_undo_dialog,
)
