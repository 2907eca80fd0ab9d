"""The budget follows Amazon's usage plans and never sleeps."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi.errors import Throttled
from spapi.rates import USAGE_PLANS, RateBudget

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def take_all(budget, operation, now=NOW):
    count = 0
    while True:
        try:
            budget.take(operation, now)
        except Throttled as error:
            return count, error
        count += 1


def test_the_burst_then_one_per_period():
    budget = RateBudget()
    count, error = take_all(budget, "searchOrders")
    assert count == 20
    assert error.operation == "searchOrders"
    assert error.retry_at - NOW == pytest.approx(timedelta(seconds=1 / 0.0056), abs=timedelta(seconds=1))
    assert take_all(budget, "searchOrders", error.retry_at)[0] == 1
    assert take_all(budget, "getOrder")[0] == 30


def test_a_rest_fills_it_up_again_but_not_beyond():
    budget = RateBudget()
    take_all(budget, "createFeed")
    assert take_all(budget, "createFeed", NOW + timedelta(days=2))[0] == 15


def test_the_learnt_rate_counts_and_nonsense_does_not():
    budget = RateBudget()
    budget.learn("searchOrders", 1.0)
    for rate in (0.0, -1.0, float("inf"), float("nan")):
        budget.learn("searchOrders", rate)
    error = take_all(budget, "searchOrders")[1]
    assert error.retry_at == NOW + timedelta(seconds=1)


def test_amazons_429_empties_it():
    budget = RateBudget()
    retry_at = budget.empty("getFeed", NOW)
    assert retry_at == NOW + timedelta(seconds=0.5)
    assert budget.empty("getFeed", NOW, timedelta(minutes=2)) == NOW + timedelta(minutes=2)
    assert take_all(budget, "getFeed", NOW + timedelta(minutes=1))[0] == 0
    assert take_all(budget, "getFeed", NOW + timedelta(minutes=2))[0] == 1


def test_a_clock_that_was_set_back_does_not_freeze_it():
    budget = RateBudget()
    take_all(budget, "getOrder")
    earlier = NOW - timedelta(days=1)
    error = take_all(budget, "getOrder", earlier)[1]
    assert error.retry_at <= earlier + timedelta(seconds=2)


def test_it_survives_json():
    budget = RateBudget()
    take_all(budget, "searchOrders")
    budget.learn("searchOrders", 0.01)
    stored = json.loads(json.dumps(budget.to_dict()))
    again = RateBudget.from_dict(stored)
    assert again.to_dict() == stored
    assert list(stored) == ["searchOrders"]
    with pytest.raises(Throttled):
        again.take("searchOrders", NOW)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"moon": {"rate": 1, "level": 1, "at": "2026-11-21T00:00:00Z"}},
        {"searchOrders": None},
        {"searchOrders": {"rate": 0, "level": 1, "at": "2026-11-21T00:00:00Z"}},
        {"searchOrders": {"rate": 1, "level": "x", "at": "2026-11-21T00:00:00Z"}},
        {"searchOrders": {"rate": 1, "level": 1, "at": "then"}},
        {"searchOrders": {"rate": 1, "level": 1}},
    ],
)
def test_stored_nonsense_starts_afresh(data):
    assert take_all(RateBudget.from_dict(data), "searchOrders")[0] == 20


@given(st.sampled_from(sorted(USAGE_PLANS)), st.lists(st.integers(0, 4000), max_size=60))
def test_never_more_than_burst_and_rate(operation, pauses):
    budget, now, taken = RateBudget(), NOW, 0
    rate, burst = USAGE_PLANS[operation]
    for pause in pauses:
        now += timedelta(seconds=pause)
        try:
            budget.take(operation, now)
            taken += 1
        except Throttled as error:
            assert error.retry_at > now
    assert taken <= burst + rate * (now - NOW).total_seconds() + 1e-6
