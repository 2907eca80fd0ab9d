import logging
from datetime import UTC
from urllib.parse import quote

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ... import const
from ...facts import code, label
from ...facts import fact as _lt
from ...spapi.const import ORDER_ID
from ...spapi.knowledge import OrderKnowledge
from ...spapi.snapshot import ORDER_SOURCES, UNKNOWN_ITEM
from ...tools import get_pause, to_naive_seconds, to_naive_utc

_logger = logging.getLogger(__name__)


class SaleOrder(models.Model):
    """Which order of Amazon a sale order is, and what Amazon shows of it: how it is read, kept and joined."""

    _name = "sale.order"
    _inherit = ["sale.order", "amazon.activity.mixin", "amazon.credentials.mixin", "amazon.protected.mixin"]
    _pasted_fields = ("amazon_order_ref",)
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
    amazon_linked_ref = fields.Char(
        string="Linked Amazon Order",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The Amazon order that this order was found to be, where another module keeps the Amazon order id and has "
        "left it empty.",
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
    amazon_cancelled_reason = fields.Char(string="Amazon's Code of the Reason", copy=False, readonly=True)
    amazon_cancelled_words = fields.Char(string="Reason at Amazon", compute="_compute_amazon_cancelled_words")
    amazon_knowledge = fields.Json(
        copy=False, readonly=True, prefetch=False, help="What each source told about the order, and for which time."
    )
    amazon_digest = fields.Char(
        copy=False, readonly=True, help="Of what Amazon shows: an order that is shown the same again is left alone."
    )
    amazon_read_wanted = fields.Boolean(
        copy=False, readonly=True, help="Something is missing that only Amazon itself can tell: it is asked soon."
    )
    amazon_read_after = fields.Datetime(
        copy=False, readonly=True, help="Until then the order is not read again, as its last answers proved nothing."
    )
    amazon_read_tries = fields.Integer(
        copy=False, readonly=True, help="How many readings in a row proved nothing, or could not be made."
    )
    amazon_follow_up_date = fields.Datetime(
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="When that is done, or tried again, which follows from what Amazon shows.",
    )
    amazon_follow_up_tries = fields.Integer(copy=False, readonly=True)
    amazon_evidence = fields.Text(
        string="Evidence",
        compute="_compute_amazon_evidence",
        help="What the sources told of this order, for which time, and what it did.",
    )
    amazon_last_checked = fields.Datetime(
        string="Last Checked at Amazon",
        compute="_compute_amazon_last_checked",
        help="Up to when it is known what Amazon shows: a reading without a change of this order has checked it, too.",
    )

    # As the ORM asks for it, or the database would not use it.
    _amazon_read_wanted_index = models.Index("(amazon_cancel_account_id) WHERE amazon_read_wanted IS TRUE")
    # What was imported and never read, by either way in which an order carries its id.
    _amazon_unread_index = models.Index(
        lambda registry: (
            # What another module computes has no column.
            "(create_date) WHERE amazon_checked_date IS NULL AND amazon_order_ref IS NOT NULL"
            if registry["sale.order"]._fields["amazon_order_ref"].store
            else ""
        )
    )
    _amazon_unread_import_index = models.Index(
        f"(create_date) WHERE amazon_checked_date IS NULL AND client_order_ref LIKE '{const.ORDER_ID_LIKE}'"
    )
    _amazon_client_order_ref_index = models.Index("(client_order_ref) WHERE client_order_ref IS NOT NULL")
    _amazon_origin_index = models.Index("(origin) WHERE origin IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends(
        "amazon_checked_date",
        "amazon_cancel_account_id.marketplace_ids",
        "amazon_cancel_account_id.cursor_ids.read_until",
        "amazon_cancel_account_id.cursor_ids.shipped_until",
        "amazon_cancel_account_id.cursor_ids.gap_until",
        "amazon_cancel_marketplace_id",
        "amazon_channel",
    )
    def _compute_amazon_last_checked(self):
        for order in self:
            # The search shows orders that the seller fulfils only, in the marketplaces that are read.
            shown = order.amazon_checked_date and order.amazon_cancel_account_id and order.amazon_channel != "fba"
            account_sudo = order.amazon_cancel_account_id.sudo()  # stock users and portal see no accounts
            cursor_sudo = shown and account_sudo._get_cursors().filtered(
                lambda cursor, order=order: cursor.marketplace_id == order.amazon_cancel_marketplace_id
            )
            gapless = shown and (not cursor_sudo.gap_until or order.amazon_checked_date >= cursor_sudo.gap_until)
            searched = gapless and cursor_sudo._get_whole_until()
            order.amazon_last_checked = max(filter(None, (order.amazon_checked_date, searched)), default=False)

    @api.depends("amazon_cancelled_reason")
    @api.depends_context("lang")
    def _compute_amazon_cancelled_words(self):
        for order in self:
            order.amazon_cancelled_words = self.env["amazon.cancellation.words"]._word_code(
                order.amazon_cancelled_reason
            )

    @api.depends("amazon_knowledge")
    @api.depends_context("lang", "tz")
    def _compute_amazon_evidence(self):
        sources, effects = self._amazon_get_evidence_labels()
        statuses = dict(self._fields["amazon_fulfillment_status"]._description_selection(self.env))
        for order in self:
            # Knowledge is never read along: an ordinary order does not ask for it.
            is_known = (order.amazon_cancel_account_id or order.amazon_checked_date) and order.amazon_knowledge
            entries = order._amazon_get_knowledge().evidence if is_known else ()
            order.amazon_evidence = "\n".join(
                " · ".join(
                    filter(
                        None,
                        (
                            order._amazon_format_time(entry.heard),
                            sources.get(entry.source, entry.source),
                            entry.shown
                            and self.env._("true for %(time)s", time=order._amazon_format_time(entry.shown)),
                            statuses.get(entry.status, entry.status),
                            entry.asked and self.env._("asks to cancel %(items)s", items=", ".join(entry.asked)),
                            effects.get(entry.effect, entry.effect),
                        ),
                    )
                )
                for entry in reversed(entries)
            )

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
        linked = Domain("amazon_linked_ref", "in", [ref for ref in value if ref])
        if field.related:
            return linked | Domain(field.related, operator, value)
        # Another module computes it, and has no search for it: those that were read are known by their link.
        found_sudo = self._amazon_get_newest_unread_sudo().filtered(lambda order: order.amazon_order_ref in value)
        return linked | Domain("id", "in", found_sudo.ids)

    @api.model
    def _amazon_get_newest_unread_sudo(self):
        """The newest orders that were never read, of which another module may compute an order id."""
        return self.sudo().search(  # whoever asks; ids are compared only
            [("amazon_linked_ref", "=", False)], order="id desc", limit=const.COMPUTED_REFS_SEARCHED
        )

    def _action_confirm(self):
        """Override of `sale`: what was told of an order before it came in counts before its goods can leave."""
        if self.env["amazon.cancellation.account"]._is_used():
            self.filtered(lambda order: not order.amazon_checked_date)._amazon_show_told()
        return super()._action_confirm()

    # === ACTION METHODS === #

    def action_amazon_open_seller_central(self):
        """Open the order in Seller Central of its marketplace.

        Note: self.ensure_one()
        """
        self.ensure_one()
        order_ref = quote(self._amazon_get_ref() or "", safe="")
        return {
            "type": "ir.actions.act_url",
            "url": f"{self.amazon_cancel_marketplace_id.seller_central_url}/orders-v3/order/{order_ref}",
            "target": "new",
        }

    # === BUSINESS METHODS: IDENTITY === #

    def _amazon_write(self, vals):
        """Extension: an order id that another module's field does not take is kept in a field of our own."""
        field = self._fields["amazon_order_ref"]
        if "amazon_order_ref" not in vals or not self._amazon_has_other_owner("amazon_order_ref"):
            return super()._amazon_write(vals)
        untaken = self.filtered(
            lambda order: (
                not order._amazon_may_fill("amazon_order_ref")
                and not (field.store and order.amazon_order_ref == vals["amazon_order_ref"])
            )
        )
        super(SaleOrder, untaken)._amazon_write({**vals, "amazon_linked_ref": vals["amazon_order_ref"]})
        return super(SaleOrder, self - untaken)._amazon_write(vals)

    def _amazon_identify(self):
        """Link orders that carry an Amazon order id but were never read, where just one account can be meant.

        :return: The orders that carry an id while several accounts can be meant: which one, only a reading tells.
        :rtype: recordset of `sale.order`
        """
        unclear = self.browse()
        matcher = self.env["amazon.order.matcher"]
        strangers = self.filtered(
            lambda order: (
                not (order.amazon_cancel_account_id and order._amazon_get_ref()) and matcher._may_be_amazons(order)
            )
        )
        if not strangers:
            return unclear
        accounts_sudo = self.env["amazon.cancellation.account"].sudo()  # a salesperson may not see the accounts
        accounts_sudo = accounts_sudo.search([("company_id", "parent_of", strangers.company_id.ids)])
        for order in strangers:
            of_order = order.sudo().amazon_cancel_account_id or accounts_sudo.filtered(
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
        ref_before = self._amazon_get_ref()
        forgotten = dict.fromkeys(self._amazon_get_forgotten_fields(), False)
        self._amazon_write({**forgotten, "amazon_order_ref": order_ref, "amazon_read_wanted": True})
        lines = self.order_line
        lines._amazon_write({name: False for name in lines._fields if lines._is_amazon_fact(name)})
        order = self.with_user(SUPERUSER_ID)  # reading writes what the user may not
        failure = order.env["amazon.order.lookup"]._read_now(order.amazon_cancel_account_id, order).get(order.id)
        if failure:
            raise UserError(self.env["amazon.cancellation.words"]._word(failure))
        self._amazon_log(
            lambda order: order.env._(
                "A manager changed the Amazon order from %(before)s to %(after)s, which was read.",
                before=ref_before or order.env._("none"),
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

    def _amazon_show_told(self):
        """Show what was read of these orders before they were in Odoo; the next reading does what follows from it."""
        refs = self.env["amazon.order.matcher"]._get_possible_refs(self)
        if not refs:
            return
        # Reading writes what the user may not.
        Unknown = self.env["amazon.cancellation.unknown"].with_user(SUPERUSER_ID)
        told = Unknown.search([("order_ref", "in", refs)])
        for account, entries in told.grouped("account_id").items():
            told.env["amazon.order.reader"]._show(account, [], list_unknown=False, refs=entries.mapped("order_ref"))
        if told:
            told.env.ref("sale_amazon_cancellation.ir_cron_read")._trigger()

    def _amazon_get_families(self):
        """The sale orders that stand for the same Amazon order, in whatever company, by each of these.

        :rtype: dict[recordset of `sale.order`, recordset of `sale.order`]
        """
        families = {order: order for order in self}
        linked = self.filtered(lambda order: order._amazon_get_ref() and order.amazon_cancel_account_id)
        for account, orders in linked.grouped("amazon_cancel_account_id").items():
            refs = {order: order._amazon_get_ref() for order in orders}
            # All salespersons' and companies' orders, whoever asks.
            for account_sudo in account._get_same_seller_sudo():
                found = account_sudo.env["amazon.order.matcher"]._match(account_sudo, set(refs.values()))
                for order in orders:
                    families[order] |= self.browse(found[refs[order]].ids if refs[order] in found else ())
        return families

    def _amazon_name_family(self, company):
        """The names of sale orders of one Amazon order, for who works in a company; other companies are named, too.

        :param recordset company: The company.
        :rtype: str
        """
        return ", ".join(
            order.name if order.company_id == company else f"{order.name} ({order.company_id.name})" for order in self
        )

    def _amazon_filter_standing(self):
        """Of several orders with one Amazon order id, those that really stand for it.

        One that was cancelled in Odoo alone, as after a second import, does not; if that leaves none, all do.
        """
        return self.filtered(lambda order: order._amazon_is_standing()) or self

    def _amazon_is_standing(self):
        """Hook: whether the sale order really stands for its Amazon order.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        return self.state != "cancel"

    def _amazon_mark_duplicates(self, account, order_ref):
        """Flag the orders where there are several, tell the account's manager once, and unflag the one that is left.

        :param recordset account: The account that the order was read by.
        :param str order_ref: The Amazon order id that they stand for.
        """
        if len(self) == 1:
            if self.amazon_duplicate:
                self.amazon_duplicate = False
                self._amazon_log(lambda order: order.env._("This is again the only order of its Amazon order."))
            return
        unflagged = self.filtered(lambda order: not order.amazon_duplicate)
        if not unflagged:
            return
        unflagged.amazon_duplicate = True

        def tell(record):
            return record.env._(
                "The Amazon order %(ref)s is in Odoo more than once (%(orders)s). Nothing is cancelled by itself until "
                "one is left: cancel the others in Odoo alone, or delete them.",
                ref=order_ref,
                orders=", ".join(self.mapped("name")),
            )

        unflagged._amazon_log(tell)
        account = account._amazon_for_responsible()
        summary = account.env._("Amazon order %(ref)s is in Odoo twice", ref=order_ref)
        account._ask_manager("duplicate", summary, tell(account))

    # === BUSINESS METHODS: READING === #

    def _amazon_link(self, account, snapshot):
        """Remember which order of Amazon this is, so that later readings find it by one indexed search.

        Note: self.ensure_one()

        :param recordset account: The account that the order was read by.
        :param OrderSnapshot snapshot: The order as it is known.
        """
        self.ensure_one()
        is_kept = self._fields["amazon_order_ref"].store and self.amazon_order_ref == snapshot.order_id
        if not is_kept and self.amazon_linked_ref != snapshot.order_id:
            self._amazon_write({"amazon_order_ref": snapshot.order_id})
        vals = {"amazon_cancel_account_id": account.id}
        if snapshot.marketplace_id:
            vals["amazon_cancel_marketplace_id"] = self.env["amazon.cancellation.marketplace"]._get_by_api_ref(
                snapshot.marketplace_id
            )
        self._amazon_write_changed(vals)

    def _amazon_is_shown_again(self, account, snapshots):
        """Whether a search shows these orders just as they are known, so that there is nothing to be looked at.

        :param recordset account: The account that they were read by.
        :param list[OrderSnapshot] snapshots: What was read of their one order of Amazon.
        :rtype: bool
        """
        return (
            len(self) == 1
            and bool(self.amazon_digest)
            and self.amazon_cancel_account_id == account
            and not self.amazon_duplicate
            and all(
                snapshot.source == "search" and snapshot.is_whole and snapshot.digest == self.amazon_digest
                for snapshot in snapshots
            )
        )

    def _amazon_learn(self, snapshots, heard, kept=None, lines=None):
        """Join what was read with what is known, and write what that shows.

        Note: self.ensure_one()

        :param list[OrderSnapshot] snapshots: What was read.
        :param datetime heard: When, by Amazon's clock, aware.
        :param OrderKnowledge|None kept: What was read before the order was in Odoo.
        :param recordset|None lines: The order's lines, where they are fetched already.
        :return: What happened, in the words of the reader's hooks, and the order as it is known now.
        :rtype: tuple(list[str], OrderSnapshot)
        """
        self.ensure_one()
        before = self._amazon_get_knowledge(snapshots[0].order_id if snapshots else kept.order_id)
        after = before.absorb(kept, heard) if kept else before
        after = after.learn_all(snapshots, heard)
        return self._amazon_show(before, after, heard, {snapshot.source for snapshot in snapshots}, lines)

    def _amazon_show(self, before, after, heard, sources=(), lines=None):
        """Write what is known after something was learnt.

        Note: self.ensure_one()

        :param Collection[str] sources: Who told what was learnt.
        :param recordset|None lines: As of `_amazon_learn`.
        :return: As of `_amazon_learn`.
        """
        self.ensure_one()
        snapshot = after.to_snapshot()
        if after is before and (self.amazon_digest or self.amazon_knowledge):
            # Nothing new: no row is written, but for who waits for this reading, and once for the digest.
            vals = {} if self.amazon_digest else {"amazon_digest": after.digest}
            if "get" in sources:
                vals.update(self._prepare_amazon_reading_vals(before, after, sources))
            self._amazon_write_changed(vals)
            return [], snapshot
        status_before = self.amazon_fulfillment_status
        vals = {
            "amazon_knowledge": after.to_dict(),
            "amazon_digest": after.digest,
            "amazon_last_update": to_naive_seconds(after.last_updated),
            **self._prepare_amazon_reading_vals(before, after, sources),
            **self._prepare_amazon_snapshot_vals(snapshot),
            **self._prepare_amazon_items_vals(after),
        }
        events = self._amazon_get_events(before, after, vals)
        status = vals.get("amazon_fulfillment_status", status_before)
        if status in ("shipped", "partially_shipped") and status != status_before:
            events.append("shipped")
        if status == "cancelled" and (status != status_before or self.state != "cancel"):
            events.append("cancelled")
        if events:
            vals.update(amazon_follow_up_date=fields.Datetime.now(), amazon_follow_up_tries=0)
        self._amazon_write_changed(vals)
        matched = self.env["amazon.order.matcher"]._match_lines(self, snapshot, lines)
        goes_on = after.proof is not None and status != "cancelled"
        proved = before.proved_items
        dropped = [
            item.item_id in matched
            and matched[item.item_id]._amazon_update(
                item, goes_on, proved.get(item.item_id, item).quantity or item.quantity
            )
            for item in snapshot.items
        ]
        told = matched.keys() | {item_id for item_id, item in proved.items() if item.is_cancelled}
        lost = [item for item in snapshot.items if item.is_cancelled and item.item_id not in told]
        if any(dropped) or (goes_on and lost):
            events.append("items_cancelled")
        return events, snapshot

    def _prepare_amazon_reading_vals(self, before, after, sources):
        """When the order was read, and whether and when it is to be read again.

        :rtype: dict
        """
        by_order = "get" in sources
        # What others tell of the order is no reading of it.
        vals = {"amazon_checked_date": fields.Datetime.now()} if {*ORDER_SOURCES} & {*sources} else {}
        if not after.doubtful:
            # That an order is closed is what a reading of one that is missing among the open ones was wanted for.
            closed = after.proof is not before.proof and after.is_closed
            if by_order or before.doubtful or closed:
                vals.update(amazon_read_wanted=False, amazon_read_tries=0, amazon_read_after=False)
        elif by_order:
            vals.update(self._prepare_amazon_later_reading_vals())
        elif after.claims != before.claims or not before.doubtful:
            vals.update(amazon_read_wanted=True, amazon_read_tries=0, amazon_read_after=False)
        return vals

    def _prepare_amazon_later_reading_vals(self):
        """To read the order again, after a pause that grows with each try."""
        pause = get_pause(const.READ_PAUSES, self.amazon_read_tries)
        return {
            "amazon_read_wanted": True,
            "amazon_read_tries": self.amazon_read_tries + 1,
            "amazon_read_after": fields.Datetime.now() + pause,
        }

    def _amazon_get_events(self, before, after, vals):
        """What happened, in the words of the hooks of the reader. Hook for later stages, which add their fields.

        Note: self.ensure_one()

        :param OrderKnowledge before: What was known.
        :param OrderKnowledge after: What is known.
        :param dict vals: What is written; may be added to.
        :rtype: list[str]
        """
        self.ensure_one()
        return []

    def _amazon_want_reading(self, failed=False, after=False):
        """Have the orders read one by one soon.

        :param bool failed: Whether a reading has just failed, so that a pause comes first.
        :param datetime after: Until when a search may show them first, or False.
        """
        if failed:
            for order in self:
                order._amazon_write_changed(order._prepare_amazon_later_reading_vals())
            return
        if after:
            waiting = self.filtered(lambda order: not order.amazon_read_wanted)
        else:
            waiting = self.filtered(
                lambda order: not order.amazon_read_wanted or order.amazon_read_after or order.amazon_read_tries
            )
        if waiting:
            waiting._amazon_write({"amazon_read_wanted": True, "amazon_read_after": after, "amazon_read_tries": 0})

    @api.model
    def _amazon_get_urgent_domain(self):
        """The orders that are read before others where a reading is wanted. Hook for later stages."""
        return Domain.FALSE

    # === BUSINESS METHODS: WHAT FOLLOWS === #

    def _amazon_get_consequences(self):
        """What follows from what Amazon shows, as names of methods that do it for all orders. Hook for later stages.

        Where one fails, each is tried again by itself: it must do nothing where it is done already.

        :rtype: list[str]
        """
        return []

    def _amazon_on_follow_up_failed(self, failures):
        """Hook: what follows from a reading could not be done.

        Note: self.ensure_one()

        :param list[str] failures: Why, in the words of who refused.
        """
        self.ensure_one()

    def _prepare_amazon_snapshot_vals(self, snapshot):
        """The fields that follow from a snapshot as they are. Hook for integrators.

        :rtype: dict
        """
        vals = {}
        if snapshot.fulfilled_by:
            vals["amazon_channel"] = "fba" if snapshot.is_fba else "fbm"
        if snapshot.status:
            vals["amazon_fulfillment_status"] = (
                snapshot.status if snapshot.status in const.KNOWN_ORDER_STATUSES else False
            )
        if snapshot.ship_by:
            vals["amazon_ship_by"] = to_naive_seconds(snapshot.ship_by)
        if snapshot.status == "cancelled" and snapshot.cancelled_by:
            vals["amazon_cancelled_by"] = self._amazon_get_cancelled_by(snapshot.cancelled_by)
            vals["amazon_cancelled_reason"] = next(
                (item.executed_reason for item in snapshot.items if item.executed_reason), False
            )
        return vals

    @api.model
    def _prepare_amazon_items_vals(self, knowledge):
        """The order's items: those that are only claimed to be asked for are not among them, or Amazon would be told
        of items that are not the order's.

        :rtype: dict
        """
        told = knowledge.proof or knowledge.gaps
        refs = [item.item_id for item in told.items if item.item_id != UNKNOWN_ITEM] if told else []
        return {"amazon_item_refs": refs} if refs else {}

    def _amazon_write_changed(self, vals):
        """Write those values that differ, so that a reading without news costs no UPDATE of the other fields."""
        changed = {}
        for name, value in vals.items():
            if name == "amazon_knowledge":
                changed[name] = value  # each look at it copies it, and it is written only where something is new
                continue
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
        warned = self.search(of_account & self._amazon_get_ref_domain(verges))
        warned = warned.filtered(lambda order: order._amazon_get_ref() in verges)  # another module may know it better
        for verge, orders in warned.grouped(lambda order: verges[order._amazon_get_ref()]).items():
            orders.filtered(lambda order, verge=verge: order.amazon_verge != verge)._amazon_write(
                {"amazon_verge": verge}
            )
        (self.search(of_account & Domain("amazon_verge", "!=", False)) - warned)._amazon_write({"amazon_verge": False})

    # === GETTERS === #

    def _amazon_filter_fresh(self, moment, read_since=None):
        """Those of which it is known what Amazon showed at a time: they were read then or later, or everything that
        changed up to it was read, so that an order that did not come up has not changed.

        Nothing is asked of Amazon. Its search settles late: who must be sure takes a time some minutes back.
        `amazon.cancellation.account._want_whole_reading` makes many fresh.

        :param datetime moment: Amazon's time, naive UTC.
        :param datetime read_since: Since when a reading that showed the order itself counts, by our clock; the same
            moment by default.
        :rtype: recordset of `sale.order`
        """
        read_since = read_since or moment
        cursors_sudo = self.amazon_cancel_account_id.sudo().cursor_ids  # who cancels may see no reading positions
        positions = {
            (cursor.account_id, cursor.marketplace_id): (cursor._get_whole_until(), cursor.gap_until)
            for cursor in cursors_sudo
        }

        def is_fresh(order):
            if order.amazon_read_wanted or not order.amazon_checked_date:
                return False  # something is doubtful, or nothing is known
            if order.amazon_checked_date >= read_since:
                return True
            position = (order.sudo().amazon_cancel_account_id, order.amazon_cancel_marketplace_id)
            # The search shows orders that the seller fulfils only.
            if order.amazon_channel != "fbm" or position not in positions:
                return False
            read_until, gap_until = positions[position]
            # What notifications told between is no reading.
            gapless = not gap_until or order.amazon_checked_date >= gap_until
            return bool(read_until) and read_until >= moment and gapless

        return self.filtered(is_fresh)

    def _amazon_is_freshly_read(self):
        """Whether the order was read within the last minute, whatever it showed.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        fresh_since = fields.Datetime.now() - const.CHECK_IS_FRESH_FOR
        return bool(self.amazon_checked_date) and self.amazon_checked_date > fresh_since

    def _amazon_is_just_read(self):
        """Whether the order was read within the last minute, and what it showed leaves nothing to be read again.

        Note: self.ensure_one()

        :rtype: bool
        """
        return self._amazon_is_freshly_read() and not self.amazon_read_wanted

    @api.model
    def _amazon_get_last_read(self, account):
        """An order that the account has read lately, to see whether it still may.

        :param recordset account: An account.
        :return: One order in superuser mode, or none.
        """
        since = fields.Datetime.now() - const.SWEEP_SEARCH_SPAN
        orders_sudo = self.sudo()  # who connects accounts may see no orders
        return orders_sudo.search(
            Domain("amazon_cancel_account_id", "=", account.id) & Domain("amazon_checked_date", ">=", since),
            order="id desc",
            limit=1,
        )

    def _amazon_get_ref(self):
        """The id of the Amazon order that this order is: where another module keeps it, theirs if it is one.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        self.ensure_one()
        told = self.amazon_order_ref
        return told if told and (not self.amazon_linked_ref or ORDER_ID.fullmatch(told)) else self.amazon_linked_ref

    @api.model
    def _amazon_get_fetched_fields(self):
        """What a reading looks at of an order, to be fetched in one go.

        :rtype: list[str]
        """
        return [
            name
            for name, field in self._fields.items()
            if field.store and field.column_type and (field.prefetch is True or name == "amazon_knowledge")
            if self._has_field_access(field, "read")
        ]

    @api.model
    def _amazon_get_ref_domain(self, refs):
        """The orders that are one of these orders of Amazon.

        :param Iterable[str] refs: Amazon order ids.
        :rtype: Domain
        """
        refs = list(refs)
        linked = Domain("amazon_linked_ref", "in", refs)
        # What another module computes was kept with the link.
        return linked | Domain("amazon_order_ref", "in", refs) if self._fields["amazon_order_ref"].store else linked

    @api.model
    def _amazon_get_carrying_domain(self):
        """The orders whose field for it holds an Amazon order id; of those that another module computes the newest.

        :rtype: Domain
        """
        if self._fields["amazon_order_ref"].store:
            return Domain("amazon_order_ref", "!=", False)
        return Domain("id", "in", self._amazon_get_newest_unread_sudo().filtered("amazon_order_ref").ids)

    def _amazon_get_kept_refs(self):
        """The Amazon order ids that are kept with the order.

        Note: self.ensure_one()

        :rtype: set[str]
        """
        self.ensure_one()
        told = self.amazon_order_ref if self._fields["amazon_order_ref"].store else False
        return {ref for ref in (told, self.amazon_linked_ref) if ref}

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

    def _amazon_get_knowledge(self, order_ref=None):
        """What is known of the order; nothing where it stands for another order of Amazon now.

        Note: self.ensure_one()

        :rtype: OrderKnowledge
        """
        self.ensure_one()
        order_ref = order_ref or self._amazon_get_ref()
        known = self.amazon_knowledge
        if known and known["order_id"] == order_ref:
            return OrderKnowledge.from_dict(known)
        return OrderKnowledge(order_ref)

    def _amazon_get_made_date(self):
        """When the order was made at Amazon, aware; by Odoo's own date as long as Amazon did not tell.

        Note: self.ensure_one()
        """
        self.ensure_one()
        told = self.amazon_knowledge and self._amazon_get_knowledge().to_snapshot().created
        return told or self.date_order.replace(tzinfo=UTC)

    def _amazon_format_time(self, moment):
        """An aware time in words, in the zone and the language of the environment's user."""
        return format_datetime(self.env, to_naive_utc(moment), dt_format="short")

    @api.model
    def _amazon_get_evidence_labels(self):
        env = self.env
        sources = {
            "get": env._("the order itself"),
            "search": env._("search"),
            "notification": env._("notification"),
            "report": env._("order report"),
            "upload": env._("uploaded report"),
            "person": env._("a person"),
            "known": env._("known before"),
        }
        effects = {
            "proved": env._("counts"),
            "claimed": env._("counts until the order is read"),
            "answered": env._("older than the reading of the order, and answered by it"),
            "contradicted": env._("contradicts and changes nothing; the order is read"),
            "not_whole": env._("not a whole answer, and changes nothing; the order is read"),
            "ended": env._("the request is over"),
            "restored": env._("the request was put back"),
        }
        return sources, effects

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
        return self.env["amazon.cancellation.words"]._word(self._amazon_get_cancelled_fact())

    def _amazon_get_cancelled_fact(self):
        """Who cancelled the order at Amazon, and why.

        :rtype: dict
        """
        by, reason = self.amazon_cancelled_by, self.amazon_cancelled_reason
        return _lt(
            "Cancelled at Amazon by: %(who)s. Reason: %(reason)s.",
            who=label("sale.order", "amazon_cancelled_by", by) if by else _lt("unknown"),
            reason=code(reason) if reason else _lt("none given"),
        )
