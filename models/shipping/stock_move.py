from collections import defaultdict

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ... import const

_MOVES = SQL(
    """stock_move move
       JOIN stock_location source ON source.id = move.location_id
       JOIN stock_location target ON target.id = move.location_dest_id
  LEFT JOIN stock_picking_type type ON type.id = move.picking_type_id"""
)

_FLUSHED = (
    "picking_id",
    "picking_type_id",
    "location_id",
    "location_dest_id",
    "move_dest_ids",
    "origin_returned_move_id",
    "sale_line_id",
    "state",
)

# The moves that were found free to go in this transaction.
_MOVING = "amazon_moving"

# What brings goods nearer to a buyer: leaving the company, also from a vendor directly, or a step towards that; never
# receipts, their steps, returns, scrap and production.
_WAY_OUT = SQL(
    """(
        (
            source.usage != 'customer'
            AND (target.usage = 'customer' OR (target.usage = 'transit' AND target.company_id IS NULL))
        ) OR (
            source.usage IN ('internal', 'view', 'transit')
            AND (source.usage != 'transit' OR source.company_id IS NOT NULL)
            AND target.usage IN ('internal', 'view', 'transit')
            AND move.origin_returned_move_id IS NULL
            AND COALESCE(type.code, '') != 'incoming'
            AND NOT EXISTS (
                SELECT FROM stock_warehouse warehouse WHERE type.id IN (warehouse.qc_type_id, warehouse.store_type_id)
            )
        )
    )"""
)

# What leaves for an order, though for none of its lines: another product in its stead, or one that was added by hand.
_LOOSE = SQL(
    """(
        SELECT sale_rel.sale_id AS order_id, move.id AS move_id
          FROM stock_reference_sale_rel sale_rel
          JOIN stock_reference_move_rel move_rel ON move_rel.reference_id = sale_rel.reference_id
          JOIN stock_move move ON move.id = move_rel.move_id AND move.sale_line_id IS NULL
          JOIN stock_location target ON target.id = move.location_dest_id AND target.usage = 'customer'
    ) loose"""
)


class StockMove(models.Model):
    """Which orders the goods on their way out are for, in any step of the warehouse, or from a vendor to the buyer."""

    _inherit = "stock.move"

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `stock`: nor are held goods called done, or taken from their order, where nothing is moved."""
        if vals.get("state") == "done":
            moving = self.env.cr.cache.get(_MOVING, ())
            self.filtered(lambda move: move.state != "done" and move.id not in moving)._amazon_check_hold()
        if "sale_line_id" in vals:
            self.filtered(lambda move: move.sale_line_id.id not in (False, vals["sale_line_id"]))._amazon_check_hold()
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _amazon_check_moving(self):
        """Refuse to move goods towards a buyer whose order must not be shipped, and know these moves as checked."""
        self._amazon_check_hold()
        # Their orders are locked until the transaction ends.
        self.env.cr.cache.setdefault(_MOVING, set()).update(self.ids)

    def _amazon_check_hold(self, past=const.PAST_MOVES):
        """Refuse to move goods towards a buyer whose order must not be shipped.

        Who must pass calls `_amazon_release_hold` of the transfers first.

        :param tuple[str] past: The states in which a move moves nothing any more.
        :raise UserError: If one of the moves is for such an order, with the way out.
        :raise psycopg2.OperationalError: If one's order was changed since this transaction began; Odoo does it again.
        """
        orders_sudo = self._amazon_lock_orders(past)
        if not orders_sudo:
            return
        self._amazon_check_items(orders_sudo, past)
        held_sudo = self._amazon_get_held_orders(past)
        if not held_sudo:
            return
        raise UserError(
            self.env._(
                "%(title)s\n%(orders)s\nDecide on the cancellation first: accept it, keep the order, or let a manager "
                "of the Amazon accounts ship it from the transfer, with a reason.",
                title=held_sudo._amazon_get_hold_title(),
                orders="\n".join(order._amazon_get_hold_text() for order in held_sudo),
            )
        )

    def _amazon_lock_orders(self, past):
        """Meet whoever shows a request at this moment: either it is seen here, or it comes after the goods moved.

        :param tuple[str] past: As for `_amazon_check_hold`.
        :return: The orders that these moves are for and that can be held at all, in superuser mode.
        :rtype: recordset of `sale.order`
        """
        may_be_held = Domain("amazon_cancel_account_id.hold_deliveries", "=", True)
        found = self._amazon_search_orders("id", self.ids, may_be_held, past)
        orders_sudo = self.env["sale.order"].sudo().union(*found.values())
        if orders_sudo:
            ids = tuple(orders_sudo.ids)
            self.env.execute_query(SQL("SELECT id FROM sale_order WHERE id IN %s ORDER BY id FOR NO KEY UPDATE", ids))
        return orders_sudo

    def _amazon_check_items(self, orders, past):
        """Refuse to ship what Amazon shows as cancelled of orders that go on; their other goods pass.

        :param recordset orders: The orders that these moves are for, in superuser mode.
        :param tuple[str] past: As for `_amazon_check_hold`.
        :raise UserError: With what is to be taken out.
        """
        dropped_sudo = orders.order_line._amazon_filter_dropped()
        if not dropped_sudo:
            return
        moves_sudo = self.sudo().filtered(lambda move: move.state not in past)
        leaving_sudo = dropped_sudo.browse()
        for line_sudo, of_line_sudo in moves_sudo._amazon_filter_leaving(dropped_sudo).grouped("sale_line_id").items():
            if line_sudo.amazon_item_cancelled or of_line_sudo._amazon_exceeds(line_sudo):
                leaving_sudo |= line_sudo
        if leaving_sudo:
            raise UserError(
                leaving_sudo._amazon_get_drop_text()
                + "\n"
                + self.env._(
                    "Set the transfer to what is left (%(left)s), or have the order set to it.",
                    left=leaving_sudo._amazon_get_left_names(),
                )
            )

    def _amazon_exceeds(self, line):
        """Whether more than Amazon has left of a line would go any step of its way with these moves.

        :param recordset line: The order line that all of them are for.
        :rtype: bool
        """
        if self.product_id != line.product_id or "done" in self.mapped("state"):
            return True  # parts of a kit cannot be counted, nor what is being added to done moves
        left = line._amazon_get_left_quantity()
        for step, moves in self.grouped("picking_type_id").items():
            gone = line.move_ids.filtered(lambda m, step=step: m.state == "done" and m.picking_type_id == step)
            back = gone.returned_move_ids.filtered(lambda m: m.state == "done")
            quantity = moves._amazon_sum_quantity() + gone._amazon_sum_quantity() - back._amazon_sum_quantity()
            if line.product_id.uom_id.compare(quantity, left) > 0:
                return True
        return False

    def _amazon_sum_quantity(self):
        """The quantity of moves of one product, in its own unit.

        :rtype: float
        """
        return sum(
            move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id, round=False) for move in self
        )

    @api.model
    def _amazon_revive(self, data):
        """Bring cancelled moves back as they were, in their transfers.

        :param dict data: By move id, its `move_orig_ids`, `procure_method` and `state` before.
        """
        moves = self.browse(int(move_id) for move_id in data).exists().filtered(lambda move: move.state == "cancel")
        for move in moves:
            before = data[str(move.id)]
            move.write(
                {
                    "state": "draft",
                    "procure_method": before["procure_method"],
                    "move_orig_ids": [Command.set(self.browse(before["move_orig_ids"]).exists().ids)],
                }
            )
        moves._action_confirm(merge=False, create_proc=False)
        moves.filtered(
            lambda move: (
                data[str(move.id)]["state"] in ("assigned", "partially_available")
                and move.state in ("confirmed", "waiting")
            )
        )._action_assign()

    # === GETTERS === #

    def _amazon_get_held_orders(self, past):
        """The orders that must not be shipped and whose goods these moves would bring nearer to the buyer.

        :param tuple[str] past: As for `_amazon_check_hold`.
        :rtype: recordset of `sale.order` in superuser mode
        """
        SaleOrder = self.env["sale.order"].sudo()  # stock users see no orders
        found = self._amazon_search_orders("id", self.ids, SaleOrder._amazon_get_hold_domain(), past)
        return SaleOrder.union(*found.values())._amazon_filter_unreleased()

    @api.model
    def _amazon_search_orders(self, key, ids, domain, past=const.PAST_MOVES):
        """Find the orders that open moves on their way out are for, in one query however many moves there are.

        :param str key: The field of the moves that `ids` are of: `id` or `picking_id`.
        :param list[int] ids: Which moves to look at.
        :param Domain domain: Which orders to look for.
        :param tuple[str] past: As for `_amazon_check_hold`.
        :return: The orders in superuser mode, by id.
        :rtype: dict[int, recordset of `sale.order`]
        """
        SaleOrder = self.env["sale.order"].sudo()  # stock users see no orders
        if not ids or not self.env["amazon.cancellation.account"]._is_used():
            return {}
        self.flush_model(_FLUSHED)
        self.env["stock.picking"].flush_model(["sale_id"])
        SaleOrder.flush_model(["state"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE chain AS (
                    SELECT move.%(key)s AS key, move.id AS move_id
                      FROM %(moves)s
                     WHERE move.%(key)s IN %(ids)s AND move.state NOT IN %(past)s AND %(way_out)s
                     UNION
                    SELECT chain.key, link.move_dest_id
                      FROM chain
                      JOIN stock_move_move_rel link ON link.move_orig_id = chain.move_id
                      JOIN stock_move dest ON dest.id = link.move_dest_id AND dest.state != 'cancel'
                ), found AS (
                    SELECT chain.key, line.order_id
                      FROM chain
                      JOIN stock_move move ON move.id = chain.move_id
                      JOIN sale_order_line line ON line.id = move.sale_line_id
                     UNION
                    SELECT chain.key, picking.sale_id
                      FROM chain
                      JOIN stock_move move ON move.id = chain.move_id
                      JOIN stock_picking picking ON picking.id = move.picking_id
                      JOIN sale_order sale ON sale.id = picking.sale_id
                      JOIN stock_location target ON target.id = move.location_dest_id
                     WHERE move.sale_line_id IS NULL
                       AND (sale.state != 'cancel' OR target.usage = 'customer')  -- a step may be for others, too
                     UNION
                    SELECT chain.key, loose.order_id
                      FROM chain
                      JOIN %(loose)s ON loose.move_id = chain.move_id
                )
                SELECT key, array_agg(order_id ORDER BY order_id) FROM found WHERE order_id IN %(orders)s GROUP BY key
                """,
                key=SQL.identifier(key),
                ids=tuple(ids),
                moves=_MOVES,
                past=past,
                way_out=_WAY_OUT,
                loose=_LOOSE,
                orders=SaleOrder._search(domain).subselect(),
            )
        )
        together = tuple({order_id for _key, order_ids in rows for order_id in order_ids})
        return {found: SaleOrder.browse(order_ids).with_prefetch(together) for found, order_ids in rows}

    @api.model
    def _amazon_search_of_orders(self, order_ids):
        """The moves of orders' goods: those that deliver, the steps before them, and what came back.

        :param list[int] order_ids: Sale orders.
        :return: The moves' ids by order id.
        :rtype: dict[int, list[int]]
        """
        if not order_ids:
            return {}
        self.flush_model(_FLUSHED)
        self.env["stock.picking"].flush_model(["sale_id"])
        self.env["sale.order.line"].flush_model(["order_id"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE chain AS (
                    SELECT own.order_id, own.move_id
                      FROM (
                               SELECT line.order_id, move.id AS move_id
                                 FROM sale_order_line line
                                 JOIN stock_move move ON move.sale_line_id = line.id
                                WHERE line.order_id IN %(orders)s
                                UNION
                               SELECT picking.sale_id, move.id
                                 FROM stock_picking picking
                                 JOIN stock_move move ON move.picking_id = picking.id
                                WHERE picking.sale_id IN %(orders)s
                                UNION
                               SELECT loose.order_id, loose.move_id
                                 FROM %(loose)s
                                WHERE loose.order_id IN %(orders)s
                           ) own
                     UNION
                    SELECT chain.order_id, link.move_orig_id
                      FROM chain
                      JOIN stock_move_move_rel link ON link.move_dest_id = chain.move_id
                ), found AS (
                    SELECT order_id, move_id FROM chain
                     UNION
                    SELECT chain.order_id, back.id
                      FROM chain
                      JOIN stock_move back ON back.origin_returned_move_id = chain.move_id
                )
                SELECT order_id, array_agg(move_id ORDER BY move_id) FROM found GROUP BY order_id
                """,
                orders=tuple(order_ids),
                loose=_LOOSE,
            )
        )
        return dict(rows)

    def _amazon_filter_way_out(self):
        """The moves that bring goods nearer to a buyer, done ones included."""
        if not self._ids:
            return self
        self.flush_model(_FLUSHED)
        rows = self.env.execute_query(
            SQL(
                "SELECT move.id FROM %(moves)s WHERE move.id IN %(ids)s AND %(way_out)s",
                moves=_MOVES,
                ids=self._ids,
                way_out=_WAY_OUT,
            )
        )
        return self.browse(move_id for [move_id] in rows)

    def _amazon_filter_leaving(self, lines):
        """Those of the moves that bring goods of order lines nearer to a buyer, done ones included.

        :param recordset lines: The order lines.
        """
        return self.filtered(lambda move: move.sale_line_id in lines)._amazon_filter_way_out()

    def _amazon_get_progress(self, steps):
        """How far the goods of these moves are, all of them together.

        :param recordset steps: The moves, of these and of others, that bring goods nearer to a buyer.
        :return: As `sale.order._amazon_get_goods_progress`.
        :rtype: str
        """
        steps = (steps & self).with_prefetch(self._prefetch_ids)
        balance = defaultdict(float)
        for move in self.filtered(lambda move: move.state == "done"):
            quantity = move._amazon_sum_quantity()
            balance[move.product_id, move.location_id] -= quantity
            balance[move.product_id, move.location_dest_id] += quantity
        reached = self.env["stock.location"].union(
            *(place for (product, place), quantity in balance.items() if product.uom_id.compare(quantity, 0) > 0)
        )
        if any(place._amazon_is_outside() for place in reached):
            return "left"
        done = steps.filtered(lambda move: move.state == "done")
        waiting = steps.filtered(lambda move: move.state not in ("done", "cancel")).with_prefetch(self._prefetch_ids)
        started = any(waiting.picking_id.mapped("printed")) or any(
            line.picked or line.result_package_id for line in waiting.move_line_ids
        )
        return "picking" if started or reached & done.location_dest_id else "none"
