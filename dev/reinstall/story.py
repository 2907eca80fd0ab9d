"""In one Odoo, as its Apps page does it: the addon is uninstalled while work is under way, and installed again."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

config.parse_config(sys.argv[2:], setup_logging=True)
DATABASE = config["db_name"][0] if isinstance(config["db_name"], list) else config["db_name"]
Registry(DATABASE)

from odoo.addons.sale_amazon_cancellation.dev.amazon.auth import access_of  # noqa: E402
from odoo.addons.sale_amazon_cancellation.dev.amazon.server import LocalAmazon  # noqa: E402

MODULE = "sale_amazon_cancellation"
SELLER = "A1LOCALEU"
NAMES = ("asked", "kept", "scheduled", "sent", "credited", "plain")
LEFT_BEHIND = r"""
    SELECT 'table ' || relname FROM pg_class WHERE relname ~ '^amazon_' AND relkind IN ('r', 'v')
 UNION ALL
    SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name ~ '^amazon_'
 UNION ALL
    SELECT 'external id ' || model || ' ' || name FROM ir_model_data WHERE module = 'sale_amazon_cancellation'
 UNION ALL
    SELECT 'model ' || model FROM ir_model WHERE model ~ '^amazon\.'
 UNION ALL
    SELECT 'scheduled action ' || cron_name FROM ir_cron WHERE cron_name ~ 'Amazon'
 UNION ALL
    SELECT 'view ' || name FROM ir_ui_view WHERE arch_db::text ~ 'amazon_cancel'
 UNION ALL
    SELECT 'activity ' || id FROM mail_activity WHERE res_model ~ '^amazon\.'
"""


class Story:
    """One Odoo, one Amazon, and orders in every state."""

    def __init__(self) -> None:
        self.amazon = LocalAmazon()
        self.amazon.start()
        os.environ["AMAZON_SPAPI_ENDPOINT_URL"] = os.environ["AMAZON_LWA_ENDPOINT_URL"] = self.amazon.url
        self.shop = self.amazon.shop
        self.order_ids: dict[str, int] = {}
        self.faults: list[str] = []

    @contextmanager
    def environment(self) -> Iterator[api.Environment]:
        """A transaction, with the models as they are now."""
        with Registry(DATABASE).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def expect(self, what: str, found: object, expected: object) -> None:
        """Note it where something is not as it is to be."""
        if found != expected:
            self.faults.append(f"{what}: {found} instead of {expected}")

    # --- what is done -------------------------------------------------------------------------------------------

    def create_account(self) -> None:
        """Connect the shop."""
        with self.environment() as env:
            env["amazon.cancellation.account"].create(
                {
                    "name": "Shop",
                    **access_of(SELLER),
                    "region": "eu",
                    "marketplace_ids": [(6, 0, env.ref(f"{MODULE}.marketplace_de").ids)],
                    "undo_minutes": 0,
                    "credit_note_policy": "post",
                    "sweep_rhythm": "never",
                }
            )

    def sell(self) -> None:
        """Orders at Amazon and in Odoo, one for each name."""
        with self.environment() as env:
            env["ir.cron"].search([]).active = False
            mug = env["product.product"].create({"name": "Mug", "type": "consu", "default_code": "MUG"})
            mug.write({"is_storable": True, "invoice_policy": "order"})
            partner = env["res.partner"].create({"name": "Reinstall Buyer"})
            for name in NAMES:
                ref = self.shop.add_order(SELLER, items=[{"sku": "MUG", "quantity": 1}]).order_id
                line = {"product_id": mug.id, "product_uom_qty": 1}
                order = env["sale.order"].create(
                    {"partner_id": partner.id, "client_order_ref": ref, "order_line": [(0, 0, line)]}
                )
                order.action_confirm()
                self.order_ids[name] = order.id
            order = env["sale.order"].browse(self.order_ids["credited"])
            order._create_invoices().action_post()

    def work(self, *jobs: str) -> None:
        """The scheduled actions, as the scheduler runs them."""
        self.shop.advance(300)
        for job in jobs:
            with self.environment() as env:
                env.ref(f"{MODULE}.ir_cron_{job}").method_direct_trigger()

    def get_busy(self) -> None:
        """Bring every order into the state of its name."""
        self.work("read")
        for name in ("asked", "kept"):
            self.ask(name)
        self.work("read")
        with self.environment() as env:
            orders = {name: env["sale.order"].browse(order_id) for name, order_id in self.order_ids.items()}
            orders["kept"].action_amazon_keep_order()
            orders["credited"].action_cancel()
        self.work(*["cancel"] * 5, "accounting")
        self.shop.plan_feed(reads=None)  # Amazon works on it still
        for name, minutes in (("sent", 0), ("scheduled", 60)):
            with self.environment() as env:
                env["amazon.cancellation.account"].search([]).undo_minutes = minutes
                env["sale.order"].browse(self.order_ids[name]).action_cancel()
            self.work("cancel")

    def ask(self, name: str) -> None:
        """The buyer asks to cancel."""
        with self.environment() as env:
            ref = env["sale.order"].browse(self.order_ids[name]).client_order_ref
        self.shop.ask_to_cancel(ref, "Changed mind")

    def uninstall(self) -> None:
        """As the Apps page does it."""
        with self.environment() as env:
            env["ir.module.module"].search([("name", "=", MODULE)]).button_immediate_uninstall()

    def install(self) -> None:
        """As the Apps page does it."""
        with self.environment() as env:
            env["ir.module.module"].search([("name", "=", MODULE)]).button_immediate_install()

    # --- what is seen -------------------------------------------------------------------------------------------

    def look(self) -> dict[str, dict]:
        """What Odoo itself knows of the orders, their invoices, their deliveries and their history."""
        with self.environment() as env:
            seen = {}
            for name, order_id in self.order_ids.items():
                order = env["sale.order"].browse(order_id)
                seen[name] = {
                    "order": (order.exists().ids, order.state, order.client_order_ref, order.amount_total),
                    "invoices": [(move.name, move.move_type, move.state) for move in order.invoice_ids],
                    "payment": order.invoice_ids.mapped("payment_state"),
                    "deliveries": [(picking.name, picking.state) for picking in order.picking_ids],
                    "history": sorted(order.message_ids.mapped("body")),
                }
            return seen

    def play(self) -> list[str]:
        """The whole story.

        :return: What is wrong, in words.
        """
        self.create_account()
        self.sell()
        self.get_busy()
        before = self.look()
        with self.environment() as env:
            states = [env["sale.order"].browse(i).amazon_cancellation_state for i in self.order_ids.values()]
        self.expect("the cancellations before", states, [False, False, "scheduled", "sent", "confirmed", False])
        self.expect("what was credited before", sorted(before["credited"]["payment"]), ["paid", "reversed"])
        calls = len(list(self.amazon.calls))

        self.uninstall()
        after = self.look()
        self._compare("uninstalled", before, after)
        for name, facts in after.items():
            said = any("was uninstalled" in body for body in facts["history"])
            self.expect(f"{name} says what nobody looks after", said, name in ("asked", "scheduled", "sent"))
        with self.environment() as env:
            env.cr.execute(LEFT_BEHIND)
            self.faults += [f"left behind: {what}" for [what] in env.cr.fetchall()]
        self.expect("calls while it was uninstalled", len(list(self.amazon.calls)) - calls, 0)

        self.install()
        self._compare("installed again", before, self.look())
        self.create_account()
        self.work("read", "cancel", "cancel", "read")
        with self.environment() as env:
            orders = {name: env["sale.order"].browse(order_id) for name, order_id in self.order_ids.items()}
            for name, request in (("asked", "requested"), ("kept", "requested"), ("plain", False)):
                order = orders[name]
                self.expect(f"{name} matched again", order.amazon_order_ref, order.client_order_ref)
                self.expect(f"the request of {name}", order.amazon_cancel_request, request)
                self.expect(f"the hold of {name}", order.picking_ids.amazon_hold, bool(request))
            told = env["amazon.order.cancellation"].search([("origin", "=", "odoo")])
            self.expect("what is told again by itself", told.mapped("order_name"), [])
        self.expect("harm at Amazon", [str(harm) for harm in self.shop.harms], [])
        return self.faults

    def _compare(self, when: str, before: dict[str, dict], after: dict[str, dict]) -> None:
        for name, facts in before.items():
            for fact, value in facts.items():
                now = after[name][fact]
                if fact == "history":  # something may be said, and nothing may be gone
                    now = [body for body in value if body in now]
                self.expect(f"{when}, {name}: {fact}", now, value)


def main() -> None:
    """Play, and write down what is wrong."""
    story = Story()
    Path(sys.argv[1]).write_text(json.dumps(story.play()))
    story.amazon.stop()


main()
