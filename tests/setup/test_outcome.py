"""The counts that a run of the tests ends with."""

from pathlib import Path

from dev.test import Outcome

_PASSED = '<testcase name="passed"/>'
_FAILED = '<testcase name="failed"><failure/></testcase>'
_ERROR = '<testcase name="error"><error/><failure/></testcase>'
_SKIPPED = '<testcase name="skipped"><skipped/></testcase>'


def _report(directory: Path, *cases: str) -> Path:
    report = directory / "report.xml"
    report.write_text(f'<testsuites><testsuite tests="99">{"".join(cases)}</testsuite></testsuites>')
    return report


def test_each_test_counts_once(tmp_path):
    report = _report(tmp_path, _PASSED, _PASSED, _FAILED, _ERROR, _SKIPPED)
    assert Outcome.of(report, 1) == Outcome(passed=2, failed=2, skipped=1)


def test_a_run_without_report_is_broken(tmp_path):
    assert Outcome.of(tmp_path / "none.xml", 2).broken


def test_a_bad_end_without_a_failed_test_is_broken(tmp_path):
    report = _report(tmp_path, _PASSED)
    assert Outcome.of(report, 2).broken
    assert not Outcome.of(report, 0).broken


def test_a_selection_may_leave_a_part_without_tests(tmp_path):
    assert Outcome.of(_report(tmp_path), 5) == Outcome()


def test_parts_add_up():
    assert Outcome(1, 2, 3) + Outcome(4, 0, 1, broken=True) == Outcome(5, 2, 4, broken=True)
