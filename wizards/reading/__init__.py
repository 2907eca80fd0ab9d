from . import (
    amazon_cancellation_upload,
    amazon_match_dialog,
    amazon_relink_dialog,
)
