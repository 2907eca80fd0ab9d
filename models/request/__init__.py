from . import (
    amazon_buyer_mail_mixin,
    amazon_cancellation_account,
    amazon_keep_reason,
    amazon_order_reader,
    digest_digest,
    sale_order,
)
