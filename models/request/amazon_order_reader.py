from odoo import api, models


class AmazonOrderReader(models.AbstractModel):
    """Tells what became of a buyer's request."""

    _inherit = "amazon.order.reader"

    @api.model
    def _on_requested(self, pairs):
        """Extend: say so on the orders."""
        result = super()._on_requested(pairs)
        self._log(
            pairs,
            lambda order, _snapshot: order.env._(
                "The buyer asks Amazon to cancel this order: %(reason)s",
                reason=order.amazon_cancel_request_words or order.env._("no reason given"),
            ),
        )
        return result

    @api.model
    def _on_withdrawn(self, pairs):
        """Extend: say who showed that, and when."""
        result = super()._on_withdrawn(pairs)
        self._tell_end(pairs, "withdrawn")
        return result

    @api.model
    def _on_overtaken(self, pairs):
        """Extend: say by what, who showed that, and when."""
        result = super()._on_overtaken(pairs)
        self._tell_end(pairs, "overtaken")
        return result

    @api.model
    def _tell_end(self, pairs, request):
        self._log(pairs, lambda order, _snapshot: order._amazon_get_request_end_text(request))
        self.env["sale.order"].union(*(order for order, _snapshot in pairs))._amazon_close_decision_activities(request)

    @api.model
    def _log(self, pairs, get_body):
        """Write a line into the chatter of each order, in the language of who is responsible for it.

        :param callable get_body: Gives the text for an order, which has that language in its context, and its snapshot.
        """
        people = self.env.user | self.env["sale.order"].union(*(order for order, _snapshot in pairs)).user_id
        people.fetch(["active", "partner_id"])
        bodies = {}
        for order, snapshot in pairs:
            bodies[order.id] = get_body(order._amazon_for_responsible(), snapshot)
        self.env["sale.order"].union(*(order for order, _snapshot in pairs))._message_log_batch(bodies)
