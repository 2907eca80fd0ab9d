"""The counts that a run of the tests ends with."""

from dev.test import Outcome

_REPORT = '<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"></testsuite></testsuites>'


def test_errors_count_as_failed(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(_REPORT)
    assert Outcome.of(report, 1) == Outcome(passed=3, failed=2, skipped=2)


def test_a_run_without_report_is_broken(tmp_path):
    assert Outcome.of(tmp_path / "none.xml", 2).broken


def test_a_bad_end_without_a_failed_test_is_broken(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(_REPORT.replace('failures="1" errors="1"', 'failures="0" errors="0"'))
    assert Outcome.of(report, 2).broken
    assert not Outcome.of(report, 0).broken


def test_a_selection_may_leave_a_part_without_tests(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="0" failures="0" errors="0" skipped="0"/></testsuites>')
    assert Outcome.of(report, 5) == Outcome()


def test_parts_add_up():
    assert Outcome(1, 2, 3) + Outcome(4, 0, 1, broken=True) == Outcome(5, 2, 4, broken=True)
