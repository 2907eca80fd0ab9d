from . import (
    amazon_cancel_dialog,
    amazon_undo_dialog,
    amazon_settle_dialog,
)
