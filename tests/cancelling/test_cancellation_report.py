from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from ... import const
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestCancellationReport(AmazonCase):
    """What became of requests, and the rate that Amazon watches."""

    def _get_row(self, order):
        """The rows of an order, as the commit leaves them: they tell what is computed from the order itself."""
        self.env.cr.flush()
        Report = self.env["amazon.cancellation.report"]
        columns = Report._get_columns_sql()
        kept, computed = (
            self.env.execute_query(SQL("SELECT %s FROM (%s) AS found ORDER BY line_id", columns, found))
            for found in (
                SQL("SELECT * FROM amazon_cancellation_report WHERE order_id = %s", order.id),
                Report._get_rows_sql(SQL("so.id = %s", order.id)),
            )
        )
        self.assertEqual(kept, computed)
        return Report.search([("order_id", "=", order.id)])

    def _ask(self, **kwargs):
        order = self._sell(**kwargs)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        return order

    def test_saved_before_shipping(self):
        order = self._ask(skus=("MUG", "LAMP"))
        self.assertEqual(set(self._get_row(order).mapped("outcome")), {"undecided"})
        order.action_amazon_accept_cancellation()
        self.assertEqual(set(self._get_row(order).mapped("outcome")), {"under_way"})
        self._send_and_follow()
        order.amazon_decided_date = order.amazon_cancel_request_date + timedelta(hours=3)
        rows = self._get_row(order)
        self.assertEqual(set(rows.mapped("outcome")), {"saved"})
        self.assertEqual(rows.product_id, self.mug | self.lamp)
        self.assertEqual(sum(rows.mapped("amount")), 40)
        self.assertEqual(set(rows.mapped("reason")), {"BuyerCanceled"})
        self.assertAlmostEqual(rows[0].decision_hours, 3, 1)
        [[orders, hours]] = rows._read_group(
            [("id", "in", rows.ids)], [], ["order_id:count_distinct", "decision_hours:avg"]
        )
        self.assertEqual(orders, 1)
        self.assertAlmostEqual(hours, 3, 1)

    def test_a_clock_that_is_ahead_makes_no_wait_negative(self):
        order, waiting = self._ask(), self._ask()
        order.action_amazon_keep_order()
        order.amazon_decided_date = order.amazon_cancel_request_date - timedelta(minutes=2)
        self.assertEqual(self._get_row(order).mapped("decision_minutes"), [0])
        self.env.cr.execute(
            "SELECT decision_minutes FROM amazon_cancellation_report WHERE id = %s", self._get_row(waiting).ids
        )
        self.assertEqual(self.env.cr.fetchall(), [(None,)], "nobody has decided: an average leaves it out")

    def test_kept_then_shipped_anyway(self):
        order = self._ask()
        order.action_amazon_keep_order()
        self.assertEqual(self._get_row(order).outcome, "kept")
        self.assertTrue(order.amazon_decided_date)
        self.shop.ship(order.amazon_order_ref)
        self._read()
        self.assertEqual(self._get_row(order).outcome, "shipped")

    def test_withdrawn(self):
        order = self._ask()
        self.shop.withdraw_request(order.amazon_order_ref)
        self._read()
        self.assertEqual(self._get_row(order).outcome, "withdrawn")

    def test_refused(self):
        order = self._sell()
        self._read()
        self.shop.plan_feed(refusals={order.amazon_order_ref: ["18028", "The order is not found or incomplete."]})
        order.action_cancel()
        self._send_and_follow()
        self.assertEqual(self._get_row(order).outcome, "refused")

    def test_not_asked_for_and_not_cancelled_is_no_row(self):
        order = self._sell()
        self._read()
        self.assertFalse(self._get_row(order))

    def test_each_step_is_told(self):
        """Whoever takes it: the buyer, a person, Amazon, or an undo."""
        self.account.undo_minutes = 30
        order = self._ask(skus=("MUG", "LAMP"))
        for step, outcome in (
            (order.action_amazon_accept_cancellation, "under_way"),
            (lambda: order.amazon_cancellation_ids.action_withdraw(), "undecided"),
            (order.action_amazon_keep_order, "kept"),
            (order.action_amazon_undo_decision, "undecided"),
            (order._action_cancel, "under_way"),
            (lambda: self.shop.buyer_cancel(order.amazon_order_ref, "Mistake"), "under_way"),
            (self._read, "saved"),
        ):
            step()
            self.assertEqual(set(self._get_row(order).mapped("outcome")), {outcome})

    def test_the_estimate_follows_the_account(self):
        order = self._ask()
        order.action_amazon_accept_cancellation()
        self._send_and_follow()
        self.account.returned_parcel_cost = 7
        self.assertEqual(self._get_row(order).cost_saved, 7)

    def test_what_was_written_past_it_is_told_the_day_after(self):
        order, other = self._ask(), self._ask()
        self._get_row(order)
        order.order_line.price_unit = 99
        kept = self.env["amazon.cancellation.report"]
        kept._renew_all()
        self.assertEqual(self._get_row(order).amount, 99)
        other.write({"state": "draft"})
        other.order_line.unlink()
        self.assertFalse(self._get_row(other), "a line takes its row with it")

    def test_what_is_so_is_not_written_again(self):
        order = self._ask()
        self._get_row(order)
        self.env.cr.execute("SELECT xmin FROM amazon_cancellation_report WHERE order_id = %s", [order.id])
        before = self.env.cr.fetchall()
        with self.env.cr.savepoint():
            self.env["amazon.cancellation.report"]._renew_all()
        self.env.cr.execute("SELECT xmin FROM amazon_cancellation_report WHERE order_id = %s", [order.id])
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_an_analysis_reads_its_own_table_alone(self):
        """By its date, and neither orders nor lines, of which there are many more."""
        self._ask()
        self.env.cr.flush()
        queries = []
        executing = self._patchExecute(queries, flush=False)
        next(executing)
        self.env["amazon.cancellation.report"].with_user(self.manager).formatted_read_group(
            [("date", ">=", fields.Datetime.now() - timedelta(days=90))],
            ["date:week", "outcome"],
            ["order_id:count_distinct", "amount:sum", "decision_minutes:avg", "cost_saved:sum"],
        )
        next(executing, None)
        text = "\n".join(map(str, queries))
        self.assertIn("amazon_cancellation_report", text)
        self.assertNotRegex(text, r'"(sale_order|sale_order_line|amazon_order_cancellation)"')

    def test_an_ordinary_order_costs_nothing(self):
        order = self._sell()
        self._read()
        self.env.cr.flush()
        order.amazon_fulfillment_status = "shipped"
        self.assertFalse(self.env.cr.precommit.data.get("sale_amazon_cancellation.analysed_orders"))

    def test_rate_leaves_out_what_buyers_asked_for(self):
        kept, asked, own, by_buyer, old = [self._sell() for _number in range(5)]
        self.shop.ask_to_cancel(asked.client_order_ref, "Changed mind")
        self._read()
        self.shop.buyer_cancel(by_buyer.amazon_order_ref, "Mistake")
        self._read()
        asked.action_amazon_accept_cancellation()
        own.action_cancel()
        old.date_order = fields.Datetime.now() - timedelta(days=20)
        old.action_cancel()
        self.assertEqual(kept.state, "sale")
        self.assertEqual(self.account._get_cancellation_rate(7), (4, 1, 0.25))
        self.assertEqual(self.account._get_cancellation_rate(30), (5, 2, 0.4))
        self._run("watch")
        self.assertEqual(self.account.cancellation_rate_month, 0, "counted once a day")
        self.account.cancellation_rate_month_date -= timedelta(days=2)
        self._run("watch")
        self.assertEqual(self.account.cancellation_rate_month, 0.4)

    def test_orders_of_a_large_account_are_not_counted_for_each_page(self):
        cancelled, *_kept = [self._sell() for _number in range(3)]
        self._read()
        cancelled.action_cancel()
        self._run("watch")
        with patch.object(const, "RATE_WEEK_KEPT_FROM", 3):
            self._sell().amazon_cancel_account_id = self.account
            self.assertAlmostEqual(self.account.cancellation_rate, 1 / 3, msg="as counted")
            self.account.week_order_count_date -= 2 * const.RATE_WEEK_LASTS
            self.account.invalidate_recordset(["cancellation_rate"])
            self.assertEqual(self.account.cancellation_rate, 1 / 4, "counted too long ago")
            self._run("watch")
            self.assertEqual(self.account.week_order_count, 4)

    def test_rate_without_orders(self):
        self.assertEqual(self.account._get_cancellation_rate(7).rate, 0)
