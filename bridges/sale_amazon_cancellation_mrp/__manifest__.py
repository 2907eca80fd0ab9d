{
    "name": "Amazon Cancellation Requests: Manufacturing",
    "summary": "Manufacturing orders for orders that buyers want cancelled say so, and ask before they are confirmed",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "sale_amazon_cancellation contributors",
    "depends": ["sale_amazon_cancellation", "sale_mrp"],
    "data": ["views/mrp_production_views.xml"],
    "auto_install": True,
}
