from . import amazon_cancel_dialog, amazon_hold_dialog, amazon_marketplace_offer
