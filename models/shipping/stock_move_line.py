from odoo import api, models


class StockMoveLine(models.Model):
    """The last gate: where goods are moved, whoever asks for it and by whatever way."""

    _inherit = "stock.move.line"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `stock`: held goods are not added to what is done either, which moves them at once."""
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "done" and line.quantity)._amazon_check_added()
        return lines

    def write(self, vals):
        """Override of `stock`: nor do more of them leave, or go further, by a change of what is done."""
        moved = vals.keys() & {"quantity", "product_uom_id", "location_dest_id"}
        done = self.filtered(lambda line: moved and line.state == "done")
        before = {line: (line.quantity_product_uom, line.location_dest_id) for line in done}
        result = super().write(vals)
        done.filtered(lambda line: line._amazon_went_further(*before[line]))._amazon_check_added()
        return result

    # === BUSINESS METHODS === #

    def _action_done(self):
        """Override of `stock`: held goods do not move towards the buyer."""
        self.filtered("quantity").move_id._amazon_check_moving()
        return super()._action_done()

    def _amazon_check_added(self):
        """Refuse to add held goods to moves that are done."""
        if self:
            self.move_id._amazon_check_hold(past=("cancel",))

    # === GETTERS === #

    def _amazon_went_further(self, quantity, place):
        """Whether more of the goods was moved than before, or out of the house.

        Note: self.ensure_one()

        :param float quantity: How much before, in the product's own unit.
        :param recordset place: Where to.
        :rtype: bool
        """
        self.ensure_one()
        more = self.product_id.uom_id.compare(self.quantity_product_uom, quantity) > 0
        return more or (self.location_dest_id != place and self.quantity and self.location_dest_id._amazon_is_outside())
