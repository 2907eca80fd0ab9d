import logging
from dataclasses import dataclass

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache
from odoo.tools.sql import create_index, drop_index, make_identifier

from ... import const
from ...facts import fact as _lt

_logger = logging.getLogger(__name__)

_MODULE = "sale_amazon_cancellation"
_INDEX = "amazon_cancel_ref_"
# Those that serve a search for a value, whoever made them.
_INDEXED = """
    SELECT 1
      FROM pg_index index
      JOIN pg_class class ON class.oid = index.indexrelid
      JOIN pg_am method ON method.oid = class.relam AND method.amname = 'btree'
      JOIN pg_attribute attribute ON attribute.attrelid = index.indrelid AND attribute.attnum = index.indkey[0]
     WHERE index.indrelid = to_regclass(%(table)s)
       AND attribute.attname = %(column)s
       AND NOT class.relname ^@ %(own)s
       AND (index.indpred IS NULL OR pg_get_expr(index.indpred, index.indrelid) = %(predicate)s)
"""


@dataclass(frozen=True)
class Place:
    """A field in which Amazon order ids stand.

    :ivar path: The field, or the binding and its field, as in `amazon_bind_ids.external_id`.
    :ivar label: The same in the user's words.
    :ivar prefix: What stands before each id; the same for `suffix`.
    :ivar count: How many of the orders that were looked at carry one.
    :ivar order_refs: The ids.
    """

    path: str
    label: str
    prefix: str
    suffix: str
    count: int
    order_refs: frozenset

    @property
    def is_looked_at_anyway(self):
        """Whether orders are found by it without being told so."""
        return (self.path, self.prefix, self.suffix) in const.ORDER_REF_OWN_PLACES

    @property
    def example(self):
        return f"{self.prefix}{min(self.order_refs)}{self.suffix}"


class AmazonOrderFinder(models.AbstractModel):
    """Finds in which field Amazon's order ids stand, by what stands there; and keeps that field's search quick."""

    _name = "amazon.order.finder"
    _description = "Amazon Order Id Search"

    # === WHERE THE ORDER IDS STAND === #

    @api.model
    def _look(self, account):
        """Count where order ids stand, and keep what was found.

        :param recordset account: The account whose orders are looked at.
        :return: The fields that hold any, the best one first.
        :rtype: list[Place]
        """
        places, looked_at = self._find_places(account)
        facts = self._get_places_facts(places, looked_at)
        account._amazon_write({"order_ref_message_facts": facts, "order_ref_date": fields.Datetime.now()})
        return places

    @api.model
    def _choose(self, account, place):
        """Find an account's orders by a field from now on; what is looked at anyway is not chosen.

        :param recordset account: The account.
        :param Place place: Where order ids stand.
        """
        chosen = (False, False, False) if place.is_looked_at_anyway else (place.path, place.prefix, place.suffix)
        vals = dict(zip(("order_ref_path", "order_ref_prefix", "order_ref_suffix"), chosen, strict=True))
        changed = {name: value for name, value in vals.items() if (account[name] or "") != (value or "")}
        if changed:
            account.write(changed)

    @api.model
    def _find_unknown(self, account):
        """Where orders of Amazon are not found: look in which field their ids stand, and use it. Once a day at most.

        Only a field counts that holds an id alone that Amazon has told and that was not found: more is for a person to
        see first.

        :param recordset account: The account.
        """
        looked_since = fields.Datetime.now() - const.ORDER_REF_LOOK_PAUSE
        if account.order_ref_path or (account.order_ref_date and account.order_ref_date > looked_since):
            return
        unknown = account.unknown_order_ids
        if not unknown:
            return
        refs = set(unknown.mapped("order_ref"))
        places = [p for p in self._look(account) if p.order_refs & refs and not (p.prefix or p.suffix)]
        place = next((p for p in places if not p.is_looked_at_anyway), None)
        if place:
            self._choose(account, place)
            account._amazon_log(
                lambda account: account.env._(
                    "Orders of Amazon were not found. Their ids stand in %(place)s, so orders are found by it from now "
                    "on.",
                    place=place.label,
                )
            )
            unknown._rematch()

    @api.model
    def _get_places_facts(self, places, looked_at):
        if not places:
            return [_lt("None of the newest %(count)s sale orders holds an Amazon order id.", count=looked_at)]
        lines = [
            _lt("%(place)s: %(count)s, as in %(example)s", place=place.label, count=place.count, example=place.example)
            for place in places
        ]
        return [_lt("Of the newest %(count)s sale orders:", count=looked_at), *lines]

    @api.model
    def _find_places(self, account):
        """Count Amazon order ids in the newest orders of the account's company, field by field.

        :param recordset account: The account whose company is looked at.
        :return: The fields that hold any, the best one first, and how many orders were looked at.
        :rtype: tuple(list[Place], int)
        """
        # Fields and bindings of other modules may be hidden from who connects accounts; only ids are told of them.
        SaleOrder_sudo = self.env["sale.order"].sudo().with_context(active_test=False)
        company_ids = self.env["amazon.order.matcher"]._get_company_ids(account.company_id.id)
        paths = self._get_char_paths("sale.order", of_others=False)
        own = [path for path in paths if "." not in path]
        links = {path.split(".")[0] for path in paths if "." in path}
        names = own + [name for name in links if SaleOrder_sudo._fields[name].type == "many2one"]
        of_company = Domain("company_id", "in", company_ids)
        orders_sudo = SaleOrder_sudo.search_fetch(of_company, names, order="id desc", limit=const.ORDER_REF_SAMPLE)
        places = []
        for path in paths:
            place = self._count_ids(path, self._read_sample(orders_sudo, company_ids, path))
            if place:
                places.append(place)
        places.sort(key=self._get_rank)
        return places, len(orders_sudo)

    @api.model
    def _read_sample(self, orders_sudo, company_ids, path):
        """The values of a field, by order; of a binding's newest rows alone, as their orders may have no index.

        :rtype: list[tuple(int, str)]
        """
        name, _dot, field_name = path.partition(".")
        field = orders_sudo._fields[name]
        if field.type != "one2many":
            return [(order.id, value) for order in orders_sudo for value in order.mapped(path) if value]
        inverse = field.inverse_name
        rows_sudo = orders_sudo.env[field.comodel_name].search_fetch(
            [], [field_name, inverse], order="id desc", limit=const.ORDER_REF_SAMPLE
        )
        return [
            (row[inverse].id, row[field_name])
            for row in rows_sudo
            if row[field_name] and row[inverse].company_id.id in company_ids
        ]

    @api.model
    def _count_ids(self, path, values):
        """Count the orders whose value is an id, alone or between what is the same for most of them.

        :rtype: Place|None
        """
        found = {}
        for order_id, value in values:
            for match in const.ORDER_ID_DIGITS.finditer(value):
                around = value[: match.start()], value[match.end() :]
                found.setdefault(around, {})[order_id] = match[0]
        if not found:
            return None
        (prefix, suffix), ref_by_order = max(found.items(), key=lambda item: len(item[1]))
        return Place(path, self._get_label(path), prefix, suffix, len(ref_by_order), frozenset(ref_by_order.values()))

    @api.model
    def _get_rank(self, place):
        """The most ids first; of as many the one that needs no choice, then the names that connectors use."""
        known = const.ORDER_REF_NAMES
        name = place.path.rpartition(".")[2]
        return (
            -place.count,
            not place.is_looked_at_anyway,
            known.index(name) if name in known else len(known),
            place.path.count("."),
            place.path,
        )

    # === FIELDS === #

    @api.model
    @ormcache()
    def _get_chosen_paths(self):
        """The fields of other connectors that may hold an Amazon order id; orders are looked at without a query.

        :rtype: tuple[str, ...]
        """
        # Whoever handles orders.
        accounts_sudo = self.env["amazon.cancellation.account"].sudo().with_context(active_test=False)
        paths = set(accounts_sudo.search([("order_ref_path", "!=", False)]).mapped("order_ref_path"))
        return tuple(filter(self._is_usable, sorted(paths)))  # a module may be gone

    @api.model
    @ormcache("model_name", "of_others")
    def _get_char_paths(self, model_name, of_others=True):
        """The stored texts of a model, and those of records a step away that other modules link to it.

        :param str model_name: A model.
        :param bool of_others: Whether to leave out those of the modules that this one is built on.
        :rtype: tuple[str, ...]
        """
        below = self._get_modules_below()
        Model, paths = self.env[model_name], []
        for name, field in Model._fields.items():
            foreign = not field._modules or not set(field._modules) <= below
            if self._is_text(field):
                paths += [name] if foreign or not of_others else []
            elif foreign and self._is_link(field):
                Comodel = self.env[field.comodel_name]
                if Comodel._custom or Comodel._original_module not in below:
                    paths += [f"{name}.{text}" for text, of_text in Comodel._fields.items() if self._is_text(of_text)]
        return tuple(paths)

    @api.model
    def _get_modules_below(self):
        """The modules that this one is built on, and this one: none of them is a connector."""
        module_sudo = self.env["ir.module.module"].sudo().search([("name", "=", _MODULE)])
        return {_MODULE, *module_sudo.upstream_dependencies(exclude_states=("",)).mapped("name")}

    @api.model
    def _is_text(self, field):
        return field.type == "char" and field.store and not field.translate and not field.company_dependent

    @api.model
    def _is_link(self, field):
        """Whether a field leads to records that are kept, by a column of one of the two tables."""
        if field.type not in ("one2many", "many2one") or not field.store:
            return False
        Comodel = self.env[field.comodel_name]
        if not Comodel._auto or Comodel._transient:
            return False
        if field.type == "many2one":
            return True
        inverse = Comodel._fields.get(field.inverse_name)
        return bool(inverse) and inverse.type == "many2one" and inverse.store

    @api.model
    def _is_usable(self, path):
        """Whether orders can be searched by a path: it leads, over a link at most, to a stored text.

        :rtype: bool
        """
        *links, name = path.split(".")
        Model = self.env["sale.order"]
        for link in links:
            field = Model._fields.get(link)
            if not field or not self._is_link(field):
                return False
            Model = self.env[field.comodel_name]
        return len(links) <= 1 and name in Model._fields and self._is_text(Model._fields[name])

    @api.model
    @ormcache()
    def _get_item_paths(self):
        """The fields of other modules on order lines, or a step away, that may hold Amazon's item ids.

        :rtype: tuple[str, ...]
        """
        known = const.ITEM_REF_NAMES
        return tuple(
            sorted(
                self._get_char_paths("sale.order.line"),
                key=lambda path: (
                    known.index(name) if (name := path.rpartition(".")[2]) in known else len(known),
                    path,
                ),
            )
        )

    @api.model
    def _get_label(self, path):
        """A path in the user's words, with its technical name."""
        Model, labels = self.env["sale.order"], []
        for name in path.split("."):
            field = Model._fields[name]
            labels.append(field._description_string(self.env) or name)
            Model = self.env[field.comodel_name] if field.relational else Model
        return f"{' ▸ '.join(labels)} ({path})"

    # === INDEXES === #

    @api.model
    def _sync_indexes(self):
        """Index the fields by which accounts find their orders and that have no index; drop those no longer wanted.

        :return: Whether all are there; what another transaction locks is tried again by the next reading.
        :rtype: bool
        """
        wanted = {}
        for path in self._get_chosen_paths():
            for table, column in self._get_unindexed_columns(path):
                wanted[make_identifier(f"{_INDEX}{table}_{column}")] = table, column
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT indexname, tablename FROM pg_indexes WHERE schemaname = current_schema AND indexname ^@ %s",
                _INDEX,
            )
        )
        present = dict(cr.fetchall())
        if present.keys() == wanted.keys():
            return True
        try:
            with cr.savepoint():
                # Building waits for those who write the table; they shall not wait for it.
                cr.execute(SQL("SET LOCAL lock_timeout = '3s'"))
                for name in present.keys() - wanted.keys():
                    drop_index(cr, name, present[name])
                for name in wanted.keys() - present.keys():
                    table, column = wanted[name]
                    create_index(cr, name, table, [f'"{column}"'], where=f'"{column}" IS NOT NULL')
                cr.execute(SQL("SET LOCAL lock_timeout TO DEFAULT"))
        except LockNotAvailable:
            _logger.info("The index of the order id field has to wait, as others write the table")
            return False
        return True

    @api.model
    def _get_unindexed_columns(self, path):
        """The columns that a search by a path goes through, so far as nobody has indexed them.

        :rtype: list[tuple(str, str)]
        """
        name, _dot, of_link = path.partition(".")
        SaleOrder = self.env["sale.order"]
        field = SaleOrder._fields[name]
        columns = [(SaleOrder._table, name)]
        if of_link:
            Comodel = self.env[field.comodel_name]
            columns = [(Comodel._table, field.inverse_name)] if field.type == "one2many" else columns
            columns.append((Comodel._table, of_link))
        return [(table, column) for table, column in columns if not self._is_indexed(table, column)]

    @api.model
    def _is_indexed(self, table, column):
        self.env.cr.execute(
            SQL(
                _INDEXED,
                table=f'"{table}"',
                column=column,
                own=_INDEX,
                predicate=f"({column} IS NOT NULL)",
            )
        )
        return bool(self.env.cr.rowcount)
