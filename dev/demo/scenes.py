"""What the pictures show beside the demo's story."""

from dev.amazon.auth import access_of
from dev.amazon.role_names import INVENTORY
from dev.amazon.seeds import DEMO_PRODUCTS, DEMO_SELLER

from .amazon import AmazonProcess
from .json2 import Json2
from .story import MODULE

LEFT = [["setup_step", "!=", False], ["active", "=", False]]
PACKER = "packer"
_CONNECTED = [["setup_step", "=", False]]


def leave_to_review(odoo: Json2, amazon: AmazonProcess) -> None:
    """Let a buyer cancel alone whose invoice was paid: its credit is left to an accountant."""
    [order] = odoo.find(
        "sale.order",
        [
            ["amazon_fulfillment_status", "=", "unshipped"],
            ["amazon_cancel_request", "=", False],
            ["invoice_ids", "!=", False],
        ],
        ["amazon_order_ref", "invoice_ids"],
        order="id desc",
        limit=1,
    )
    context = {"active_model": "account.move", "active_ids": order["invoice_ids"]}
    payment_ids = odoo.call("account.payment.register", "create", vals_list=[{}], context=context)
    odoo.call("account.payment.register", "action_create_payments", ids=payment_ids, context=context)
    amazon.control(f"orders/{order['amazon_order_ref']}/buyer-cancel", reason="Changed mind about purchase")
    amazon.control("clock", advance=300)
    _read(odoo)
    odoo.run_scheduled_action(f"{MODULE}.ir_cron_accounting")


def ask_more(odoo: Json2, amazon: AmazonProcess) -> None:
    """Let three more buyers ask, one of them for a part of the order, and one order that is not in Odoo.

    After that, and not read yet, a buyer cancels alone.
    """
    open_orders = _find_open_orders(odoo, ["amazon_order_ref", "amazon_item_refs"], order="id")
    partial = next(order for order in open_orders if len(order["amazon_item_refs"]) > 1)
    *others, alone = [order for order in open_orders if order != partial][:3]
    for order, reason in zip(others, ["Ordered by mistake", "Shipping would take too long"], strict=True):
        amazon.control(f"orders/{order['amazon_order_ref']}/request", reason=reason)
    amazon.control(
        f"orders/{partial['amazon_order_ref']}/request",
        reason="I only need one of the two",
        items=partial["amazon_item_refs"][:1],
    )
    title, price = DEMO_PRODUCTS["LAMP-OAK"]
    items = [{"sku": "LAMP-OAK", "title": title, "unit_price": price}]
    unknown = amazon.control("orders", seller_id=DEMO_SELLER, items=items, buyer_name="Nils Berg")
    amazon.control(f"orders/{unknown['order_id']}/request", reason="Ordered twice")
    amazon.control("clock", advance=300)
    _read(odoo)
    amazon.control(f"orders/{alone['amazon_order_ref']}/buyer-cancel", reason="Changed mind about purchase")
    amazon.control("clock", advance=300)  # the search shows it late


def leave_to_undo(odoo: Json2) -> None:
    """Cancel an order that may still be undone, though not all of it: one of its lines is deleted since."""
    orders = _find_open_orders(odoo, ["order_line"], order="id desc")
    order = next(order for order in orders if len(order["order_line"]) > 1)
    [account] = odoo.find("amazon.cancellation.account", _CONNECTED, ["undo_minutes"], limit=1)
    odoo.call("amazon.cancellation.account", "write", ids=[account["id"]], vals={"undo_minutes": 24 * 60})
    odoo.call("sale.order", "action_cancel", ids=[order["id"]])
    odoo.call("sale.order.line", "unlink", ids=order["order_line"][:1])
    vals = {"undo_minutes": account["undo_minutes"]}
    odoo.call("amazon.cancellation.account", "write", ids=[account["id"]], vals=vals)


def give_address(odoo: Json2, partner_id: int) -> None:
    """Let a buyer be written to, at Amazon's mail relay."""
    odoo.call("res.partner", "write", ids=[partner_id], vals={"email": "r5k2v8w3x1@marketplace.amazon.fr"})


def leave_set_up(odoo: Json2, amazon: AmazonProcess) -> None:
    """Begin to set up a seller of North America whose application has the first role alone, and leave it."""
    seller_id = "A1LOCALNA"
    amazon.control(f"sellers/{seller_id}/authorise")
    amazon.control(f"sellers/{seller_id}", authorised_roles=[INVENTORY])
    [setup_id] = odoo.call(
        "amazon.cancellation.setup",
        "create",
        vals_list=[
            {
                "name": "My shop, North America",
                "region": "na",
                **access_of(seller_id),
            }
        ],
    )
    odoo.call("amazon.cancellation.setup", "action_next", ids=[setup_id])
    [account_id] = odoo.call("amazon.cancellation.account", "search", domain=LEFT)
    [canada] = odoo.call("amazon.cancellation.marketplace", "search", domain=[["name", "=", "Amazon.ca"]])
    odoo.call("amazon.cancellation.account", "write", ids=[account_id], vals={"marketplace_ids": [[6, 0, [canada]]]})
    odoo.call("amazon.cancellation.account", "action_test_connection", ids=[account_id])
    odoo.call("amazon.cancellation.account", "write", ids=[account_id], vals={"marketplace_ids": [[5]]})


def add_packer(odoo: Json2) -> None:
    """Let somebody in who packs, and sells nothing; the password is the login."""
    groups = [odoo.record("stock.group_stock_user")]
    [admin] = odoo.find("res.users", [["login", "=", "admin"]], ["tz"])
    vals = {"name": "Pat Packer", "login": PACKER, "password": PACKER, "group_ids": [[6, 0, groups]], "tz": admin["tz"]}
    odoo.call("res.users", "create", vals_list=[vals])


def make_batch(odoo: Json2, picking_ids: list[int]) -> int:
    """Put deliveries into one batch.

    :return: the batch's id.
    """
    [batch_id] = odoo.call("stock.picking.batch", "create", vals_list=[{"picking_ids": [[6, 0, picking_ids]]}])
    return batch_id


def try_rules(odoo: Json2) -> int:
    """Take the account that works through the dry run of a set-up in which requests are accepted by a rule.

    :return: the set-up's id. The account is as it was.
    """
    fields = ["name", "region", "seller_id", "marketplace_ids", "auto_accept"]
    [account] = odoo.find("amazon.cancellation.account", _CONNECTED, fields, limit=1)
    odoo.call("amazon.cancellation.account", "write", ids=[account["id"]], vals={"auto_accept": "before_shipping"})
    [setup_id] = odoo.call(
        "amazon.cancellation.setup",
        "create",
        vals_list=[
            {
                "account_id": account["id"],
                "step": "rules",
                "name": account["name"],
                "region": account["region"],
                "seller_id": account["seller_id"],
                "marketplace_ids": [[6, 0, account["marketplace_ids"]]],
            }
        ],
    )
    odoo.call("amazon.cancellation.setup", "action_next", ids=[setup_id])
    vals = {"auto_accept": account["auto_accept"], "setup_step": False}
    odoo.call("amazon.cancellation.account", "write", ids=[account["id"]], vals=vals)
    return setup_id


def send_digest(odoo: Json2) -> str:
    """Write the digest that tells of requests.

    :return: the administrator's mail, as HTML.
    """
    digest_id, admin_id = odoo.record("digest.digest_digest_default"), odoo.record("base.user_admin")
    kpis = {f"kpi_amazon_{name}": True for name in ("requests", "minutes", "stopped", "shipped", "saved")}
    odoo.call("digest.digest", "write", ids=[digest_id], vals={**kpis, "user_ids": [[6, 0, [admin_id]]]})
    odoo.call("digest.digest", "action_send_manual", ids=[digest_id])
    [admin] = odoo.find("res.users", [["id", "=", admin_id]], ["lang"])
    [digest] = odoo.find("digest.digest", [["id", "=", digest_id]], ["name"], context={"lang": admin["lang"]})
    [mail] = odoo.find("mail.mail", [["subject", "like", digest["name"]]], ["body_html"], order="id desc", limit=1)
    return mail["body_html"]


def _find_open_orders(odoo: Json2, fields: list[str], order: str) -> list[dict]:
    """The orders that are neither asked for nor shipped nor cancelled."""
    domain = [
        ["amazon_fulfillment_status", "=", "unshipped"],
        ["amazon_channel", "=", "fbm"],
        ["amazon_cancel_request", "=", False],
        ["state", "=", "sale"],
    ]
    return odoo.find("sale.order", domain, fields, order=order)


def _read(odoo: Json2) -> None:
    account_ids = odoo.call("amazon.cancellation.account", "search", domain=[])
    odoo.call("amazon.cancellation.account", "action_sync_now", ids=account_ids)
