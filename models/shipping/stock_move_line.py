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
        """Override of `stock`: nor do more of them leave by a higher quantity of what is done."""
        if vals.get("quantity"):
            self.filtered(lambda line: line.state == "done" and line.quantity < vals["quantity"])._amazon_check_added()
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _action_done(self):
        """Override of `stock`: held goods do not move towards the buyer."""
        self.filtered("quantity").move_id._amazon_check_moving()
        return super()._action_done()

    def _amazon_check_added(self):
        """Refuse to add held goods to moves that are done."""
        if self:
            self.move_id._amazon_check_hold(past=("cancel",))
