from . import (
    test_decisions,
    test_never,
    test_notice,
    test_weekly,
)
