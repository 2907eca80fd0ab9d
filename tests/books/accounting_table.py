"""The accountants' table of the docs: what each case comes to under each policy, taken from books that were kept."""

from collections import defaultdict
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "accounting.md"
START, END = "<!-- table: start (make accounting-table) -->\n", "<!-- table: end -->\n"
_HEAD = (
    "| Case | Policy | Invoices afterwards | Credit notes made | Their entries | Books |\n|---|---|---|---|---|---|\n"
)
_STATES = {"none": "nothing to do", "credited": "credited", "to_review": "to review", "settled": "settled"}
_POLICIES = {"post": "posted", "draft": "draft", "none": "nothing"}


def describe_case(case, outcomes):
    """The rows of a case: one for all policies where these make no difference.

    :param Case case: The case.
    :param dict outcomes: What `describe_outcome` gave, by policy.
    :rtype: list[str]
    """
    if len(set(outcomes.values())) == 1:
        return [f"| {case.title} | any | {next(iter(outcomes.values()))} |\n"]
    return [f"| {case.title} | {_POLICIES[policy]} | {outcome} |\n" for policy, outcome in outcomes.items()]


def describe_outcome(cancellation, known):
    """What the books came to.

    :param recordset cancellation: The cancellation, accounted.
    :param recordset known: The credit notes that existed before.
    :rtype: str
    """
    moves = cancellation.order_id.order_line.invoice_lines.move_id.sorted("id")
    invoices = moves.filtered(lambda move: move.move_type != "out_refund")
    made = moves - invoices - known
    cells = [
        ", ".join(map(_describe_move, invoices)) or "–",
        ", ".join(map(_describe_move, made)) or "–",
        _describe_entries(made) or "–",
        _STATES[cancellation.accounting_state],
    ]
    return " | ".join(cells)


def read_table():
    """The table as the docs have it."""
    return PAGE.read_text().partition(START)[2].partition(END)[0]


def join(rows):
    """The whole table."""
    return _HEAD + "".join(rows)


def write_table(table):
    """Put the table into the docs."""
    before, _start, rest = PAGE.read_text().partition(START)
    PAGE.write_text(before + START + table + END + rest.partition(END)[2])


def _describe_move(move):
    if move.state != "posted":
        return {"draft": "draft", "cancel": "cancelled"}[move.state] + f" {move.amount_total:.2f}"
    if not move.amount_residual:
        return f"{move.amount_total:.2f} closed"
    return f"{move.amount_total:.2f}, open {move.amount_residual:.2f}"


def _describe_entries(moves):
    balances = defaultdict(float)
    for line in moves.line_ids.filtered("account_id"):
        balances[line.account_id] += line.balance
    accounts = sorted(balances, key=lambda account: (account.account_type != "asset_receivable", account.name))
    return ", ".join(
        f"{account.name} {'Dr' if balances[account] > 0 else 'Cr'} {abs(balances[account]):.2f}" for account in accounts
    )
