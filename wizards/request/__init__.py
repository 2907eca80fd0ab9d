from . import amazon_accept_dialog, amazon_ask_dialog, amazon_keep_dialog
