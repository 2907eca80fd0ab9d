from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ...spapi.const import ORDER_ID


class AmazonOrderMatcher(models.AbstractModel):
    """Finds the sale orders, and their lines, that stand for orders of Amazon. Never by likeness."""

    _name = "amazon.order.matcher"
    _description = "Amazon Order Matching"

    @api.model
    def _match(self, account, order_refs):
        """Find the sale orders of Amazon order ids.

        :param recordset account: The account whose company is searched.
        :param list[str] order_refs: Amazon order ids.
        :return: The sale orders by Amazon order id; several where Odoo has the order more than once.
        :rtype: dict[str, recordset of `sale.order`]
        """
        SaleOrder = self.env["sale.order"]
        company, refs = Domain("company_id", "child_of", account.company_id.id), list(order_refs)
        found = dict.fromkeys(refs, SaleOrder)
        linked = company & Domain("amazon_cancel_account_id", "=", account.id) & Domain("amazon_order_ref", "in", refs)
        for order in SaleOrder.search(linked):
            found[order.amazon_order_ref] |= order
        criteria = [
            (field, {spell(ref): ref for ref in refs for spell in spellings})
            for field, spellings in self._get_match_criteria(account)
        ]
        # An order that came in twice, and of which one was read before the other was there, is found, too.
        strangers = SaleOrder.search(
            company
            & (
                Domain("amazon_cancel_account_id", "=", False)
                | (Domain("amazon_cancel_account_id", "=", account.id) & Domain("amazon_order_ref", "=", False))
            )
            & Domain.OR(Domain(field, "in", list(ref_by_value)) for field, ref_by_value in criteria)
        )
        decided = set()
        for field, ref_by_value in criteria:
            of_field = strangers.filtered(lambda order: order[field] in ref_by_value)  # noqa: B023 used at once
            refs_of_field = {ref_by_value[order[field]] for order in of_field} - decided
            for order in of_field:
                if ref_by_value[order[field]] in refs_of_field:
                    found[ref_by_value[order[field]]] |= order
            decided |= refs_of_field
        return {ref: orders for ref, orders in found.items() if orders}

    @api.model
    def _get_order_ref(self, account, order):
        """The Amazon order id that a sale order carries, by the same fields and spellings as `_match`.

        :param recordset account: The account of the order's company.
        :param recordset order: One sale order.
        :rtype: str|bool
        """
        for field, spellings in self._get_match_criteria(account):
            order_ref = self._read_order_ref(order[field], spellings)
            if order_ref:
                return order_ref
        return False

    @api.model
    def _read_order_ref(self, text, spellings):
        found = ORDER_ID.search(text or "")
        return found[0] if found and text in [spell(found[0]) for spell in spellings] else False

    @api.model
    def _may_be_amazons(self, order):
        """Whether a sale order carries what looks like an Amazon order id; costs no query.

        :param recordset order: One sale order.
        :rtype: bool
        """
        names = (
            "amazon_order_ref",
            "client_order_ref",
            "origin",
            *self.env["amazon.cancellation.account"]._get_ref_fields(),
        )
        return any(ORDER_ID.search(order[name] or "") for name in names)

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
        return {field for field, spellings in criteria if self._read_order_ref(order[field], spellings)}

    @api.model
    def _get_match_criteria(self, account):
        """The fields to search, in this order, each with the spellings of the order id. Hook for other connectors.

        :rtype: list[tuple(str, list[callable])]
        """
        exact = [lambda ref: ref]
        custom = account.order_ref_field_id.sudo().name  # a manager may not read the field registry
        return [
            ("amazon_order_ref", exact),
            *([(custom, exact)] if custom else []),
            ("client_order_ref", exact),
            ("origin", [*exact, lambda ref: f"Amazon {ref}"]),
        ]

    @api.model
    def _match_lines(self, order, snapshot):
        """Find the order lines of Amazon's items: by item id, then by SKU, then by position where that is unambiguous.

        As long as not all items are known, only lines that have an item id already are found.

        :param recordset order: A sale order.
        :param OrderSnapshot snapshot: The order as it is known.
        :return: The order line by Amazon's item id.
        :rtype: dict[str, recordset of `sale.order.line`]
        """
        items = snapshot.items
        lines = order.order_line.filtered(self._is_item_line)
        found = {line.amazon_item_ref: line for line in lines if line.amazon_item_ref}
        if not snapshot.items_complete:
            return found
        free_lines = lines.filtered(lambda line: not line.amazon_item_ref)
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
