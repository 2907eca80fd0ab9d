{
    "name": "Amazon Cancellation Requests: Purchase",
    "summary": "Vendors' orders for orders that buyers want cancelled say so, and ask before they are confirmed",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "sale_amazon_cancellation contributors",
    "depends": ["sale_amazon_cancellation", "sale_purchase_stock"],
    "data": ["views/purchase_order_views.xml"],
    "auto_install": True,
}
