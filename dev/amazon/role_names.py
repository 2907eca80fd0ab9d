"""Amazon's names of the roles of an application."""

INVENTORY = "Inventory and Order Tracking"
LISTING = "Product Listing"
INSIGHTS = "Selling Partner Insights"
FINANCE = "Finance and Accounting"
# The restricted ones, which open buyers' addresses.
SHIPPING = "Direct to Consumer Shipping"
TAX = "Tax Invoicing"
ROLES = (INVENTORY, LISTING, INSIGHTS, FINANCE, SHIPPING, TAX)
