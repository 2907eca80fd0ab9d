from . import amazon_cancellation_setup, amazon_marketplace_offer
