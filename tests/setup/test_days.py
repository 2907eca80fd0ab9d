"""Days of sellers, in small: the same plan and allowance as Odoo's, and calls instead of times."""

from dev.days.play import Player
from dev.days.shop import EVENING, Rhythm, Shop

STEADY = Rhythm(EVENING, (1.0,) * 3)


def play(orders_a_day, rhythm=STEADY, **ways):
    return Player(Shop(orders_a_day, rhythm), **ways).play()


def test_a_small_seller_sees_requests_within_minutes():
    played = play(300)
    assert played.wait(0.99) <= 8
    assert max(played.behind) <= 1


def test_each_change_is_read_once():
    played = play(3_000)
    assert played.read / played.changes <= 1.3
    assert played.calls / played.days <= 484
    assert max(played.shipped_behind) <= 90


def test_ten_thousand_orders_a_day():
    played = play(10_000)
    assert played.wait(0.5) <= 5
    assert played.wait(0.99) <= 8
    assert played.read / played.changes <= 1.3
    assert played.behind[-1] <= 5


def test_reports_carry_what_the_search_cannot():
    played = play(50_000, reported=True)
    assert played.wait(0.5) <= 10
    assert played.wait(0.99) <= 25
    assert played.only_after < 0.01 * played.requests
    assert max(played.behind) <= 25


def test_days_of_ten_times_leave_nothing_behind():
    peak = Rhythm(EVENING, (1.0, 10.0, 1.0))
    assert play(3_000, peak).behind[-1] <= 5
    played = play(3_000, peak, reported=True)
    assert played.wait(0.99) <= 30
    assert played.behind[-1] <= 15


def test_notifications_leave_proving_to_few_calls():
    for orders_a_day, reported in ((300, False), (3_000, True), (10_000, True)):
        played = play(orders_a_day, pushed=True, reported=reported)
        assert played.wait(0.99) <= 2
        assert played.calls / played.days <= 60
        assert max(played.behind) + 3 < 60, "never late"


def test_an_outage_is_made_up_for():
    outage = (1440 + 600.0, 1440 + 960.0)
    for reported in (False, True):
        played = play(10_000, outage=outage, reported=reported)
        assert max(played.behind) >= 355
        assert played.behind[-1] <= 5
