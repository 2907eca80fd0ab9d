from . import (
    amazon_buyer_mail_mixin,
    amazon_cancellation_account,
    digest_digest,
    sale_order,
)
