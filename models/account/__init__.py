# The mixins first, as models inherit them.
from . import (
    amazon_activity_mixin,
    amazon_credentials_mixin,
    amazon_protected_mixin,
    amazon_worded_mixin,
    amazon_cancellation_access,
    amazon_cancellation_account,
    amazon_cancellation_allowance,
    amazon_cancellation_finding,
    amazon_cancellation_marketplace,
    amazon_cancellation_refusal,
    amazon_cancellation_unit,
    amazon_cancellation_words,
    mail_activity_type,
    res_config_settings,
)
