import dataclasses
import json
import os
from unittest.mock import patch

import boto3
from moto.server import ThreadedMotoServer
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ... import const
from ...dev.amazon.records import Destination
from ...spapi.client import SellerClient
from ...spapi.queue import NotificationQueue
from ..common import SELLER, AmazonCase

QUEUE = "orders"
ARN = f"arn:aws:sqs:eu-west-1:123456789012:{QUEUE}"
MODEL = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_subscription"


@tagged("post_install", "-at_install")
class TestPush(AmazonCase):
    """Amazon tells a change by a real SQS queue: seen at once, each once, and none lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        cls.addClassCleanup(server.stop)
        host, port = server.get_host_and_port()
        cls.startClassPatcher(patch.dict(os.environ, AWS_ENDPOINT_URL_SQS=f"http://{host}:{port}"))
        cls.sqs = boto3.client("sqs", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        cls.subscription = cls.env["amazon.cancellation.subscription"].create(
            {
                "account_id": cls.account.id,
                "queue_arn": f" {ARN} ",
                "access_key_id": "AKIA",
                "secret_access_key": "aws-secret",
                "listen": False,
            }
        )

    def setUp(self):
        super().setUp()
        # What is received and not deleted shows again at once.
        self.url = self.sqs.create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
        self.addCleanup(self.sqs.delete_queue, QueueUrl=self.url)
        self.subscription.action_set_up()

    # === PARTS === #

    def _sell_and_ask(self):
        """An order that was read, and whose buyer asks since."""
        order = self._sell()
        self._read()
        self.shop.advance(60)
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        return order

    def _receive(self):
        self._run("receive", settle=False)

    def _receive_until_killed(self):
        try:  # assertRaises would roll back what is committed
            self._receive()
        except SystemExit:
            return
        self.fail("it was not killed")

    def _listen_in_another_company(self, **account_vals):
        """Another company's account of the same seller, which listens to the same queue; gives its subscription."""
        company = self.env["res.company"].create({"name": "Another company"})
        account = self._create_account(company_id=company.id, **account_vals)
        subscription = self.subscription.copy({"account_id": account.id})
        subscription.write({"access_key_id": "AKIA", "secret_access_key": "aws-secret", "listen": False})
        subscription.action_set_up()
        return subscription

    def _waiting(self):
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def _post(self, body):
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body if isinstance(body, str) else json.dumps(body))

    def _notifications(self, state):
        return self.env["amazon.cancellation.notification"].search([("state", "=", state)])

    # === TESTS === #

    def test_what_is_in_the_queue_waits_for_few_single_looks(self):
        orders = self.env["sale.order"].union(*(self._sell() for _number in range(4)))
        self._read()
        self.shop.advance(60)
        for order in orders:
            self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        done, receive, look = [], NotificationQueue.receive, SellerClient.get_order
        with (
            patch.object(NotificationQueue, "receive", lambda *a, **k: done.append("receive") or receive(*a, **k)),
            patch.object(SellerClient, "get_order", lambda *a, **k: done.append("look") or look(*a, **k)),
        ):
            self._receive()
        self.assertEqual(done.count("look"), 4)
        looks = "".join(word[0] for word in done).split("r")
        self.assertLessEqual(max(map(len, looks)), const.READ_BETWEEN_RECEIVES)
        self.assertFalse(orders.filtered("amazon_read_wanted"))

    def test_request_shows_within_one_run_with_its_time_and_reason(self):
        order = self._sell()
        self._read()
        self.amazon.calls.clear()
        self.shop.advance(60)
        at_amazon = self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._receive()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(order.amazon_cancel_request_date, at_amazon.last_updated.replace(tzinfo=None))
        self.assertEqual(order.amazon_cancel_request_reason, "Changed mind")
        self.assertEqual(self.amazon.calls.count("getOrder"), 1)
        self.assertEqual(self.amazon.calls.count("searchOrders"), 0)
        self.assertEqual(self._waiting(), 0)
        self.assertTrue(self.subscription.last_received_date)
        logs = self.env["amazon.cancellation.log"].search([("source", "in", ("notification", "lookup"))], order="id")
        self.assertEqual(logs.mapped("source"), ["notification", "lookup"])
        self.assertEqual(logs.mapped("requested_count"), [1, 0])

    def test_reason_that_is_known_already_is_not_asked_for(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.amazon.calls.clear()
        self._receive()
        self.assertEqual(self.amazon.calls.count("getOrder"), 0)

    def test_status_changes_and_withdrawals(self):
        order, other = self._sell(), self._sell()
        self._read()
        self.shop.advance(60)
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self.shop.buyer_cancel(other.amazon_order_ref)
        self._receive()
        self.shop.advance(60)
        self.shop.withdraw_request(order.amazon_order_ref)
        self._receive()
        self.assertEqual(order.amazon_cancel_request, "withdrawn")
        self.assertEqual(other.state, "cancel")

    def test_what_a_notification_tells_of_an_order_never_read_is_read_first(self):
        """It may come first, and be wrong: only the order itself shows that it is cancelled."""
        wrong, right = self._sell(), self._sell()
        self.shop.buyer_cancel(right.client_order_ref)
        body = json.loads(json.dumps(self.shop.queues.sent[-1]).replace(right.client_order_ref, wrong.client_order_ref))
        body["NotificationMetadata"]["NotificationId"] = "another"
        self._post(body)
        self._receive()
        self.assertEqual((wrong.state, wrong.amazon_fulfillment_status), ("sale", "unshipped"))
        self.assertEqual((right.state, right.amazon_fulfillment_status), ("cancel", "cancelled"))

    def test_delivered_twice_counts_once(self):
        self.shop.switches.notification_copies = 2
        order = self._sell_and_ask()
        self._receive()
        [body] = {json.dumps(sent) for sent in self.shop.queues.sent}
        notes = len(order.message_ids)
        self._post(body)
        self._receive()
        self.assertEqual(len(self._notifications("applied")), 1)
        self.assertEqual(len(order.message_ids), notes)
        self.assertEqual(self._waiting(), 0)

    def test_many_in_batches_of_ten(self):
        orders = self.env["sale.order"].union(*(self._sell(confirm=False) for _order in range(23)))
        self._read()
        self.shop.advance(60)
        for order in orders:
            self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._receive()
        self.assertEqual(set(orders.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self._waiting(), 0)
        self._read()
        self.assertEqual(set(orders.mapped("amazon_cancel_request_reason")), {"Changed mind"})
        self.assertFalse(any(orders.mapped("amazon_read_wanted")))

    def test_killed_before_the_commit(self):
        order = self._sell_and_ask()
        apply = type(self.subscription)._apply_messages

        def killed(subscriptions, messages):
            apply(subscriptions, messages)
            raise SystemExit

        with patch.object(type(self.subscription), "_apply_messages", killed):
            self._receive_until_killed()
        self.assertEqual(self._waiting(), 1)
        self._receive()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(self._waiting(), 0)

    def test_killed_between_the_commit_and_the_deletion(self):
        order = self._sell_and_ask()
        with patch.object(NotificationQueue, "delete", side_effect=SystemExit):
            self._receive_until_killed()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(self._waiting(), 1)
        notes = len(order.message_ids)
        self._receive()
        self.assertEqual(self._waiting(), 0)
        self.assertEqual(len(self._notifications("applied")), 1)
        self.assertEqual(len(order.message_ids), notes)

    def test_only_an_emptied_queue_is_relied_on(self):
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_receive")
        cron.lastcall = fields.Datetime.now()
        self._sell_and_ask()
        with patch(f"{MODEL}.const.RECEIVES_PER_RUN", 1):
            self._receive()
        self.assertFalse(self.account._is_pushed(), "more may wait in it")
        self._receive()
        self.assertTrue(self.account._is_pushed())

    @mute_logger(MODEL)
    def test_what_was_not_worked_off_at_once_is_doubted(self):
        self.env.ref("sale_amazon_cancellation.ir_cron_receive").lastcall = fields.Datetime.now()
        self.subscription.last_received_date = fields.Datetime.now()
        self._receive()
        self.assertTrue(self.account._is_pushed())
        self._post("this is no JSON")
        self._receive()
        self.assertFalse(self.account._is_pushed())

    @mute_logger(MODEL)
    def test_poison_is_parked_and_blocks_nothing(self):
        order = self._sell()
        self._read()
        self.shop.advance(60)
        self._post("this is no JSON")
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._receive()
        self.assertEqual(order.amazon_cancel_request, "requested")
        for _run in range(3):
            self._receive()
        [parked] = self._notifications("parked")
        self.assertEqual(parked.body, "this is no JSON")
        self.assertIn("not JSON", parked.message)
        self.assertEqual(self.subscription.parked_count, 1)
        self.assertEqual(len(self.account._amazon_get_activities("parked")), 1)
        self.assertEqual(self._waiting(), 0)
        parked.with_user(self.manager).action_retry()
        self.assertEqual(parked.state, "parked")
        parked.with_user(self.manager).unlink()

    @mute_logger(MODEL)
    def test_order_of_a_notification_that_cannot_be_understood_is_read_at_once(self):
        """A field of another kind hides no request until the message is given up, or the search comes round."""
        order = self._sell_and_ask()
        self.sqs.purge_queue(QueueUrl=self.url)
        body = json.loads(json.dumps(self.shop.queues.sent[-1]))
        body["Payload"]["OrderChangeNotification"]["Summary"]["OrderItems"][0]["Quantity"] = "one"
        self._post(body)
        self._receive()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertEqual(self._notifications("parked").order_ref, order.amazon_order_ref)

    def test_what_is_told_is_compared_again_once_an_account_is_restored(self):
        self.account.active = False
        self.env.registry.clear_cache()
        self.subscription._get_told_account_ids()
        self.account.active = True
        self.assertIn(self.account.id, self.subscription._get_told_account_ids())

    @mute_logger(MODEL)
    def test_parked_notification_is_applied_once_it_can_be(self):
        order = self._sell_and_ask()
        with patch.object(type(self.subscription), "_apply_snapshots", side_effect=ZeroDivisionError):
            for _run in range(4):
                self._receive()
        [parked] = self._notifications("parked")
        self.assertFalse(order.amazon_cancel_request)
        parked.with_user(self.manager).action_retry()
        self.assertEqual(parked.state, "applied")
        self.assertEqual(order.amazon_cancel_request, "requested")

    @mute_logger(MODEL)
    def test_parked_notification_is_applied_to_the_account_that_it_is_about(self):
        """It is kept with one of those that share the queue, and may be another's, or nobody's."""
        french = self._listen_in_another_company(marketplace_ids=[(6, 0, self.france.ids)]).account_id
        company = french.company_id
        order = self._sell(
            confirm=False, marketplace_id=self.france.api_ref, order_vals={"company_id": company.id, "order_line": []}
        )
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        body = json.loads(json.dumps(self.shop.queues.sent[-1]))
        body["Payload"]["OrderChangeNotification"]["SellerId"] = "A1STRANGER"
        body["NotificationMetadata"]["NotificationId"] = "another"
        parked = self.env["amazon.cancellation.notification"].create(
            [
                {
                    "subscription_id": self.subscription.id,
                    "notification_ref": f"message {number}",
                    "state": "parked",
                    "body": json.dumps(told),
                }
                for number, told in enumerate((self.shop.queues.sent[-1], body))
            ]
        )
        parked.with_user(self.manager).action_retry()
        self.assertEqual(parked.mapped("state"), ["applied", "ignored"])
        self.assertEqual((order.amazon_cancel_request, order.amazon_cancel_account_id), ("requested", french))

    def test_other_sellers_and_marketplaces_are_ignored(self):
        french = self._sell(marketplace_id=self.france.api_ref)
        self.shop.ask_to_cancel(french.client_order_ref, "Changed mind")
        self._receive()
        self.assertFalse(french.amazon_cancel_request)
        self.assertEqual(len(self._notifications("ignored")), 1)
        body = json.loads(json.dumps(self.shop.queues.sent[-1]))
        body["Payload"]["OrderChangeNotification"]["SellerId"] = "A1STRANGER"
        body["NotificationMetadata"]["NotificationId"] = "another"
        self._post(body)
        self._receive()
        self.assertEqual(self._waiting(), 0)
        self.assertFalse(french.amazon_cancel_request)

    def test_one_seller_with_an_account_in_each_company(self):
        """Amazon has one subscription a seller: both accounts hear what is theirs, until each is removed."""
        second = self._listen_in_another_company(marketplace_ids=[(6, 0, self.france.ids)])
        french, company = second.account_id, second.account_id.company_id
        self.assertEqual(second.subscription_ref, self.subscription.subscription_ref)
        ours = self._sell()
        theirs = self._sell(
            confirm=False, marketplace_id=self.france.api_ref, order_vals={"company_id": company.id, "order_line": []}
        )
        for order in ours + theirs:
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._receive()
        self.assertEqual((ours + theirs).mapped("amazon_cancel_request"), ["requested", "requested"])
        self.assertEqual(ours.amazon_cancel_account_id + theirs.amazon_cancel_account_id, self.account + french)
        second.action_remove()
        self.assertTrue(self.shop.state.subscriptions, "the other account still listens")
        self.subscription.action_remove()
        self.assertFalse(self.shop.state.subscriptions)

    def test_one_seller_with_an_order_in_each_company(self):
        company = self._listen_in_another_company().account_id.company_id
        order = self._sell()
        twin = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "company_id": company.id, "client_order_ref": order.client_order_ref}
        )
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._receive()
        self.assertEqual((order + twin).mapped("amazon_cancel_request"), ["requested", "requested"])

    def test_set_up_again_and_removal(self):
        self.subscription.action_set_up()  # what is there is taken over
        self.assertEqual(len(self.shop.state.subscriptions), 1)
        self.subscription.action_remove()
        self.assertEqual(self.subscription.state, "draft")
        self.assertFalse(self.shop.state.subscriptions)
        self.assertFalse(self.shop.state.destinations)
        self.subscription.action_remove()  # nothing left to remove

    def test_another_set_up_is_quicker(self):
        """Between the look at Amazon's list and the making, the application's other user makes the same."""
        self.subscription.action_remove()
        self._know_destination(ARN)
        self.amazon.faults.add("getDestinations", "odd_json", body={"payload": []})
        self.subscription.action_set_up()
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(self.subscription.destination_ref, "theirs")

    def test_queue_of_the_same_name_elsewhere(self):
        self.subscription.action_remove()
        self._know_destination(ARN.replace("eu-west-1", "us-east-1"), name="odoo-orders")
        self.subscription.action_set_up()
        self.assertEqual(self.subscription.state, "active")

    def test_refusal_to_know_the_queue_is_told(self):
        self.subscription.action_remove()
        for status in (400, 409):
            body = {"errors": [{"code": "InvalidInput", "message": "Not this queue."}]}
            self.amazon.faults.add("createDestination", "http", status=status, body=body)
            with self.assertRaisesRegex(UserError, "Not this queue"):
                self.subscription.action_set_up()
        self.amazon.faults.add("createSubscription", "http", status=400, body=body)
        with self.assertRaisesRegex(UserError, "Not this queue"):
            self.subscription.action_set_up()
        self.assertEqual(self.subscription.state, "draft")

    def test_another_queue_takes_the_place_of_the_first(self):
        order = self._sell()
        self._read()
        other = self.sqs.create_queue(QueueName="others", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
        self.addCleanup(self.sqs.delete_queue, QueueUrl=other)
        self.subscription.queue_arn = ARN.replace(QUEUE, "others")
        self.subscription.action_set_up()
        [at_amazon] = self.shop.state.subscriptions.values()
        self.assertEqual(at_amazon.subscription_id, self.subscription.subscription_ref)
        self.shop.advance(60)
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self.assertEqual(self._waiting(), 0, "it comes by the other queue")
        self._receive()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_queue_that_another_seller_needs_stays_known(self):
        [subscription] = self.shop.state.subscriptions.values()
        theirs = dataclasses.replace(subscription, subscription_id="theirs", seller_id="A1STRANGER")
        self.shop.state.subscriptions["theirs"] = theirs
        self.subscription.action_remove()
        self.assertEqual(self.subscription.state, "draft")
        self.assertEqual(list(self.shop.state.subscriptions), ["theirs"])
        self.assertTrue(self.shop.state.destinations)

    def test_what_is_gone_at_amazon_already_is_removed_all_the_same(self):
        self.shop.state.subscriptions.clear()
        self.shop.state.destinations.clear()
        self.subscription.action_remove()
        self.assertEqual(self.subscription.state, "draft")

    def test_removal_that_amazon_refuses_leaves_it_receiving(self):
        body = {"errors": [{"code": "InvalidInput", "message": "Not now."}]}
        self.amazon.faults.add("deleteSubscriptionById", "http", status=409, body=body)
        with self.assertRaisesRegex(UserError, "Not now"):
            self.subscription.action_remove()
        self.assertEqual(self.subscription.state, "active")
        with self.assertRaisesRegex(UserError, "Remove the notifications at Amazon first"):
            self.subscription.unlink()

    def _know_destination(self, arn, name="theirs"):
        self.shop.state.destinations["theirs"] = Destination("theirs", name, arn)

    def test_request_holds_though_its_order_cannot_be_read_yet(self):
        order = self._sell_and_ask()
        self.amazon.faults.add("getOrder", "http", status=503)
        with mute_logger(MODEL):
            self._receive()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertFalse(order.amazon_cancel_request_reason)
        self.assertTrue(order.amazon_read_after, "after a pause")
        order.amazon_read_after = False
        self._read()
        self.assertEqual(order.amazon_cancel_request_reason, "Changed mind")

    @mute_logger(MODEL)
    def test_unexpected_error_is_told_and_recovers(self):
        order = self._sell_and_ask()
        with patch.object(NotificationQueue, "receive", side_effect=ZeroDivisionError):
            self._receive()
        self.assertIn("ZeroDivisionError", self.subscription.message)
        self.assertFalse(self.account._is_pushed())
        self._receive()
        self.assertFalse(self.subscription.message)
        self.assertEqual(order.amazon_cancel_request, "requested")

    @mute_logger(MODEL)
    def test_others_who_write_the_same_order_make_no_notification_odd(self):
        order = self._sell_and_ask()
        with patch.object(type(self.subscription), "_apply_snapshots", side_effect=SerializationFailure):
            for _run in range(4):
                self._receive()
        self.assertFalse(self._notifications("parked"))
        self.assertEqual(self._waiting(), 1)
        self._receive()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(self._waiting(), 0)

    def test_missing_queue_is_told(self):
        self.subscription.action_remove()
        self.subscription.queue_arn = ARN + "-missing"
        with self.assertRaisesRegex(UserError, "no queue orders-missing"):
            self.subscription.action_set_up()

    @mute_logger(MODEL)
    def test_queue_that_fails_is_told_and_recovers(self):
        self.sqs.delete_queue(QueueUrl=self.url)
        self._receive()
        self.assertIn("no queue", self.subscription.message)
        self.sqs.create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": "0"})
        self._receive()
        self.assertFalse(self.subscription.message)

    def test_missing_boto3_is_told(self):
        with patch.dict("sys.modules", boto3=None), self.assertRaisesRegex(UserError, "boto3"):
            self.subscription.action_set_up()

    def test_keys_are_for_system_administrators(self):
        for user in (self.user, self.manager):
            with self.assertRaises(AccessError):
                self.subscription.with_user(user).read(["secret_access_key"])
        with self.assertRaises(AccessError):
            self.subscription.with_user(self.manager).action_set_up()
        admin = new_test_user(self.env, "amazon_system", "base.group_system")
        self.subscription.with_user(admin).action_remove()
        self.assertEqual(self.subscription.state, "draft")
        self.subscription.with_user(admin).action_set_up()
        self.assertEqual(self.subscription.state, "active")

    def test_listening_plans_the_next_run_at_once(self):
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_receive")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        self._receive()
        self.assertFalse(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))
        self.subscription.listen = True
        empty = patch(f"{MODEL}.NotificationQueue.receive", return_value=[])
        with empty, patch(f"{MODEL}.const.LISTEN_AT_LEAST_SECONDS", 1e9):
            self._receive()
        self.assertFalse(
            self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]), "a queue that does not wait is no loop"
        )
        with patch(f"{MODEL}.const.LISTEN_SECONDS", 0), patch(f"{MODEL}.const.LISTEN_AT_LEAST_SECONDS", 0):
            self._receive()
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    def test_seller_of_the_test_is_subscribed(self):
        [subscription] = self.shop.state.subscriptions.values()
        self.assertEqual(subscription.seller_id, SELLER)


@tagged("post_install", "-at_install")
class TestNeutralize(AmazonCase):
    """A copy of the database neither calls Amazon nor takes the original's notifications."""

    def _neutralize(self):
        self.env.flush_all()
        for query in get_neutralization_queries(["sale_amazon_cancellation"]):
            self.env.cr.execute(query)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)  # as Odoo itself does
        self.env.flush_all()
        self.env.invalidate_all()

    @mute_logger(
        "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender",
        "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account",
    )
    def test_buttons_of_a_copy_say_what_it_is(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self.amazon.calls.clear()
        self._neutralize()
        with self._own_transaction(self.account.with_user(self.manager)) as account:
            answer = account.action_sync_now()
        self.assertIn("neutralized copy", answer["params"]["message"])
        with self.assertRaisesRegex(UserError, "neutralized copy"):
            self.account.with_user(self.manager).action_test_connection()
        self._run("cancel", settle=False)
        self.assertIn("neutralized copy", self.account.cancel_message)
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self.assertFalse(list(self.amazon.calls))

    def test_neutralized_copy(self):
        subscription = self.env["amazon.cancellation.subscription"].create(
            {
                "account_id": self.account.id,
                "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:orders",
                "access_key_id": "AKIA",
                "secret_access_key": "aws-secret",
                "state": "active",
            }
        )
        due, asked = self._sell(), self._sell()
        self._read()
        self.shop.ask_to_cancel(asked.amazon_order_ref, "Changed mind")
        due.action_cancel()
        self.amazon.calls.clear()
        self._neutralize()
        self.assertEqual(subscription.state, "draft")
        self.assertFalse(subscription.secret_access_key)
        self.assertFalse(self.account._has_credentials())
        with mute_logger("odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"):
            for job in ("read", "receive", "sweep", "cancel", "watch", "accounting", "remind"):
                self._run(job)
        self.assertFalse(list(self.amazon.calls), "a copy reads nothing and cancels nothing")
        self.assertFalse(asked.amazon_cancel_request)
        self.assertEqual(due.amazon_cancellation_state, "scheduled")
