import re
from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import escape_psql, ormcache

from ... import const
from ...spapi.const import ORDER_ID

# Wherever it begins: what stands around an id may itself look like the beginning of one.
_ANYWHERE = re.compile(f"(?=({ORDER_ID.pattern}))")


class AmazonOrderMatcher(models.AbstractModel):
    """Finds the sale orders, and their lines, that stand for orders of Amazon. Never by likeness."""

    _name = "amazon.order.matcher"
    _description = "Amazon Order Matching"
    # What is looked at of each order that a page shows.
    _SHOWN_AGAIN = (
        "amazon_order_ref",
        "amazon_linked_ref",
        "amazon_cancel_account_id",
        "amazon_digest",
        "amazon_duplicate",
    )

    _SHOWN_OF_LINES = (
        "order_id",
        "product_id",
        "product_uom_id",
        "product_uom_qty",
        "display_type",
        "is_downpayment",
        "amazon_item_ref",
        "amazon_item_cancelled",
        "amazon_item_quantity",
        "amazon_quantity_left",
        "amazon_quantity_per_unit",
        "amazon_cancel_requested",
        "amazon_cancel_reason",
    )

    @api.model
    def _match(self, account, order_refs):
        """Find the sale orders of Amazon order ids.

        :param recordset account: The account whose company is searched.
        :param list[str] order_refs: Amazon order ids.
        :return: The sale orders by Amazon order id; several where Odoo has the order more than once.
        :rtype: dict[str, recordset of `sale.order`]
        """
        SaleOrder = self.env["sale.order"]
        refs = list(order_refs)
        found = dict.fromkeys(refs, SaleOrder)
        criteria = [
            (path, {spell(ref): ref for ref in refs for spell in spellings})
            for path, spellings in self._get_match_criteria(account)
        ]
        may_be = Domain("company_id", "in", self._get_company_ids(account.company_id.id)) & Domain(
            "amazon_cancel_account_id", "in", [account.id, False]
        )
        plain = (Domain(path, "in", list(values)) for path, values in criteria if "." not in path)
        candidates = SaleOrder.search_fetch(
            may_be & (SaleOrder._amazon_get_ref_domain(refs) | Domain.OR(plain)), self._SHOWN_AGAIN
        )
        for path, values in criteria:
            if "." in path:  # apart, as the database would go through all orders
                of_path = self._search_path(path, list(values))
                candidates |= of_path and SaleOrder.search(may_be & Domain("id", "in", of_path))
        strangers = []
        for order in candidates:
            kept = order._amazon_get_kept_refs()
            if not (order.amazon_cancel_account_id and kept):
                strangers.append(order)
            elif order.amazon_cancel_account_id == account and kept & found.keys():
                order_ref = order._amazon_get_ref()
                if order_ref in found:
                    found[order_ref] |= order
        # An order that came in twice, and of which one was read before the other was there, is found, too.
        decided = set()
        for path, ref_by_value in criteria:
            orders_by_ref = defaultdict(SaleOrder.browse)
            for order in strangers:
                for value in self._read_path(order, path) & ref_by_value.keys():
                    orders_by_ref[ref_by_value[value]] |= order
            for ref in orders_by_ref.keys() - decided:
                found[ref] |= orders_by_ref[ref]
            decided |= orders_by_ref.keys()
        return {ref: orders for ref, orders in found.items() if orders}

    @api.model
    @ormcache("company_id")
    def _get_company_ids(self, company_id):
        """A company and its branches, whose orders an account of the company reads. Odoo clears the cache when one
        comes or goes.

        :rtype: tuple[int]
        """
        return tuple(
            self.env["res.company"].sudo().with_context(active_test=False).search([("id", "child_of", company_id)]).ids
        )

    @api.model
    def _search_path(self, path, values):
        """The orders to which a record that another module links to them gives one of the values.

        :rtype: list[int]
        """
        # Who looks need not see the other module's records.
        SaleOrder_sudo = self.env["sale.order"].sudo().with_context(active_test=False)
        return SaleOrder_sudo.search(Domain(path, "in", values)).ids

    @api.model
    def _read_path(self, order, path):
        """The values of a field, or of what other modules link to an order.

        :rtype: set[str]
        """
        # Only compared: who looks need not see the other module's fields and records.
        order_sudo = order.sudo()
        if "." not in path:
            return {order_sudo[path]} - {False}
        return set(order_sudo.with_context(active_test=False).mapped(path)) - {False}

    @api.model
    def _get_order_ref(self, account, order):
        """The Amazon order id that a sale order carries, by the same fields and spellings as `_match`.

        :param recordset account: The account of the order's company.
        :param recordset order: One sale order.
        :rtype: str|bool
        """
        for path, spellings in self._get_match_criteria(account):
            order_ref = self._read_order_ref(order, path, spellings)
            if order_ref:
                return order_ref
        return False

    @api.model
    def _read_order_ref(self, order, path, spellings):
        """The Amazon order id that stands in a field in one of the spellings.

        :rtype: str|bool
        """
        for value in sorted(self._read_path(order, path)):
            for found in _ANYWHERE.finditer(value):
                if value in [spell(found[1]) for spell in spellings]:
                    return found[1]
        return False

    @api.model
    def _may_be_amazons(self, order):
        """Whether a sale order carries what looks like an Amazon order id; a plain field costs no query.

        :param recordset order: One sale order.
        :rtype: bool
        """
        return any(ORDER_ID.search(value) for path in self._get_paths() for value in self._read_path(order, path))

    @api.model
    def _get_possible_refs(self, orders):
        """All that looks like an Amazon order id in sale orders; a plain field costs no query.

        :rtype: list[str]
        """
        values = {value for order in orders for path in self._get_paths() for value in self._read_path(order, path)}
        return sorted({found[1] for value in values for found in _ANYWHERE.finditer(value)})

    @api.model
    def _get_paths(self):
        """The fields in which an order id may stand, whatever the account."""
        return "amazon_order_ref", "client_order_ref", "origin", *self.env["amazon.order.finder"]._get_chosen_paths()

    @api.model
    def _get_identifying_fields(self, order):
        """The fields by which a sale order is found, so far as they carry an Amazon order id, whatever the account.

        :param recordset order: One sale order.
        :rtype: set[str]
        """
        accounts_sudo = self.env["amazon.cancellation.account"].sudo()  # a salesperson may not see the accounts
        criteria = [
            criterion
            for account in accounts_sudo.search([("company_id", "parent_of", order.company_id.id)])
            for criterion in self._get_match_criteria(account)
        ]
        return {path.partition(".")[0] for path, spellings in criteria if self._read_order_ref(order, path, spellings)}

    @api.model
    def _get_match_criteria(self, account):
        """The fields to search, in this order, each with the spellings of the order id. Hook for other connectors.

        A field may be one of a record that is linked to the order, as in `amazon_bind_ids.external_id`.

        :rtype: list[tuple(str, list[callable])]
        """
        exact = [lambda ref: ref]
        path, prefix, suffix = account.order_ref_path, account.order_ref_prefix or "", account.order_ref_suffix or ""
        custom = [(path, [*exact, lambda ref: f"{prefix}{ref}{suffix}"] if prefix or suffix else exact)]
        return [
            ("amazon_order_ref", exact),
            *(custom if path and self.env["amazon.order.finder"]._is_usable(path) else []),
            ("client_order_ref", exact),
            ("origin", [*exact, lambda ref: f"Amazon {ref}"]),
        ]

    @api.model
    def _get_candidate_domains(self, account):
        """The orders that may carry an Amazon order id, by its form alone: which one, `_get_order_ref` tells.

        :param recordset account: An account.
        :return: A domain for each field, to be searched apart: each has an index of its own.
        :rtype: list[Domain]
        """
        domains = [
            self.env["sale.order"]._amazon_get_carrying_domain(),
            Domain("client_order_ref", "=like", const.ORDER_ID_LIKE),
        ]
        path = account.order_ref_path
        if path and self.env["amazon.order.finder"]._is_usable(path):
            around = [escape_psql(text or "") for text in (account.order_ref_prefix, account.order_ref_suffix)]
            domains.append(Domain(path, "=like", const.ORDER_ID_LIKE.join(around)))
        return domains

    @api.model
    def _fetch_lines(self, orders):
        """The lines of orders, with what is looked at of each, in one query.

        :rtype: dict[recordset of `sale.order`, recordset of `sale.order.line`]
        """
        lines = self.env["sale.order.line"].search_fetch(Domain("order_id", "in", orders.ids), self._SHOWN_OF_LINES)
        return lines.grouped("order_id")

    @api.model
    def _match_lines(self, order, snapshot, lines=None):
        """Find the order lines of Amazon's items: by item id, ours or in another module's field, then by SKU, then by
        position where that is unambiguous.

        As long as not all items are known, only lines that have an item id already are found.

        :param recordset order: A sale order.
        :param OrderSnapshot snapshot: The order as it is known.
        :param recordset|None lines: The order's lines, where they are fetched already.
        :return: The order line by Amazon's item id.
        :rtype: dict[str, recordset of `sale.order.line`]
        """
        items = snapshot.items
        lines = (order.order_line if lines is None else lines.with_env(order.env)).filtered(self._is_item_line)
        found = {line.amazon_item_ref: line for line in lines if line.amazon_item_ref}
        item_ids = {item.item_id for item in items} - found.keys()
        for path in self.env["amazon.order.finder"]._get_item_paths() if item_ids else ():
            for line in lines - lines.browse().union(*found.values()):
                for item_id in self._read_path(line, path) & item_ids - found.keys():
                    found[item_id] = line
        if not snapshot.items_complete:
            return found
        free_lines = lines.filtered(lambda line: not line.amazon_item_ref) - lines.browse().union(*found.values())
        free_items = [item for item in items if item.item_id not in found]

        lines_by_sku = defaultdict(list)
        for line in free_lines:
            lines_by_sku[line.product_id.default_code].append(line)
        for item in list(free_items):
            candidates = lines_by_sku.get(item.sku) if item.sku else None
            if candidates:
                same_quantity = [line for line in candidates if line.product_uom_qty == item.quantity]
                line = (same_quantity or candidates)[0]
                candidates.remove(line)
                found[item.item_id] = line
                free_lines -= line
                free_items.remove(item)

        goods = free_lines.filtered(lambda line: line.product_id.type != "service")
        if free_items and len(free_items) == len(goods):
            found.update({item.item_id: line for item, line in zip(free_items, goods, strict=True)})
        return found

    @api.model
    def _is_item_line(self, line):
        return bool(line.product_id) and not line.display_type and not line.is_downpayment
