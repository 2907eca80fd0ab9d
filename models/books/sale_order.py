from odoo import Command, models

from ...tools import OwnIds

# What a person may have put into the line of a draft.
_DRAFT_LINE_FIELDS = (
    "account_id",
    "analytic_distribution",
    "discount",
    "display_type",
    "name",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "sale_line_ids",
    "sequence",
    "tax_ids",
)


class SaleOrder(models.Model):
    """What the books still need of an order."""

    _inherit = "sale.order"

    # What the month-end check starts from.
    _amazon_standing_index = models.Index("(id) WHERE amazon_fulfillment_status NOT IN ('cancelled', 'shipped')")
    _amazon_delivered_index = models.Index(
        "(id) WHERE amazon_fulfillment_status = 'cancelled' AND delivery_status IN ('started', 'partial', 'full')"
    )
    _amazon_shipped_index = models.Index(
        "(id) WHERE state = 'cancel' AND amazon_fulfillment_status IN ('shipped', 'partially_shipped')"
    )

    def _amazon_keep_shared_drafts(self):
        """Take the lines of orders that are being cancelled out of the drafts that also bill other orders.

        Odoo would cancel these drafts with the orders, and the other orders would fall back to be invoiced.

        :return: The orders, with the drafts in their context that are not to be cancelled.
        :rtype: recordset of `sale.order`
        """
        self._amazon_identify()
        orders = self.filtered(lambda order: order._amazon_get_ref())
        if not orders:
            return self
        orders.check_access("write")
        # Whoever may cancel an order need not be allowed to write invoices.
        drafts_sudo = orders.sudo().invoice_ids.filtered(lambda move: move.state == "draft")
        shared_sudo = self.env["amazon.cancellation.credit"]._leave_shared_drafts(drafts_sudo, self)
        return self.with_context(amazon_shared_draft_ids=OwnIds(shared_sudo.ids)) if shared_sudo else self

    def _amazon_get_deletion_obstacle(self):
        """Extension of the stage before: an order stays as long as its books are not settled."""
        obstacle = super()._amazon_get_deletion_obstacle()
        cancellations_sudo = self.sudo().amazon_cancellation_ids  # of whoever deletes
        if not obstacle and any(c.accounting_pending or c.accounting_state == "to_review" for c in cancellations_sudo):
            return self.env._("the books of its cancellation are to be settled first.")
        return obstacle

    def _prepare_amazon_undo_data(self):
        """Extension of the stage before: the lines that leave drafts which also bill other orders."""
        data = super()._prepare_amazon_undo_data()
        drafts_sudo = self.sudo().invoice_ids.filtered(lambda move: move.state == "draft")  # not for salespersons
        lines_sudo = drafts_sudo.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id == self)
        data["draft_lines"] = {
            str(draft.id): [self._prepare_draft_line_vals(line) for line in lines]
            for draft, lines in lines_sudo.grouped("move_id").items()
            if draft.line_ids.sale_line_ids.order_id != self
        }
        return data

    def _prepare_draft_line_vals(self, line):
        return {name: line._fields[name].convert_to_write(line[name], line) for name in _DRAFT_LINE_FIELDS}

    def _amazon_undo(self, data):
        """Extension of the stage before: the lines return to the drafts that they left."""
        result = super()._amazon_undo(data)
        for draft_sudo in self._amazon_get_drafts_left(data):
            vals_list = data["draft_lines"][str(draft_sudo.id)]
            draft_sudo.write({"invoice_line_ids": [Command.create(vals) for vals in vals_list]})
        return result

    def _amazon_get_undo_losses(self, data):
        """Extension of the stage before: a draft that goes on without its lines for good."""
        losses = super()._amazon_get_undo_losses(data)
        drafts_sudo = self.sudo().env["account.move"].browse(map(int, data.get("draft_lines", ()))).exists()
        if len(drafts_sudo) < len(data.get("draft_lines", ())) or drafts_sudo.filtered(lambda d: d.state == "posted"):
            losses.append(
                self.env._("A draft invoice of several orders was confirmed or deleted since: invoice this order anew.")
            )
        return losses

    def _amazon_get_drafts_left(self, data):
        """The drafts that bill other orders and no longer this one."""
        drafts_sudo = self.sudo().env["account.move"].browse(map(int, data.get("draft_lines", ()))).exists()
        return drafts_sudo.filtered(
            lambda draft: draft.state == "draft" and self not in draft.line_ids.sale_line_ids.order_id
        )
