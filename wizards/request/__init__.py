from . import amazon_ask_dialog, amazon_keep_dialog
