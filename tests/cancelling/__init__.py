from . import (
    test_cancellation_report,
    test_channels,
    test_crash_safety,
    test_families,
    test_following,
    test_nothing_lost,
    test_outcome_reach,
    test_progress,
    test_starts,
    test_timeline,
    test_undo,
)
