# Runs in Odoo's shell with the version before: records of every kind that an update must carry over. `env` is Odoo's.
import base64

moment = "2026-03-01 10:00:00"
marketplace = env.ref("sale_amazon_cancellation.marketplace_de")
account = env["amazon.seller.account"].create(
    {
        "name": "Shop before the update",
        "seller_id": "A1BEFORE",
        "region": "eu",
        "marketplace_ids": [(6, 0, (marketplace | env.ref("sale_amazon_cancellation.marketplace_fr")).ids)],
        "lwa_client_id": "client",
        "lwa_client_secret": "secret",
        "lwa_refresh_token": "token",
        "undo_minutes": 7,
        "alias_name": "amazon-before",
        "order_ref_field_id": env["ir.model.fields"]._get("sale.order", "reference").id,
    }
)
account.message_post(body="A note on the account")
account.message_subscribe(env.ref("base.partner_demo").ids)
account._ask_manager("blind", "Not seen", "Look at it")
account._ensure_cursors().write({"read_until": moment})
env["ir.attachment"].create({"name": "power.txt", "res_model": account._name, "res_id": account.id, "raw": b"x"})
product = env["product.product"].search([("type", "=", "consu"), ("sale_ok", "=", True)], limit=1)
partner = env.ref("base.partner_demo")


def make_order(number, request=False, **values):
    ref = f"302-0000000-000000{number}"
    return env["sale.order"].create(
        {
            "partner_id": partner.id,
            "client_order_ref": ref,
            "amazon_order_ref": ref,
            "amazon_channel": "fbm",
            "amazon_seller_account_id": account.id,
            "amazon_marketplace_id": marketplace.id,
            "amazon_status": "unshipped",
            "amazon_item_refs": [f"item-{number}"],
            "amazon_checked_date": moment,
            "amazon_cancel_request": request,
            "amazon_cancel_request_reason": request and "ORDERED_BY_MISTAKE",
            "amazon_cancel_request_date": request and moment,
            "amazon_request_fingerprint": request and {f"item-{number}": "ORDERED_BY_MISTAKE"},
            "order_line": [(0, 0, {"product_id": product.id, "amazon_item_ref": f"item-{number}"})],
            **values,
        }
    )


asked, kept, scheduled, sent, refused, gone = (
    make_order(number, request)
    for number, request in enumerate(("requested", "declined", "requested", False, False, False))
)
asked.amazon_read_wanted = True
kept.amazon_declined_fingerprint = {"item-1": "ORDERED_BY_MISTAKE"}
(asked | scheduled | sent | refused | gone).action_confirm()
(scheduled | sent | refused).with_context(disable_cancel_warning=True)._action_cancel()
gone.write({"amazon_status": "cancelled", "amazon_cancelled_by": "buyer", "amazon_cancelled_reason": "CUSTOMER"})
gone._amazon_follow_cancelled()
gone.amazon_cancellation_ids._settle("Looked at in Seller Central")
feed = env["amazon.cancellation.feed"].create(
    {
        "seller_account_id": account.id,
        "feed_ref": "feed-1",
        "document_ref": "document-1",
        "state": "submitted",
        "amazon_status": "IN_PROGRESS",
        "submitted_date": moment,
        "cancellation_ids": [(6, 0, sent.amazon_cancellation_ids.ids)],
    }
)
feed.feed_attachment_id = env["ir.attachment"].create(
    {"name": "feed.json", "res_model": feed._name, "res_id": feed.id, "datas": base64.b64encode(b"{}")}
)
sent.amazon_cancellation_ids.write({"state": "sent", "sent_date": moment, "feed_id": feed.id, "attempt_count": 1})
refused.amazon_cancellation_ids._refuse("Amazon said no.")
env["amazon.sync.log"]._note(account, "search", env["amazon.sync.log"]._start(), {"read": 5, "calls": 1}, "Read.")
env["amazon.unknown.order"].create(
    {
        "account_id": account.id,
        "order_ref": "302-9999999-0000001",
        "marketplace_id": marketplace.id,
        "amazon_status": "unshipped",
        "knowledge": {"order_id": "302-9999999-0000001"},
    }
)
env["amazon.order.sweep"].create({"account_id": account.id, "report_type": "GET", "report_ref": "report-1"})
mail = env["amazon.order.mail"].create({"account_id": account.id, "subject": "Hint", "order_ids": [(6, 0, asked.ids)]})
mail.message_post(body="The mail itself")
subscription = env["amazon.notification.subscription"].create(
    {"account_id": account.id, "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:orders", "access_key_id": "key"}
)
env["amazon.notification"].create(
    {"subscription_id": subscription.id, "notification_ref": "n-1", "state": "parked", "body": "{}"}
)
env["ir.filters"].create(
    {
        "name": "Mine, before the update",
        "model_id": "sale.order",
        "domain": "[('amazon_status', '=', 'unshipped'), ('amazon_seller_account_id', '!=', False)]",
        "context": "{'group_by': ['amazon_marketplace_id']}",
        "sort": '["amazon_status"]',
    }
)
env["ir.filters"].create(
    {
        "name": "Cancellations, before the update",
        "model_id": "amazon.order.cancellation",
        "domain": "[('order_id.amazon_status', '=', 'cancelled'), ('amazon_marketplace_id', '!=', False)]",
    }
)
env["ir.filters"].create({"name": "Accounts, before the update", "model_id": account._name, "domain": "[]"})
export = env["ir.exports"].create({"name": "Mine, before the update", "resource": "sale.order"})
env["ir.exports.line"].create({"export_id": export.id, "name": "amazon_seller_account_id/name"})
env["mail.template"].create(
    {
        "name": "Mine, before the update",
        "model_id": env["ir.model"]._get_id("sale.order"),
        "body_html": "<p t-out=\"object.amazon_status or ''\"/>",
    }
)
env["ir.ui.view"].create(
    {
        "name": "Mine, before the update",
        "model": "sale.order",
        "inherit_id": env.ref("sale.view_order_form").id,
        "arch": "<field name='client_order_ref' position='after'><field name='amazon_status'/></field>",
    }
)
env.cr.commit()
print("records made")
