from . import amazon_hold_dialog, amazon_supply_dialog
