"""What the web client asks of Odoo when a page of the addon opens: lists, cards, analyses and forms."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo import api
from odoo.tools.safe_eval import safe_eval

from .inside import MODULE

Look = Callable[[], object]
# As the web client asks: records of a page, and how far it counts.
LIMITS = {"list": 80, "kanban": 40}
COUNT_LIMIT = 10_001
OPENED = ("list", "kanban", "pivot", "graph")


def find_pages(env: api.Environment) -> Iterator[tuple[str, Look]]:
    """Each page that a menu or button of the addon opens, in each of its views, as it opens first."""
    data = env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.actions.act_window")])
    for action in env["ir.actions.act_window"].browse(data.mapped("res_id")):
        if action.target == "new" or env[action.res_model]._transient:
            continue
        for view_id, view_type in action.views:
            if view_type in OPENED:
                yield f"{action.name}, {view_type}", _make_page(env, action, view_id, view_type)


def make_form(record: Any, view_id: int | bool = False) -> Look:
    """The form of a record."""
    arch = etree.fromstring(record.get_views([(view_id, "form")])["views"]["form"]["arch"])
    specification = _specify(record, arch)
    return lambda: record.web_read(specification)


def make_list(records: Any, view_id: int) -> Look:
    """A list of just these records."""
    arch = etree.fromstring(records.get_views([(view_id, "list")])["views"]["list"]["arch"])
    specification = _specify(records, arch)
    return lambda: records.web_search_read([("id", "in", records.ids)], specification, limit=len(records))


def _make_page(env: api.Environment, action: Any, view_id: int | bool, view_type: str) -> Look:
    Model = env[action.res_model]
    views = Model.get_views([(view_id, view_type), (action.search_view_id.id, "search")])["views"]
    arch = etree.fromstring(views[view_type]["arch"])
    context = safe_eval(action.context or "{}", {"uid": env.uid})
    domain = safe_eval(action.domain or "[]", {"uid": env.uid})
    groups = [arch.get("default_group_by")] if arch.get("default_group_by") else []
    for filter_domain, group in _read_defaults(etree.fromstring(views["search"]["arch"]), context):
        domain = [*domain, *filter_domain]
        groups += [group] if group else []
    if view_type in ("pivot", "graph"):
        return _make_analysis(Model, arch, domain)
    specification = _specify(Model, arch)
    limit = int(arch.get("limit") or LIMITS[view_type])
    if groups:
        sums = [f"{name}:sum" for name in specification if _is_summed(Model, name)]
        return lambda: Model.web_read_group(
            domain,
            groups if view_type == "list" else groups[:1],
            sums,
            limit=80,
            auto_unfold=view_type == "kanban",
            unfold_read_specification=specification,
            unfold_read_default_limit=limit,
        )
    order = arch.get("default_order")
    return lambda: Model.web_search_read(domain, specification, limit=limit, order=order, count_limit=COUNT_LIMIT)


def _make_analysis(Model: Any, arch: Any, domain: list[Any]) -> Look:
    groups: dict[str, list[str]] = {"row": [], "col": []}
    measures = ["__count"]
    for node in arch.iter("field"):
        name, kind = node.get("name"), node.get("type") or "row"
        if kind == "measure":
            measures.append(f"{name}:{Model._fields[name].aggregator or 'sum'}")
        else:
            groups[kind].append(f"{name}:{node.get('interval')}" if node.get("interval") else name)
    rows, columns = groups["row"], groups["col"]
    sets = [[], rows, columns, [*rows, *columns]] if columns else [[], rows]
    return lambda: Model.formatted_read_grouping_sets(domain, sets, measures)


def _read_defaults(search: Any, context: dict[str, Any]) -> Iterator[tuple[list[Any], str | None]]:
    """The domain and the grouping of each filter that the page opens with."""
    for node in search.iter("filter"):
        if not context.get(f"search_default_{node.get('name')}"):
            continue
        if node.get("date"):
            yield _make_period(node.get("date"), (node.get("default_period") or "month").split(",")), None
        else:
            group = safe_eval(node.get("context") or "{}").get("group_by")
            yield safe_eval(node.get("domain") or "[]", {"uid": 1}), group


def _make_period(name: str, periods: list[str]) -> list[Any]:
    """The months of a date filter, which are in a row."""
    months = [int(period.removeprefix("month") or 0) for period in periods]
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    start, end = first + relativedelta(months=min(months)), first + relativedelta(months=max(months) + 1)
    return [(name, ">=", str(start)), (name, "<", str(end))]


def _specify(Model: Any, arch: Any) -> dict[str, Any]:
    """What is read of each record, by the fields of a view."""
    specification: dict[str, Any] = {}
    for node in arch.iter("field"):
        name = node.get("name")
        if name not in Model._fields or any(above.tag == "field" for above in node.iterancestors()):
            continue
        field = Model._fields[name]
        specification[name] = {}
        if field.relational:
            inner = node.find("list")
            fields = _specify(Model.env[field.comodel_name], inner) if inner is not None else {"display_name": {}}
            specification[name] = {"fields": fields}
    return specification


def _is_summed(Model: Any, name: str) -> bool:
    field = Model._fields[name]
    return bool(field.store and field.aggregator == "sum")
