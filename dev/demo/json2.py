"""Odoo's external API (JSON-2), as an integrator calls it."""

import json
import urllib.error
import urllib.request
from typing import Any


class Json2Error(Exception):
    """Odoo refused a call; the text is Odoo's own message."""


class Json2:
    """One user's access to one Odoo."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url = url
        self._api_key = api_key

    def call(self, model: str, method: str, /, ids: list[int] | None = None, **arguments: Any) -> Any:
        """Call a method of a model.

        :param model: for example ``sale.order``.
        :param ids: the records that the method is called on, if any.
        :param arguments: the method's own arguments, and ``context``.
        :raise Json2Error: with Odoo's message.
        """
        body = {**arguments, **({} if ids is None else {"ids": ids})}
        request = urllib.request.Request(
            f"{self._url}/json/2/{model}/{method}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"bearer {self._api_key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            try:
                message = json.load(error)["message"]
            except (ValueError, KeyError):
                message = str(error)
            raise Json2Error(f"{model}.{method}: {message}") from error

    def find(self, model: str, domain: list, fields: list[str], **options: Any) -> list[dict]:
        """The records of a domain with some of their fields."""
        return self.call(model, "search_read", domain=domain, fields=fields, **options)

    def record(self, xml_id: str) -> int:
        """The id of a record by its external id."""
        module, name = xml_id.split(".")
        [found] = self.find("ir.model.data", [["module", "=", module], ["name", "=", name]], ["res_id"])
        return found["res_id"]

    def run_scheduled_action(self, xml_id: str) -> None:
        """Run a scheduled action now, as the button *Run Manually* does.

        :raise Json2Error: it failed, or it is running already.
        """
        result = self.call("ir.cron", "method_direct_trigger", ids=[self.record(xml_id)])
        if result is not True:
            raise Json2Error(f"{xml_id} failed: {result}")
