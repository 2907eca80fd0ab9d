from . import (
    amazon_activity_mixin,
    amazon_credentials_mixin,
    amazon_seller_account,
    amazon_seller_marketplace,
    res_config_settings,
)
