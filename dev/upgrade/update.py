"""Update a database of the version before, and see that nothing was lost.

The version before is taken from the history of this clone, filled with records of every kind, and updated. Then each
row of the addon's tables must be as it was, nothing may bear an old name, and the schema must be that of a database
into which this version was installed.
"""

import dataclasses
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dev.setup import Environment, SetupError
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.template import install

# The last commit of 19.0.1.0.0.
BEFORE = "8b764c48eb71bc057041c388b3267f21970f9ff5"
_DATABASES = UPDATED, FRESH = ("upgrade_updated", "upgrade_fresh")
_TABLES = {
    "amazon_seller_account": "amazon_cancellation_account",
    "amazon_seller_marketplace": "amazon_cancellation_marketplace",
    "amazon_order_cursor": "amazon_cancellation_cursor",
    "amazon_order_sweep": "amazon_cancellation_sweep",
    "amazon_order_mail": "amazon_cancellation_mail",
    "amazon_notification_subscription": "amazon_cancellation_subscription",
    "amazon_notification": "amazon_cancellation_notification",
    "amazon_sync_log": "amazon_cancellation_log",
    "amazon_unknown_order": "amazon_cancellation_unknown",
    "amazon_order_cancellation": "amazon_order_cancellation",
    "amazon_cancellation_feed": "amazon_cancellation_feed",
    "amazon_cancellation_feed_rel": "amazon_cancellation_feed_rel",
    "amazon_order_mail_sale_order_rel": "amazon_cancellation_mail_sale_order_rel",
    "amazon_seller_account_amazon_seller_marketplace_rel": (
        "amazon_cancellation_account_amazon_cancellation_marketplace_rel"
    ),
    "sale_order": "sale_order",
    "sale_order_line": "sale_order_line",
}
_COLUMNS = {
    "sale_order": {
        "amazon_seller_account_id": "amazon_cancel_account_id",
        "amazon_marketplace_id": "amazon_cancel_marketplace_id",
        "amazon_status": "amazon_fulfillment_status",
    },
    # Only what an accountant wrote is a text still.
    "amazon_order_cancellation": {"accounting_note": "settled_note"},
    "amazon_order_mail_sale_order_rel": {"amazon_order_mail_id": "amazon_cancellation_mail_id"},
    "amazon_seller_account_amazon_seller_marketplace_rel": {
        "amazon_seller_account_id": "amazon_cancellation_account_id",
        "amazon_seller_marketplace_id": "amazon_cancellation_marketplace_id",
    },
}
# What an update writes anew: what is known of orders takes another form, and is read again where that tells less.
_CONVERTED = {"amazon_knowledge", "amazon_read_wanted", "knowledge", "order_ref_field_id", "write_date", "write_uid"}
# What hangs on records: table, and the column that names the model.
_REFERENCES = [
    ("mail_message", "model"),
    ("mail_activity", "res_model"),
    ("mail_followers", "res_model"),
    ("ir_attachment", "res_model"),
    ("ir_filters", "model_id"),
    ("ir_model_data", "model"),
]
_OLD = (
    r"amazon[._](seller[._](account|marketplace)|order[._](cursor|sweep|mail)|notification|sync[._]log"
    r"|unknown[._]order|setup|report[._]upload)"
)
_SCHEMA = r"""
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
      FROM information_schema.columns
     WHERE table_schema = 'public'
       AND (table_name ~ '^amazon_' OR table_name ~ '^sale_order' AND column_name ~ 'amazon')
 UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || CASE WHEN contype IN ('c', 'u') THEN conname || ' ' ELSE '' END
           || pg_get_constraintdef(oid)
      FROM pg_constraint
     WHERE contype != 'n' AND (conrelid::regclass::text ~ '^amazon_' OR conname ~ '^sale_order.*amazon')
 UNION ALL
    SELECT regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \S+_idx\d? ON', 'INDEX ON')
      FROM pg_index
     WHERE NOT indisprimary
       AND (indrelid::regclass::text ~ '^amazon_' OR indexrelid::regclass::text ~ '^sale_order.*amazon')
 UNION ALL
    SELECT 'external id ' || model || ' ' || name FROM ir_model_data WHERE module = 'sale_amazon_cancellation'
"""
_NAMES = r"""
    SELECT 'relation ' || relname FROM pg_class WHERE relname ~ '{old}' AND relkind != 'i'
 UNION ALL
    SELECT 'model ' || model FROM ir_model WHERE model ~ '{old}'
 UNION ALL
    SELECT 'field of ' || model || ' ' || name FROM ir_model_fields
     WHERE model ~ '{old}' OR relation ~ '{old}'
        OR model = 'sale.order' AND name IN ('amazon_seller_account_id', 'amazon_marketplace_id', 'amazon_status')
 UNION ALL
    SELECT 'generated id ' || name FROM ir_model_data
     WHERE model ~ '^ir\.model' AND model != 'ir.model.access' AND name ~ '{old}'
 UNION ALL
    SELECT 'filter ' || name FROM ir_filters WHERE domain || context || sort ~ '\y({old}|amazon_seller_account_id)\y'
 UNION ALL
    SELECT 'view ' || name FROM ir_ui_view
     WHERE model = 'sale.order' AND arch_db::text ~ '\y(amazon_status|amazon_marketplace_id)\y'
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Before(Environment):
    """The same environment with another addons path."""

    other_addons: Path

    @property
    def addons(self) -> Path:
        return self.other_addons


class NoHistory(SetupError):
    """The clone does not hold the version before."""


def run(environment: Environment) -> Iterator[str]:
    """Everything that an update of a database of the version before does wrong.

    :raise NoHistory: the clone does not hold the version before.
    :raise SetupError: a version could not be installed, filled or updated.
    """
    with tempfile.TemporaryDirectory(prefix="upgrade-") as directory:
        _extract(Path(directory) / ADDON)
        before = _Before(**vars(environment), other_addons=Path(directory))
        try:
            copy(environment, environment.template, UPDATED)
            install(before, UPDATED, [ADDON])
            _make_records(before, UPDATED)
            rows = {table: _read_rows(environment, table) for table in _TABLES}
            references = _count_references(environment)
            install(environment, UPDATED, [ADDON], "-u", ADDON)
            copy(environment, environment.template, FRESH)
            install(environment, FRESH, [ADDON])
            yield from _compare_rows(environment, rows)
            paths = environment.postgres.query("SELECT order_ref_path FROM amazon_cancellation_account", UPDATED)
            if paths != ["reference"]:
                yield f"the field that holds order ids, reference, became {paths}"
            yield from _compare_references(references, _count_references(environment))
            yield from (
                f"an old name is left: {name}" for name in environment.postgres.query(_NAMES.format(old=_OLD), UPDATED)
            )
            yield from _compare_schemas(environment)
        finally:
            for database in _DATABASES:
                drop(environment, database)


def _extract(directory: Path) -> None:
    """Write the version before as git has it.

    :raise NoHistory: it has not.
    """
    directory.mkdir()
    archive = subprocess.run(["git", "archive", BEFORE], cwd=CLONE, capture_output=True, check=False)
    if archive.returncode:
        raise NoHistory(
            f"this clone does not hold the version before (commit {BEFORE}); 'git fetch --unshallow' brings it"
        )
    with tempfile.TemporaryFile() as file:
        file.write(archive.stdout)
        file.seek(0)
        with tarfile.open(fileobj=file) as content:
            content.extractall(directory, filter="data")


def _read_rows(environment: Environment, table: str) -> dict[str, dict[str, object]]:
    """The rows of a table, by id, or by all values where it has none."""
    rows = map(json.loads, environment.postgres.query(f"SELECT to_jsonb(record) FROM {table} record", UPDATED))
    return {str(row.get("id") or sorted(row.values())): row for row in rows}


def _compare_rows(environment: Environment, rows: dict[str, dict[str, dict[str, object]]]) -> Iterator[str]:
    for old_table, before in rows.items():
        table, columns = _TABLES[old_table], _COLUMNS.get(old_table, {})
        after = _read_rows(environment, table)
        if not before and old_table != "amazon_seller_marketplace":
            yield f"{old_table}: the comparison has no row"
        if before.keys() != after.keys():
            yield f"{table}: {len(before)} rows became {len(after)}"
        for key in before.keys() & after.keys():
            for column, value in before[key].items():
                new = columns.get(column, column)
                if f"{new}_facts" in after[key]:  # a text of the version before is kept as the one fact that it is
                    new, value = f"{new}_facts", [value] if value else None
                if column not in _CONVERTED and after[key].get(new) != value:
                    yield f"{table}.{new} of {key}: {value!r} became {after[key].get(new)!r}"


def _count_references(environment: Environment) -> dict[tuple[str, str], int]:
    """How many records hang on those of each of the addon's models, by table and by the model's table."""
    counts = {}
    for table, column in _REFERENCES:
        query = f"SELECT {column} || ' ' || count(*) FROM {table} WHERE {column} ~ '^amazon\\.' GROUP BY {column}"
        for model, count in (row.split() for row in environment.postgres.query(query, UPDATED)):
            counts[table, model.replace(".", "_")] = int(count)
    return counts


def _compare_references(before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]) -> Iterator[str]:
    for (table, model), count in before.items():
        now = after.get((table, _TABLES.get(model, model)), 0)
        if now != count:
            yield f"{table}: {count} records of {model} became {now}"


def _compare_schemas(environment: Environment) -> Iterator[str]:
    updated, fresh = (set(environment.postgres.query(_SCHEMA, database)) for database in _DATABASES)
    yield from (f"only in the updated database: {item}" for item in sorted(updated - fresh))
    yield from (f"only in a new database: {item}" for item in sorted(fresh - updated))


def _make_records(environment: Environment, database: str) -> None:
    command = [str(environment.python), "-m", "odoo", "shell", *environment.odoo_options(), "-d", database, "--no-http"]
    shell = subprocess.run(
        command,
        input=(Path(__file__).parent / "records.py").read_text(),
        capture_output=True,
        text=True,
        env=environment.process_variables,
        check=False,
    )
    if "records made" not in shell.stdout:
        raise SetupError(f"the version before could not be filled: {shell.stderr[-2000:]}")
