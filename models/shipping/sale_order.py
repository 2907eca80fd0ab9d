import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, format_datetime

from ... import const

_logger = logging.getLogger(__name__)


class TriageSelection(fields.Selection):
    """A computed selection by which lists group and sort; its model makes the SQL, and not before it is asked for."""

    def _description_groupable(self, env):
        return True

    def _description_sortable(self, env):
        return True


class SaleOrder(models.Model):
    """Whether the goods of an order may leave, and how far they are."""

    _inherit = "sale.order"

    amazon_released_cause = fields.Char(
        copy=False,
        readonly=True,
        help="What held the deliveries when a manager, or code, let them pass for a reason. Another cause holds again.",
    )

    amazon_goods_state = TriageSelection(
        const.GOODS_STATES,
        string="How Far the Goods Are",
        compute="_compute_amazon_goods_state",
        search="_search_amazon_goods_state",
        help="For open requests: whether the goods can still be stopped.",
    )
    amazon_time_left = TriageSelection(
        const.TIMES_LEFT,
        string="Time Left",
        compute="_compute_amazon_time_left",
        search="_search_amazon_time_left",
        help="For open requests: until the ship-by date.",
    )

    amazon_dropped_items = fields.Char(
        string="Cancelled at Amazon",
        compute="_compute_amazon_dropped_items",
        help="The items that Amazon shows as cancelled, while the order goes on.",
    )

    # What the search for held transfers starts from: few, however many orders are cancelled.
    _amazon_open_though_cancelled_index = models.Index(
        "(id) WHERE amazon_fulfillment_status = 'cancelled' AND (state != 'cancel' OR state IS NULL)"
    )
    _amazon_delivered_again_index = models.Index(
        f"(id) WHERE state = 'cancel' AND delivery_status IN {const.OPEN_DELIVERIES}"
    )

    # === COMPUTE METHODS === #

    @api.depends("order_line.amazon_item_cancelled", "order_line.amazon_quantity_left", "order_line.product_uom_qty")
    def _compute_amazon_dropped_items(self):
        for order in self:
            order.amazon_dropped_items = order.order_line._amazon_filter_dropped()._amazon_get_dropped_names()

    @api.depends("amazon_cancel_request", "picking_ids.state", "picking_ids.move_ids.picked")
    def _compute_amazon_goods_state(self):
        self.amazon_goods_state = False
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        for order, progress in requested._amazon_get_goods_progress().items():
            order.amazon_goods_state = const.GOODS_STATE_OF_PROGRESS[progress]

    @api.model
    def _search_amazon_goods_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        ids_by_state = self._amazon_get_requested_by_goods_state()
        domain = Domain("id", "in", [order_id for state in value for order_id in ids_by_state.get(state, ())])
        if False in value:
            domain |= Domain("id", "not in", [order_id for ids in ids_by_state.values() for order_id in ids])
        return domain

    @api.depends("amazon_cancel_request", "amazon_ship_by")
    def _compute_amazon_time_left(self):
        ends, last = self._amazon_get_time_left_ends(), const.TIMES_LEFT[-1][0]
        for order in self:
            ship_by = order.amazon_cancel_request == "requested" and order.amazon_ship_by
            order.amazon_time_left = ship_by and next((key for key in ends if ship_by < ends[key]), last)

    @api.model
    def _search_amazon_time_left(self, operator, value):
        if operator != "in":
            return NotImplemented
        requested = Domain("amazon_cancel_request", "=", "requested") & Domain("amazon_ship_by", "!=", False)
        domain = ~requested if False in value else Domain.FALSE
        later = requested
        for key, end in self._amazon_get_time_left_ends().items():
            if key in value:
                domain |= later & Domain("amazon_ship_by", "<", end)
            later = requested & Domain("amazon_ship_by", ">=", end)
        return domain | later if const.TIMES_LEFT[-1][0] in value else domain

    def _field_to_sql(self, alias, field_expr, query=None):
        """Override of `base`: how far the goods are is told by the transfers, asked for once per query."""
        if field_expr == "amazon_goods_state":
            self._check_field_access(self._fields[field_expr], "read")
            ids_by_state = self._amazon_get_requested_by_goods_state()
            cases = [
                SQL("WHEN %s IN %s THEN %s", SQL.identifier(alias, "id"), tuple(ids), state)
                for state, ids in ids_by_state.items()
            ]
            return SQL("(CASE %s END)", SQL(" ").join(cases)) if cases else SQL("NULL::varchar")
        if field_expr == "amazon_time_left":
            ship_by = super()._field_to_sql(alias, "amazon_ship_by", query)
            request = super()._field_to_sql(alias, "amazon_cancel_request", query)
            cases = [
                SQL("WHEN %s < %s THEN %s", ship_by, end, key) for key, end in self._amazon_get_time_left_ends().items()
            ]
            return SQL(
                "(CASE WHEN %s != 'requested' OR %s IS NULL THEN NULL %s ELSE %s END)",
                request,
                ship_by,
                SQL(" ").join(cases),
                const.TIMES_LEFT[-1][0],
            )
        return super()._field_to_sql(alias, field_expr, query)

    # === BUSINESS METHODS === #

    def _amazon_release_hold(self, reason):
        """Let the goods of these orders pass, for what holds them now: a later request holds them again.

        :param str reason: Why, for the record.
        """
        requested = self.filtered(lambda order: order._amazon_get_hold_cause() == "requested")
        requested._amazon_keep(reason)
        for cause, orders in (self - requested).grouped(lambda order: order._amazon_get_hold_cause()).items():
            orders.amazon_released_cause = cause
        (self - requested)._amazon_calm_warehouse()

    def _amazon_end_release(self):
        """What held the goods of these orders is over: where it comes again, it holds again."""
        self.filtered("amazon_released_cause").amazon_released_cause = False

    def _amazon_filter_unreleased(self):
        """The orders whose goods nobody let pass for what holds them now."""
        return self.filtered(lambda order: order.amazon_released_cause != order._amazon_get_hold_cause())

    # === BUSINESS METHODS: ITEMS THAT ARE CANCELLED ALONE === #

    def _amazon_ask_to_take_out(self):
        """Tell the warehouse, and who is responsible for the orders, which of their items are not to be shipped."""
        for order in self.filtered(lambda order: order.state != "cancel"):
            order = order._amazon_for_responsible()
            dropped, lost = order.order_line._amazon_filter_dropped(), order._amazon_get_lost_item_names()
            if not dropped and not lost:
                continue
            body = dropped._amazon_get_drop_text(lost)
            order._message_log(body=body)
            pickings_sudo = order.sudo()._amazon_get_moves().picking_id  # a salesperson may not see the transfers
            for picking_sudo in pickings_sudo.filtered(lambda picking: picking.state not in const.PAST_MOVES):
                picking_sudo._message_log(body=body)
            order._amazon_get_activities("items").sudo().unlink()  # of fewer items, whoever has it
            left = dropped._amazon_get_left_names()
            order._amazon_schedule_activity(
                "items",
                summary=order.env._("Take out what is cancelled at Amazon"),
                note=f"{body} {order.env._('Set the order to what is left: %(left)s.', left=left)}" if left else body,
            )

    def _amazon_get_lost_item_names(self):
        """The items that Amazon shows as cancelled and that may be lines of which it is not known what they are.

        Note: self.ensure_one()

        :rtype: list[str]
        """
        self.ensure_one()
        lines = self.order_line.filtered(self.env["amazon.order.matcher"]._is_item_line)
        known = set(lines.mapped("amazon_item_ref"))
        if all(known):
            return []
        return [
            item.title or item.sku or item.item_id
            for item in self._amazon_get_knowledge().proved_items.values()
            if item.is_cancelled and item.item_id not in known
        ]

    # === BUSINESS METHODS: THE WAREHOUSE === #

    def _amazon_on_warehouse_waits(self, pickings):
        """Tell who is responsible that the warehouse stands before these orders' goods; once until it is decided.

        :param recordset pickings: The transfers that wait.
        :return: The orders whose responsible person is told now.
        :rtype: recordset of `sale.order`
        """
        untold = self._amazon_filter_without_activity("warehouse")
        for order in untold:
            order = order._amazon_for_responsible()
            order._amazon_schedule_activity(
                "warehouse",
                summary=order.env._("The warehouse waits for your decision"),
                note=order.env._(
                    "%(user)s stands before %(pickings)s and must not ship. %(title)s",
                    user=self.env.user.name,
                    pickings=", ".join(pickings.mapped("name")),
                    title=order._amazon_get_hold_title(),
                ),
            )
        return untold

    def _amazon_ask_to_decide(self):
        """Extend: open forms of the deliveries show the hold at once."""
        result = super()._amazon_ask_to_decide()
        self._amazon_show_warehouse()
        return result

    def _amazon_close_decision_activities(self, request):
        """Extend: whoever waits before a delivery sees the decision at once."""
        result = super()._amazon_close_decision_activities(request)
        self._amazon_show_warehouse()
        return result

    def _amazon_calm_warehouse(self):
        """Nobody waits before the deliveries of these orders any more: they were released, or are cancelled."""
        self._amazon_close_activities(
            "warehouse", get_feedback=lambda order: order.env._("The warehouse no longer waits.")
        )
        self._amazon_show_warehouse()

    def _amazon_show_warehouse(self):
        """Let the forms of these orders' deliveries that are open in a browser show what is true now."""
        pickings_sudo = self.sudo()._amazon_get_moves().picking_id  # a salesperson may not see the transfers
        if pickings_sudo:
            group_id = self.env["ir.model.data"]._xmlid_to_res_id("stock.group_stock_user")
            # Only ids: what a reader may see, the form itself asks for.
            self.env["res.groups"].sudo().browse(group_id)._bus_send(
                const.DELIVERY_CHANGED, {"picking_ids": pickings_sudo.ids}
            )

    # === BUSINESS METHODS: WHAT THE ORDERS NEED FROM OTHERS === #

    def _amazon_tell_supplies(self, tell):
        """Tell those who buy or make goods for these orders. Where that fails, the order itself goes on.

        :param callable tell: Called with an order, each document that gets goods for it, and who is responsible for
            that; both in superuser mode, and in the language of that person.
        """
        fields_of_moves = self.env["stock.move"]._fields
        if not fields_of_moves.keys() & {"created_purchase_line_ids", "production_id"}:
            return  # nobody buys or makes goods for orders
        if not self:
            return
        orders_sudo = self.sudo()  # who sells may see neither vendors' orders nor manufacturing
        try:
            with self.env.cr.savepoint():
                for order_sudo in orders_sudo:
                    for supply_sudo in order_sudo._amazon_get_supplies():
                        user = supply_sudo.user_id or order_sudo._amazon_get_responsible()
                        context = {"lang": user.lang, "tz": user.tz or "UTC"}
                        tell(order_sudo.with_context(**context), supply_sudo.with_context(**context), user)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            if len(self) > 1:
                for order in self:
                    order._amazon_tell_supplies(tell)
                return
            _logger.exception("Sale order %s: who supplies its goods could not be told", self.id)
            orders_sudo._amazon_log(
                lambda order: order.env._(
                    "Who buys or makes goods for this order could not be told. See the server log."
                )
            )

    def _amazon_warn_supplies(self):
        """The buyers ask to cancel: what is not ordered or made yet had better wait."""

        def warn(order, supply, user):
            summary = order.env._("The buyer asks to cancel %(order)s", order=order.name)
            supply._message_log(body=summary)
            supply.activity_schedule(
                "sale_amazon_cancellation.mail_activity_supply",
                summary=summary,
                note=order.env._("Wait with these goods until the request is decided."),
                user_id=user.id,
            )

        self._amazon_tell_supplies(warn)

    def _amazon_calm_supplies(self):
        """The requests are decided, or gone."""
        activity_type = self._amazon_get_activity_type("supply")

        def calm(order, supply, _user):
            activities = supply.activity_ids.filtered(lambda a: a.activity_type_id == activity_type)
            if activities:
                activities.action_feedback(
                    feedback=order.env._("The cancellation request of %(order)s is decided.", order=order.name)
                )

        self._amazon_tell_supplies(calm)

    def _amazon_stop_supplies(self):
        """The orders are cancelled: whoever bought or makes their goods is to stop that."""

        def stop(order, supply, user):
            warning = self.env.ref("mail.mail_activity_data_warning")
            warnings = supply.activity_ids.filtered(lambda activity: activity.activity_type_id == warning)
            if any(order.name in f"{activity.summary} {activity.note}" for activity in warnings):
                return  # by Odoo itself, as for what is made to order
            if supply._name == "purchase.order":
                # Odoo's own words, which it uses for services only.
                supply._activity_schedule_with_view(
                    "mail.mail_activity_data_warning",
                    user_id=user.id,
                    views_or_xmlid="sale_purchase.exception_purchase_on_sale_cancellation",
                    render_context={"sale_orders": order, "sale_order_lines": order._amazon_get_lines_of(supply)},
                )
            else:
                supply.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=order.env._("%(order)s is cancelled", order=order.name),
                    note=order.env._("Goods are made for it. Manual actions may be needed."),
                    user_id=user.id,
                )

        self._amazon_tell_supplies(stop)

    def _amazon_resume_supplies(self):
        """The cancellation was undone: the goods are needed after all."""
        types = self._amazon_get_activity_type("supply")
        types |= self.env.ref("mail.mail_activity_data_warning", raise_if_not_found=False) or types

        def resume(order, supply, _user):
            body = order.env._("The cancellation of %(order)s was undone: its goods are needed.", order=order.name)
            supply._message_log(body=body)
            supply.activity_ids.filtered(
                lambda activity: (
                    activity.activity_type_id in types and order.name in f"{activity.summary} {activity.note}"
                )
            ).action_feedback(feedback=body)

        self._amazon_tell_supplies(resume)

    # === GETTERS === #

    def _amazon_get_supplies(self):
        """The open vendors' orders and manufacturing orders that get goods for this order, where these apps are.

        Note: self.ensure_one()

        :return: Single records of `purchase.order` and `mrp.production`.
        :rtype: list
        """
        self.ensure_one()
        moves, reached = self._amazon_get_moves(), self.env["stock.move"]
        while moves - reached:
            reached |= moves
            if "production_id" in moves._fields:
                moves |= moves.production_id.move_raw_ids  # goods for what is made
            moves = moves.browse(moves._rollup_move_origs())
        supplies = []
        if "created_purchase_line_ids" in moves._fields:
            lines = moves.created_purchase_line_ids | moves.purchase_line_id
            if "purchase_line_ids" in self.order_line._fields:
                lines |= self.order_line.purchase_line_ids  # from the vendor to the buyer
            purchases = lines.order_id.filtered(lambda purchase: purchase.state != "cancel")
            supplies += purchases.filtered(lambda purchase: purchase.receipt_status != "full")
        if "production_id" in moves._fields:
            supplies += moves.production_id.filtered(lambda production: production.state not in ("done", "cancel"))
        return supplies

    def _amazon_get_lines_of(self, purchase):
        """The lines of this order that a vendor's order gets goods for.

        :param recordset purchase: One vendor's order.
        :rtype: recordset of `sale.order.line`
        """
        products = purchase.order_line.product_id
        lines = self.order_line.filtered(lambda line: line.product_id in products)
        return lines or self.order_line.filtered("product_id")

    @api.model
    def _amazon_get_hold_domain(self, cancelled=None):
        """The orders whose deliveries are held, unless they were released.

        :param bool|None cancelled: True: only those that are cancelled in Odoo, and have a transfer again that is open.
            False: only those that are not.
        """
        causes = Domain("amazon_cancel_request", "=", "requested") | Domain(
            "amazon_fulfillment_status", "=", "cancelled"
        )
        gone = Domain("state", "=", "cancel")
        held = Domain("amazon_cancel_account_id.hold_deliveries", "=", True)
        if cancelled is None:
            return held & (causes | gone)
        if not cancelled:
            return held & causes & Domain("state", "!=", "cancel")
        return held & gone & Domain("delivery_status", "in", const.OPEN_DELIVERIES)

    @api.model
    def _amazon_get_check_domain(self):
        """The orders whose accounts want Amazon to be asked before their goods leave."""
        return (
            (self._amazon_get_carrying_domain() | Domain("amazon_linked_ref", "!=", False))
            & Domain("amazon_channel", "!=", "fba")
            & Domain("amazon_cancel_account_id.check_before_shipping", "in", ("warn", "block"))
        )

    def _amazon_get_hold_cause(self):
        """What holds the goods: cancelled at Amazon or in Odoo, the buyer's request, or that Amazon does not answer.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        if self.amazon_fulfillment_status == "cancelled":
            return "cancelled"
        if self.amazon_cancel_request == "requested":
            return "requested"
        if self.state == "cancel":
            return "accepted" if self.amazon_cancel_request == "accepted" else "cancelled here"
        return f"unanswered since {self.amazon_checked_date}"

    def _amazon_get_hold_title(self):
        """What the warehouse is to do with the deliveries of these held orders.

        :rtype: str
        """
        if all(order.amazon_fulfillment_status == "cancelled" for order in self):
            return self.env._("Do not ship: the order is cancelled at Amazon.")
        if all(order._amazon_get_hold_cause() in ("cancelled", "accepted", "cancelled here") for order in self):
            return self.env._("Do not ship: the order is cancelled.")
        return self.env._("Do not ship: the buyer asks to cancel.")

    def _amazon_get_hold_text(self):
        """Why an order holds its deliveries, in words for the warehouse.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        if self.amazon_fulfillment_status == "cancelled":
            return self.env._("%(order)s: cancelled at Amazon", order=self.name)
        if self._amazon_get_hold_cause() == "cancelled here":
            return self.env._("%(order)s is cancelled", order=self.name)
        return self.env._(
            "%(order)s: %(reason)s",
            order=self.name,
            reason=self.amazon_cancel_request_words or self.env._("no reason given"),
        )

    def _amazon_get_hold_details(self):
        """Who asked, when and why, one line for each order.

        :rtype: str
        """
        details = []
        for order in self:
            text = order._amazon_get_hold_text()
            if order._amazon_get_hold_cause() not in ("cancelled", "cancelled here"):
                text = self.env._(
                    "%(buyer)s asked on %(date)s. %(text)s",
                    buyer=order.partner_id.name,
                    date=format_datetime(self.env, order.amazon_cancel_request_date, dt_format="short"),
                    text=text,
                )
                if order.amazon_cancel_partial:
                    text = self.env._(
                        "%(text)s. Only a part is asked for: %(items)s", text=text, items=order.amazon_cancel_items
                    )
            details.append(text)
        return "\n".join(details)

    @api.model
    def _amazon_get_requested_by_goods_state(self):
        """The orders with an open request, by how far their goods are.

        :return: Order ids by key of `const.GOODS_STATES`.
        :rtype: dict[str, list[int]]
        """
        orders_sudo = self.sudo().search([("amazon_cancel_request", "=", "requested")])  # rules bind the query itself
        ids_by_state = defaultdict(list)
        for order, progress in orders_sudo._amazon_get_goods_progress().items():
            ids_by_state[const.GOODS_STATE_OF_PROGRESS[progress]].append(order.id)
        return ids_by_state

    @api.model
    def _amazon_get_time_left_ends(self):
        """Until when a ship-by date counts as each of `const.TIMES_LEFT`; the last one has no end.

        :rtype: dict[str, datetime]
        """
        now = fields.Datetime.now()
        return {key: now + timedelta(hours=int(key)) for key, _label in const.TIMES_LEFT[:-1]}

    def _amazon_get_goods_progress(self):
        """How far the goods of each order are, over all their moves: steps, dropships and returns included.

        What counts is where the goods are, not which moves are done: goods that came back have not left.

        :return: By order `none`, `picking` (picked, packed, or the picking list is printed) or `left`.
        :rtype: dict[recordset of `sale.order`, str]
        """
        orders_sudo = self.sudo()  # a sales user may not read the transfers
        moves_of = orders_sudo._amazon_get_moves_of_each()
        fetched = self.env["stock.move"].sudo().union(*moves_of.values())
        steps = fetched._amazon_filter_way_out()
        progress = {}
        for order, order_sudo in zip(self, orders_sudo, strict=True):
            moves = moves_of[order_sudo].with_prefetch(fetched.ids)
            strangers = moves.sale_line_id.order_id - order_sudo  # of orders in the same transfer
            own = moves.filtered(lambda move, others=strangers: move.sale_line_id.order_id not in others)
            progress[order] = own.with_prefetch(fetched.ids)._amazon_get_progress(steps)
        return progress

    def _amazon_get_moves(self):
        """All moves of the orders' goods: those that deliver, the steps before them, and what came back."""
        return self.env["stock.move"].union(*self._amazon_get_moves_of_each().values())

    def _amazon_get_moves_of_each(self):
        """The same for each of the orders, in one query however many they are.

        :rtype: dict[recordset of `sale.order`, recordset of `stock.move`]
        """
        Move = self.env["stock.move"]
        found = Move._amazon_search_of_orders(self._origin.ids)
        return {order: Move.browse(found.get(order._origin.id, ())) for order in self}
