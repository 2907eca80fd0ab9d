from . import (
    amazon_buyer_mail_mixin,
    digest_digest,
    sale_order,
    sale_order_decision,
    sale_order_notice,
)
