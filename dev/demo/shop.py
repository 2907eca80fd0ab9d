"""The shop in Odoo: the products, the account, and the sale orders that a connector would have made."""

from dev.amazon.auth import access_of
from dev.amazon.seeds import DEMO_PRODUCTS, DEMO_SELLER

from .json2 import Json2

STOCK = 100


def connect_account(odoo: Json2) -> int:
    """Make the seller account, and test the connection, which fills in the marketplaces.

    :return: the account's id.
    """
    [account_id] = odoo.call(
        "amazon.cancellation.account",
        "create",
        vals_list=[
            {
                "name": "Demo shop, Europe",
                **access_of(DEMO_SELLER),
                "region": "eu",
                "undo_minutes": 0,
            }
        ],
    )
    odoo.call("amazon.cancellation.account", "action_test_connection", ids=[account_id])
    return account_id


def create_products(odoo: Json2) -> dict[str, int]:
    """Make the products, with stock.

    :return: product ids by SKU.
    """
    product_ids = odoo.call(
        "product.product",
        "create",
        vals_list=[
            {
                "name": title,
                "default_code": sku,
                "list_price": float(price),
                "type": "consu",
                "is_storable": True,
                "invoice_policy": "order",
            }
            for sku, (title, price) in DEMO_PRODUCTS.items()
        ],
    )
    [warehouse] = odoo.find("stock.warehouse", [], ["lot_stock_id"], limit=1)
    quant_ids = odoo.call(
        "stock.quant",
        "create",
        vals_list=[
            {"product_id": product_id, "location_id": warehouse["lot_stock_id"][0], "inventory_quantity": STOCK}
            for product_id in product_ids
        ],
        context={"inventory_mode": True},
    )
    odoo.call("stock.quant", "action_apply_inventory", ids=quant_ids)
    return dict(zip(DEMO_PRODUCTS, product_ids, strict=True))


def import_orders(odoo: Json2, amazon_orders: list[dict], product_ids: dict[str, int]) -> dict[str, int]:
    """Make a confirmed sale order of each order at Amazon, the id in *Customer Reference*, as connectors do.

    :param amazon_orders: orders of the local Amazon's control API.
    :return: sale order ids by Amazon's order id.
    """
    names = list(dict.fromkeys(order["buyer_name"] for order in amazon_orders))
    partners = dict(
        zip(names, odoo.call("res.partner", "create", vals_list=[{"name": name} for name in names]), strict=True)
    )
    order_ids = odoo.call(
        "sale.order",
        "create",
        vals_list=[
            {
                "partner_id": partners[order["buyer_name"]],
                "client_order_ref": order["order_id"],
                "order_line": [
                    [
                        0,
                        0,
                        {
                            "product_id": product_ids[item["sku"]],
                            "product_uom_qty": item["quantity"],
                            "price_unit": float(item["unit_price"]),
                        },
                    ]
                    for item in order["items"]
                ],
            }
            for order in amazon_orders
        ],
    )
    odoo.call("sale.order", "action_confirm", ids=order_ids)
    return dict(zip((order["order_id"] for order in amazon_orders), order_ids, strict=True))


def invoice(odoo: Json2, order_ids: list[int]) -> list[int]:
    """Invoice orders and post the invoices.

    :return: the invoices' ids.
    """
    wizard_id = odoo.call(
        "sale.advance.payment.inv",
        "create",
        vals_list=[{"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, order_ids]]}],
    )
    odoo.call("sale.advance.payment.inv", "create_invoices", ids=wizard_id)
    orders = odoo.find("sale.order", [["id", "in", order_ids]], ["invoice_ids"])
    invoice_ids = [invoice_id for order in orders for invoice_id in order["invoice_ids"]]
    odoo.call("account.move", "action_post", ids=invoice_ids)
    return invoice_ids
