from . import (
    test_channels,
    test_convergence,
    test_crash_safety,
    test_decisions,
    test_following,
    test_interleavings,
    test_main_job,
    test_never,
    test_reader_batch,
    test_reading,
    test_tours,
    test_undo,
)
