from . import (
    test_channels,
    test_crash_safety,
    test_decisions,
    test_following,
    test_interleavings,
    test_main_job,
    test_never,
    test_reading,
    test_tours,
    test_undo,
)
