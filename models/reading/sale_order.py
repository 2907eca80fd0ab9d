from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ... import const
from ...spapi.knowledge import OrderKnowledge
from ...tools import to_naive_utc


class SaleOrder(models.Model):
    """Which order of Amazon a sale order is, and what Amazon shows of it: how it is read, kept and joined."""

    _name = "sale.order"
    _inherit = ["sale.order", "amazon.protected.mixin"]
    _identity_fields = (
        "amazon_order_ref",
        "amazon_channel",
        "amazon_cancel_account_id",
        "amazon_cancel_marketplace_id",
    )

    # === IDENTITY AT AMAZON === #
    # Names that connectors share: where another module has the field, too, it is read, and filled only if empty.
    amazon_order_ref = fields.Char(
        string="Amazon Order",
        copy=False,
        index="btree_not_null",
        search="_search_amazon_order_ref",
        help="Amazon's order id, as in 902-1234567-1234567.",
    )
    amazon_channel = fields.Selection(
        [("fbm", "Fulfilled by Merchant"), ("fba", "Fulfilled by Amazon")], string="Fulfilment Channel", copy=False
    )
    amazon_cancel_account_id = fields.Many2one(
        "amazon.cancellation.account",
        string="Amazon Account",
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    amazon_cancel_marketplace_id = fields.Many2one("amazon.cancellation.marketplace", string="Marketplace", copy=False)
    amazon_duplicate = fields.Boolean(
        copy=False,
        readonly=True,
        help="Another sale order stands for the same Amazon order, so nothing is cancelled by itself.",
    )

    # === AS AMAZON SHOWS IT === #
    amazon_fulfillment_status = fields.Selection(
        const.ORDER_STATUSES, string="Status at Amazon", copy=False, readonly=True, index="btree_not_null"
    )
    amazon_item_refs = fields.Json(
        string="Amazon Items", copy=False, readonly=True, help="Amazon's ids of all items of the order."
    )
    amazon_ship_by = fields.Datetime(string="Ship By", copy=False, readonly=True, help="Amazon's latest ship date.")
    amazon_verge = fields.Selection(
        const.VERGES,
        string="Amazon's Warning",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="What Amazon's last report of open orders warns of.",
    )
    amazon_last_update = fields.Datetime(
        string="Changed at Amazon", copy=False, readonly=True, help="When the order last changed at Amazon."
    )
    amazon_checked_date = fields.Datetime(
        string="Last Read", copy=False, readonly=True, help="When Odoo last read the order at Amazon."
    )
    amazon_cancelled_by = fields.Selection(const.CANCELLED_BY, string="Cancelled By", copy=False, readonly=True)
    amazon_cancelled_reason = fields.Char(string="Reason at Amazon", copy=False, readonly=True)
    amazon_knowledge = fields.Json(
        copy=False, readonly=True, prefetch=False, help="What each source told about the order, and for which time."
    )
    amazon_read_wanted = fields.Boolean(
        copy=False, readonly=True, help="Something is missing that only Amazon itself can tell: it is asked soon."
    )
    amazon_declined_seen = fields.Datetime(
        copy=False, readonly=True, help="When the declined request was last shown at Amazon before it was declined."
    )
    amazon_last_checked = fields.Datetime(
        string="Last Checked at Amazon",
        compute="_compute_amazon_last_checked",
        help="Up to when it is known what Amazon shows: a reading without a change of this order has checked it, too.",
    )
    amazon_last_checked_ago = fields.Char(string="Last Checked", compute="_compute_amazon_last_checked")

    _amazon_read_wanted_index = models.Index("(amazon_cancel_account_id) WHERE amazon_read_wanted")
    _amazon_client_order_ref_index = models.Index("(client_order_ref) WHERE client_order_ref IS NOT NULL")
    _amazon_origin_index = models.Index("(origin) WHERE origin IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends("amazon_checked_date", "amazon_cancel_account_id.last_sync_date", "amazon_channel")
    @api.depends_context("lang")
    def _compute_amazon_last_checked(self):
        for order in self:
            account_sudo = order.amazon_cancel_account_id.sudo()  # stock users and portal see no accounts
            # The search shows orders that the seller fulfils only.
            searched = order.amazon_checked_date and order.amazon_channel != "fba" and account_sudo.last_sync_date
            order.amazon_last_checked = max(filter(None, (order.amazon_checked_date, searched)), default=False)
            order.amazon_last_checked_ago = account_sudo._format_ago(order.amazon_last_checked)

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        """Override of `sale`: a copy is not the order of Amazon that it is copied from."""
        vals_list = super().copy_data(default)
        if not self.env["amazon.cancellation.account"]._is_used():
            return vals_list
        matcher = self.env["amazon.order.matcher"]
        for order, vals in zip(self, vals_list, strict=True):
            if matcher._may_be_amazons(order):
                names = matcher._get_identifying_fields(order) - set(default or {})
                vals.update(dict.fromkeys(names & set(vals), False))
        return vals_list

    @api.model
    def _search_amazon_order_ref(self, operator, value):
        field = self._fields["amazon_order_ref"]
        if field.store or operator != "in":
            return Domain("amazon_order_ref", operator, value) if field.store else NotImplemented
        if field.related:
            return Domain(field.related, operator, value)
        # Another module computes it, and has no search for it.
        orders_sudo = self.sudo().search([])  # pylint: disable=no-search-all
        return Domain("id", "in", orders_sudo.filtered(lambda order: order.amazon_order_ref in value).ids)

    # === ACTION METHODS === #

    def action_amazon_open_seller_central(self):
        """Open the order in Seller Central of its marketplace.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"{self.amazon_cancel_marketplace_id.seller_central_url}/orders-v3/order/{self.amazon_order_ref}",
            "target": "new",
        }

    # === BUSINESS METHODS: IDENTITY === #

    def _amazon_identify(self):
        """Link orders that carry an Amazon order id but were never read, where just one account can be meant.

        :return: The orders that carry an id while several accounts can be meant: which one, only a reading tells.
        :rtype: recordset of `sale.order`
        """
        unclear = self.browse()
        matcher = self.env["amazon.order.matcher"]
        strangers = self.filtered(lambda order: not order.amazon_cancel_account_id and matcher._may_be_amazons(order))
        if not strangers:
            return unclear
        accounts_sudo = self.env["amazon.cancellation.account"].sudo()  # a salesperson may not see the accounts
        accounts_sudo = accounts_sudo.search([("company_id", "parent_of", strangers.company_id.ids)])
        for order in strangers:
            of_order = accounts_sudo.filtered(
                lambda account, order=order: account.company_id in order.company_id.sudo().parent_ids
            )
            refs = {account: matcher._get_order_ref(account, order) for account in of_order}
            meant = [account for account, order_ref in refs.items() if order_ref]
            if len(meant) == 1:
                order._amazon_write({"amazon_order_ref": refs[meant[0]], "amazon_cancel_account_id": meant[0].id})
            elif meant:
                unclear |= order
        return unclear

    def _amazon_relink(self, order_ref):
        """Let this order stand for another order of Amazon: what was read of the one before is forgotten, and the other
        is read now.

        Note: self.ensure_one()

        :param str order_ref: The other Amazon order id.
        :raise AccessError: If the user is no manager of the Amazon accounts.
        :raise UserError: If the order can not be read, or a cancellation depends on the one before.
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager"):
            raise AccessError(self.env._("Only a manager of the Amazon accounts can do this."))
        self._amazon_check_relink()
        ref_before = self.amazon_order_ref
        forgotten = dict.fromkeys(self._amazon_get_forgotten_fields(), False)
        self._amazon_write({**forgotten, "amazon_order_ref": order_ref, "amazon_read_wanted": True})
        lines = self.order_line
        lines._amazon_write({name: False for name in lines._fields if lines._is_amazon_fact(name)})
        order = self.with_user(SUPERUSER_ID)  # reading writes what the user may not
        failure = order.amazon_cancel_account_id._read_now(order).get(order.id)
        if failure:
            raise UserError(failure)
        self._message_log(
            body=self.env._(
                "A manager changed the Amazon order from %(before)s to %(after)s, which was read.",
                before=ref_before or self.env._("none"),
                after=order_ref,
            )
        )

    def _amazon_check_relink(self):
        """Hook: refuse to let the order stand for another order of Amazon.

        Note: self.ensure_one()

        :raise UserError: With the reason.
        """
        self.ensure_one()
        if not self.amazon_cancel_account_id:
            raise UserError(self.env._("%(order)s belongs to no Amazon account.", order=self.name))
        if self._amazon_has_other_owner("amazon_order_ref"):
            raise UserError(self.env._("Another module keeps the Amazon order id of this order: change it there."))

    @api.model
    def _amazon_get_forgotten_fields(self):
        """What is known of an order of Amazon, and goes when the sale order stands for another one.

        :rtype: list[str]
        """
        return [
            name
            for name, field in self._fields.items()
            if self._is_amazon_fact(name) and field.store and not field.compute and name != "amazon_cancel_account_id"
        ]

    def _amazon_filter_identified(self):
        """Override: until it was read, who imports an order may say which order of Amazon it is."""
        orders_sudo = self.sudo()  # whoever may write an order need not see what is known of it
        return self.browse(orders_sudo.filtered("amazon_knowledge").ids)

    def _amazon_get_families(self):
        """The sale orders that stand for the same Amazon order, by each of these.

        :rtype: dict[recordset of `sale.order`, recordset of `sale.order`]
        """
        families = {order: order for order in self}
        linked = self.filtered(lambda order: order.amazon_order_ref and order.amazon_cancel_account_id)
        for account, orders in linked.grouped("amazon_cancel_account_id").items():
            # All salespersons' orders, whoever asks.
            found = orders.sudo().env["amazon.order.matcher"]._match(account, orders.mapped("amazon_order_ref"))
            for order in orders:
                families[order] |= self.browse(found.get(order.amazon_order_ref, self).ids)
        return families

    def _amazon_filter_standing(self):
        """Of several orders with one Amazon order id, those that really stand for it.

        One that was cancelled in Odoo alone, as after a second import, does not; if that leaves none, all do.
        """
        standing = self.filtered(lambda order: order.state != "cancel" or order.amazon_cancellation_ids)
        return standing or self

    def _amazon_mark_duplicates(self, account, order_ref):
        """Flag the orders where there are several, tell the account's manager once, and unflag the one that is left.

        :param recordset account: The account that the order was read by.
        :param str order_ref: The Amazon order id that they stand for.
        """
        if len(self) == 1:
            if self.amazon_duplicate:
                self.amazon_duplicate = False
                self._message_log(body=self.env._("This is again the only order of its Amazon order."))
            return
        unflagged = self.filtered(lambda order: not order.amazon_duplicate)
        if not unflagged:
            return
        unflagged.amazon_duplicate = True
        body = self.env._(
            "The Amazon order %(ref)s is in Odoo more than once (%(orders)s). Nothing is cancelled by itself until one "
            "is left: cancel the others in Odoo alone, or delete them.",
            ref=order_ref,
            orders=", ".join(self.mapped("name")),
        )
        unflagged._message_log_batch({order.id: body for order in unflagged})
        account._ask_manager("duplicate", self.env._("Amazon order %(ref)s is in Odoo twice", ref=order_ref), body)

    # === BUSINESS METHODS: READING === #

    def _amazon_link(self, account, snapshot):
        """Remember which order of Amazon this is, so that later readings find it by one indexed search.

        Note: self.ensure_one()

        :param recordset account: The account that the order was read by.
        :param OrderSnapshot snapshot: The order as it is known.
        """
        self.ensure_one()
        vals = {"amazon_order_ref": snapshot.order_id, "amazon_cancel_account_id": account.id}
        if snapshot.marketplace_id and snapshot.marketplace_id != self.amazon_cancel_marketplace_id.api_ref:
            vals["amazon_cancel_marketplace_id"] = self.env["amazon.cancellation.marketplace"]._get_by_api_ref(
                snapshot.marketplace_id
            )
        self._amazon_write_changed(vals)

    def _amazon_learn(self, knowledge):
        """Join what was read with what is known, and write what follows.

        Note: self.ensure_one()

        :param OrderKnowledge knowledge: What was read.
        :return: What happened (`requested`, `withdrawn`, `overtaken`, `shipped`, `cancelled`), and the order as it is
            known now.
        :rtype: tuple(list[str], OrderSnapshot)
        """
        self.ensure_one()
        if self.amazon_knowledge and self.amazon_knowledge["order_id"] == knowledge.order_id:
            knowledge = OrderKnowledge.from_dict(self.amazon_knowledge).merge(knowledge)
        snapshot = knowledge.to_snapshot()
        status_before, request_before = self.amazon_fulfillment_status, self.amazon_cancel_request
        request = self._amazon_get_next_request(knowledge)
        self._amazon_write_changed(
            {
                "amazon_knowledge": knowledge.to_dict(),
                "amazon_checked_date": fields.Datetime.now(),
                "amazon_last_update": _to_naive(knowledge.last_updated),
                "amazon_cancel_request": request,
                **self._prepare_amazon_request_vals(knowledge),
                **self._prepare_amazon_snapshot_vals(snapshot),
            }
        )
        lines = self.env["amazon.order.matcher"]._match_lines(self, snapshot)
        for item in snapshot.items:
            if item.item_id in lines:
                lines[item.item_id]._amazon_update(item)

        events = [request] if request != request_before and request in ("requested", "withdrawn", "overtaken") else []
        if (
            self.amazon_fulfillment_status in ("shipped", "partially_shipped")
            and self.amazon_fulfillment_status != status_before
        ):
            events.append("shipped")
        if self.amazon_fulfillment_status == "cancelled":
            events.append("cancelled")
        return events, snapshot

    def _prepare_amazon_request_vals(self, knowledge):
        """The fields that tell the buyer's latest request.

        :rtype: dict
        """
        vals = {"amazon_request_fingerprint": knowledge.fingerprint or False}
        if knowledge.asked_since:
            reasons = dict.fromkeys(knowledge.reasons.values())
            vals["amazon_cancel_request_date"] = _to_naive(knowledge.asked_since)
            vals["amazon_cancel_request_reason"] = "; ".join(reasons) or False
        return vals

    def _prepare_amazon_snapshot_vals(self, snapshot):
        """The fields that follow from a snapshot as they are. Hook for integrators.

        :rtype: dict
        """
        vals = {}
        if snapshot.fulfilled_by:
            vals["amazon_channel"] = "fba" if snapshot.fulfilled_by == "AMAZON" else "fbm"
        if snapshot.status:
            vals["amazon_fulfillment_status"] = (
                snapshot.status if snapshot.status in const.KNOWN_ORDER_STATUSES else False
            )
        if snapshot.items:
            vals["amazon_item_refs"] = [item.item_id for item in snapshot.items]
        if snapshot.ship_by:
            vals["amazon_ship_by"] = _to_naive(snapshot.ship_by)
        if snapshot.status == "cancelled" and snapshot.cancelled_by:
            vals["amazon_cancelled_by"] = self._amazon_get_cancelled_by(snapshot.cancelled_by)
            vals["amazon_cancelled_reason"] = next(
                (item.executed_reason for item in snapshot.items if item.executed_reason), False
            )
        return vals

    def _prepare_amazon_declined_vals(self):
        """What to remember of the request that is declined, to tell a new one from it.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        known = self.amazon_knowledge and OrderKnowledge.from_dict(self.amazon_knowledge)
        return {
            "amazon_declined_fingerprint": self.amazon_request_fingerprint,
            "amazon_declined_seen": known and _to_naive(known.last_asked),
        }

    def _amazon_get_next_request(self, knowledge):
        """The state of the buyer's request that follows from what is known, and from what was decided here.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        self.ensure_one()
        current = self.amazon_cancel_request
        if knowledge.is_fba:
            return current  # nobody here can decide on it
        if current == "accepted" and (self.state == "cancel" or knowledge.request != "requested"):
            return current
        if current == "declined" and not self._amazon_is_new_request(knowledge):
            return current
        return knowledge.request or False

    def _amazon_is_new_request(self, knowledge):
        """Whether the request shown is another than the one that was declined.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        if knowledge.request != "requested":
            return False
        cleared = _to_naive(knowledge.last_clear)
        if cleared and self.amazon_declined_seen and cleared > self.amazon_declined_seen:
            return True
        declined = self.amazon_declined_fingerprint or {}
        return any(
            item_id not in declined or (reason and declined[item_id] and reason != declined[item_id])
            for item_id, reason in knowledge.fingerprint.items()
        )

    def _amazon_write_changed(self, vals):
        """Write those values that differ, so that a reading without news costs no UPDATE of the other fields."""
        changed = {}
        for name, value in vals.items():
            current = self[name].id if self._fields[name].type == "many2one" else self[name]
            if (current or False) != (value or False):
                changed[name] = value
        if changed:
            self._amazon_write(changed)

    # === BUSINESS METHODS: AMAZON'S WARNINGS === #

    @api.model
    def _amazon_note_verges(self, account, verges):
        """Note of which open orders a report warns; it no longer warns of the others.

        :param recordset account: The account whose report it is.
        :param dict verges: Keys of `const.VERGES` by Amazon order id.
        """
        of_account = Domain("amazon_cancel_account_id", "=", account.id)
        warned = self.search(of_account & Domain("amazon_order_ref", "in", list(verges)))
        for verge, orders in warned.grouped(lambda order: verges[order.amazon_order_ref]).items():
            orders.filtered(lambda order, verge=verge: order.amazon_verge != verge)._amazon_write(
                {"amazon_verge": verge}
            )
        (self.search(of_account & Domain("amazon_verge", "!=", False)) - warned)._amazon_write({"amazon_verge": False})

    # === GETTERS === #

    def _amazon_get_others_sudo(self):
        """The other sale orders of the same Amazon orders that are neither cancelled nor among these.

        :return: In superuser mode, by each of these orders.
        :rtype: dict[recordset of `sale.order`, recordset of `sale.order`]
        """
        families_sudo = self.sudo()._amazon_get_families()  # of all salespersons
        return {
            order: (families_sudo[order] - self.sudo()).filtered(lambda other: other.state != "cancel")
            for order in self
        }

    def _amazon_get_status_label(self):
        return dict(self._fields["amazon_fulfillment_status"]._description_selection(self.env)).get(
            self.amazon_fulfillment_status, ""
        )

    @api.model
    def _amazon_get_cancelled_by(self, cancelled_by):
        value = cancelled_by.lower()
        return value if value in dict(const.CANCELLED_BY) else False

    def _amazon_get_cancelled_text(self):
        """Who cancelled the order at Amazon, and why, in words."""
        labels = dict(self._fields["amazon_cancelled_by"]._description_selection(self.env))
        return self.env._(
            "Cancelled at Amazon by: %(who)s. Reason: %(reason)s.",
            who=labels.get(self.amazon_cancelled_by) or self.env._("unknown"),
            reason=self.amazon_cancelled_reason or self.env._("none given"),
        )


def _to_naive(moment):
    return moment and to_naive_utc(moment).replace(microsecond=0)
