"""What is counted in texts, in singular and plural, as facts."""

from .facts import count_of
from .facts import fact as _lt


def calls(count):
    return count_of(count, _lt("%(count)s call"), _lt("%(count)s calls"))


def cancellations(count):
    return count_of(count, _lt("%(count)s cancellation"), _lt("%(count)s cancellations"))


def minutes(count):
    return count_of(count, _lt("%(count)s minute"), _lt("%(count)s minutes"))


def new_requests(count):
    return count_of(count, _lt("%(count)s new cancellation request"), _lt("%(count)s new cancellation requests"))


def open_orders(count):
    return count_of(count, _lt("%(count)s open order"), _lt("%(count)s open orders"))


def orders(count):
    return count_of(count, _lt("%(count)s order"), _lt("%(count)s orders"))


def rows(count):
    return count_of(count, _lt("%(count)s row"), _lt("%(count)s rows"))
