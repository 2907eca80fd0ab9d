from odoo import Command

from .common import AmazonCase

# Whoever may call Odoo from outside.
ROLES = {
    "salesperson": ("sales_team.group_sale_salesman_all_leads",),
    "sales_manager": ("sales_team.group_sale_manager",),
    "stock_user": ("stock.group_stock_user",),
    "stock_manager": ("stock.group_stock_manager",),
    "accountant": ("account.group_account_invoice",),
    "administrator": ("sales_team.group_sale_manager", "stock.group_stock_manager", "base.group_system"),
}
# What whoever makes a record may tell.
IDENTITY = {
    "sale.order": {"amazon_order_ref", "amazon_channel", "amazon_cancel_account_id", "amazon_cancel_marketplace_id"},
    "sale.order.line": {"amazon_item_ref"},
}
# What managers set.
SETTINGS = {"amazon.cancellation.account", "amazon.cancellation.subscription"}


class FactsCase(AmazonCase):
    """An order whose buyer asks to cancel, users of every role, and all that Amazon told, was decided or was sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls._create_user(f"facts_{role}", *groups) for role, groups in ROLES.items()}

    def setUp(self):
        super().setUp()
        self.account.undo_minutes = 60
        self.order = self._sell()
        self.shop.ask_to_cancel(self.order.client_order_ref, "Changed mind")
        self._read()

    def _facts(self, model):
        """The stored fields of a model that this addon adds, and that are nobody's to set."""
        settable = IDENTITY.get(model, set())
        for name, field in self.env[model]._fields.items():
            if "sale_amazon_cancellation" not in field._modules or name in settable or not field.store:
                continue
            if model not in SETTINGS or name in self.env[model]._protected_fields:
                yield name, field

    def _other_value(self, field, record):
        """A value, other than the one that the record has, as the external API takes it."""
        if field.type in ("one2many", "many2many"):
            return [Command.clear()]
        if field.type == "many2one":
            return False if record[field.name] else self.env[field.comodel_name].search([], limit=1).id
        if field.type == "selection":
            return next(value for value in field.get_values(self.env) if value != record[field.name])
        values = {
            "boolean": not record[field.name],
            "datetime": "2020-01-01 00:00:00",
            "integer": 77,
            "float": 77.0,
            "monetary": 77.0,
            "json": {"forged": "yes"},
        }
        return values.get(field.type, "forged")

    def _records(self):
        self.order.action_amazon_accept_cancellation()
        cancellation = self.order.amazon_cancellation_ids
        values = {"account_id": self.account.id}
        subscription = self.env["amazon.cancellation.subscription"].create({**values, "queue_arn": "arn:aws:sqs:1:2:3"})
        return [
            self.order,
            self.order.order_line,
            cancellation,
            self.env["amazon.cancellation.feed"].create({"seller_account_id": self.account.id}),
            self.account,
            self.account.cursor_ids,
            subscription,
            self.env["amazon.cancellation.notification"].create(
                {"subscription_id": subscription.id, "notification_ref": "n", "state": "parked"}
            ),
            self.env["amazon.cancellation.unknown"].create({**values, "order_ref": "302-0000000-0000000"}),
            self.env["amazon.cancellation.log"].search([], limit=1),
            self.env["amazon.cancellation.sweep"].create({**values, "report_type": "GET"}),
            self.env["amazon.cancellation.mail"].create(values),
            self.env["amazon.cancellation.allowance"].search([], limit=1),
            self.env["amazon.cancellation.unit"].create({**values, "kind": "tell"}),
        ]
