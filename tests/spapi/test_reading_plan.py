"""What is read of a seller's orders, and when, within Amazon's allowance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from spapi.reading_plan import CANCELLED, OFTEN, SHIPPED, WHOLE, Pace, Situation

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SMALL = Pace(12, 30, 12, 30)
LARGE = Pace(420, 1050, 420, 1050)  # 10,000 orders a day
HUGE = Pace(2100, 5200, 2100, 5200)  # 50,000


def make(pace=LARGE, behind=5 * MINUTE, shipped_behind=30 * MINUTE, **values):
    values.setdefault("now", NOW)
    values.setdefault("read_until", NOW - behind)
    values.setdefault("shipped_until", NOW - shipped_behind)
    return Situation(pace=pace, **values)


def statuses(situation):
    return [search.statuses for search in situation.plan().searches]


class TestSmallSeller:
    def test_the_first_reading_is_of_everything(self):
        [search] = Situation(now=NOW).plan().searches
        assert (search.statuses, search.start, search.end) == (WHOLE, None, NOW)

    def test_a_first_reading_of_much_begins_with_what_can_hold_a_parcel(self):
        [search] = Situation(now=NOW, found=1000).plan().searches
        assert (search.statuses, search.start) == (OFTEN, None)
        month = Pace(400, None, 400, None)
        situation = make(month, shipped_behind=timedelta(days=30))
        often, shipped = situation.plan().searches
        assert (often.statuses, shipped.statuses) == (OFTEN, SHIPPED)
        assert shipped.end < NOW - timedelta(days=29), "in pieces, each within the life of a page token"

    def test_everything_is_read_together_with_the_long_overlap(self):
        [search] = make(SMALL, shipped_behind=5 * MINUTE).plan().searches
        assert (search.statuses, search.start, search.end) == (WHOLE, NOW - 20 * MINUTE, NOW)

    def test_nothing_is_left_out_where_the_positions_differ(self):
        [search] = make(SMALL, behind=5 * MINUTE, shipped_behind=3 * HOUR).plan().searches
        assert search.start == NOW - 3 * HOUR - 15 * MINUTE

    def test_after_days_without_amazon_what_can_hold_a_parcel_is_read_first(self):
        situation = make(SMALL, behind=timedelta(days=3), shipped_behind=timedelta(days=3))
        assert statuses(situation)[0] == OFTEN

    def test_notifications_leave_only_proving_to_the_search(self):
        assert not make(SMALL, behind=25 * MINUTE, shipped_behind=25 * MINUTE, pushed=True).plan().searches
        assert statuses(make(SMALL, behind=30 * MINUTE, shipped_behind=30 * MINUTE, pushed=True)) == [WHOLE]

    def test_many_more_than_a_page_are_proven_by_the_newest(self):
        [search] = make(HUGE, behind=30 * MINUTE, pushed=True).plan().searches
        assert (search.statuses, search.end, search.calls, search.is_sample) == (OFTEN, NOW, 1, True)
        assert HUGE.often * ((search.end - search.start) / HOUR) <= 100, "it fits on a page"
        assert search.proves_since == NOW - 32 * MINUTE

    def test_what_fits_on_a_page_is_proven_whole(self):
        [search] = make(Pace(120, 300, 120, 300), behind=30 * MINUTE, pushed=True).plan().searches
        assert (search.statuses, search.start, search.is_sample) == (OFTEN, NOW - 32 * MINUTE, False)
        assert search.proves_since == search.start

    def test_only_what_was_received_is_proven_by_the_newest(self):
        received = NOW - 5 * MINUTE
        [search] = make(HUGE, behind=30 * MINUTE, pushed=True, received_until=received).plan().searches
        assert (search.end, search.is_sample) == (received, True)

    def test_a_receiver_that_is_far_behind_proves_nothing(self):
        [search] = make(HUGE, behind=30 * MINUTE, pushed=True, received_until=NOW - HOUR).plan().searches
        assert (search.end, search.is_sample) == (NOW, False)

    def test_shipped_orders_are_left_to_notifications(self):
        assert statuses(make(behind=MINUTE, shipped_behind=48 * HOUR, pushed=True, asked=True)) == [OFTEN]

    def test_a_person_does_not_wait_for_the_plan(self):
        assert statuses(make(SMALL, shipped_behind=5 * MINUTE, pushed=True, asked=True)) == [WHOLE]


class TestLargeSeller:
    def test_what_can_hold_a_parcel_is_read_with_a_small_overlap(self):
        [search] = make().plan().searches
        assert (search.statuses, search.start, search.end) == (OFTEN, NOW - 7 * MINUTE, NOW)

    def test_cancelled_orders_can_hold_a_parcel(self):
        assert set(CANCELLED) < set(OFTEN)
        assert set(OFTEN) | set(SHIPPED) == set(WHOLE)

    def test_no_sooner_than_the_interval(self):
        assert not make(behind=2 * MINUTE).plan().searches

    def test_shipped_orders_every_hour_from_what_has_settled(self):
        settled = NOW - 75 * MINUTE
        often, shipped = make(shipped_behind=HOUR, shipped_settled_until=settled).plan().searches
        assert (often.statuses, shipped.statuses, shipped.start) == (OFTEN, SHIPPED, settled)
        assert shipped.end > NOW - HOUR
        assert shipped.calls < 20

    def test_shipped_orders_wait_where_few_calls_are_left(self):
        assert statuses(make(shipped_behind=HOUR, left=10)) == [OFTEN]

    def test_a_person_gets_the_shipped_orders_too(self):
        assert statuses(make(behind=MINUTE, shipped_behind=10 * MINUTE, asked=True)) == [OFTEN, SHIPPED]

    def test_the_interval_follows_the_pace(self):
        intervals = [make(Pace(pace, 100, pace, 100)).interval for pace in (100, 1000, 2000, 4000)]
        assert intervals == sorted(intervals)
        assert intervals[0] == 5 * MINUTE < intervals[-1]

    def test_the_interval_follows_what_is_left(self):
        busy = Pace(1500, 100, 1500, 100)
        assert make(busy, left=20).interval < make(busy, left=1).interval

    def test_amazon_tells_the_rate(self):
        assert make(HUGE, rate=0.5).interval == 5 * MINUTE
        assert not make(HUGE, rate=0.5).is_strained


class TestReports:
    def test_before_the_search_is_behind(self):
        situation = make(HUGE, reported=True, report_age=HOUR, left=10)
        assert situation.behind == 5 * MINUTE
        assert situation.plan().report

    def test_not_where_the_search_suffices(self):
        assert not make(reported=True, report_age=HOUR).plan().report

    def test_not_where_amazon_gives_none(self):
        assert not make(HUGE).plan().report
        assert statuses(make(HUGE, behind=HOUR)) == [OFTEN]

    def test_where_an_outage_has_left_a_backlog(self):
        assert make(behind=6 * HOUR, reported=True, report_age=HOUR).plan().report

    def test_no_oftener_than_the_interval(self):
        assert not make(HUGE, reported=True, report_age=5 * MINUTE, left=10).plan().report

    def test_a_report_and_a_search_for_the_cancelled_move_the_position(self):
        told = NOW - 4 * MINUTE
        situation = make(HUGE, behind=14 * MINUTE, reported=True, told_until=told, report_age=5 * MINUTE, left=10)
        searches = situation.plan().searches
        assert [(s.statuses, s.start, s.end) for s in searches] == [(CANCELLED, NOW - 16 * MINUTE, told)]

    def test_a_report_older_than_the_position_moves_nothing(self):
        situation = make(told_until=NOW - HOUR, reported=True)
        assert CANCELLED not in statuses(situation)

    def test_a_report_that_does_not_come_is_not_waited_for(self):
        assert statuses(make(HUGE, behind=30 * MINUTE, reported=True, report_age=HOUR)) == [OFTEN]

    def test_beside_notifications_a_report_proves(self):
        situation = make(behind=29 * MINUTE, reported=True, pushed=True, report_age=30 * MINUTE)
        assert situation.plan().report
        assert not situation.plan().searches


class TestPace:
    def test_a_window_tells_the_pace(self):
        pace = Pace().learn(HOUR, often=60, shipped=150)
        assert (pace.often, pace.shipped, pace.often_day, pace.shipped_day) == (60, 150, 60, 150)

    def test_a_sample_tells_the_pace_of_the_time_that_it_stands_for(self):
        sample = LARGE.learn(MINUTE, often=14, stands_for=HOUR)
        assert sample == LARGE.learn(HOUR, often=840)

    def test_what_was_not_asked_for_is_not_learnt(self):
        assert SMALL.learn(HOUR, often=500).shipped == SMALL.shipped

    def test_a_rise_is_followed_at_once_and_a_fall_slowly(self):
        rise = SMALL.learn(5 * MINUTE, often=100).often - SMALL.often
        fall = replace(SMALL, often=1200).learn(5 * MINUTE, often=1).often
        assert rise > 0.25 * (1200 - SMALL.often)
        assert fall > 0.95 * 1200

    def test_marketplaces_read_together_share_it(self):
        part = LARGE.part(4)
        assert part + part + part + part == LARGE

    def test_it_is_kept(self):
        assert Pace.from_dict(LARGE.to_dict()) == LARGE
        assert Pace.from_dict(None) == Pace()


def test_the_forecast():
    assert make(LARGE).orders_a_day == pytest.approx(10080)
    assert 30_000 < make(LARGE).enough_until < 40_000
