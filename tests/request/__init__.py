from . import (
    test_decisions,
    test_never,
    test_notice,
    test_one_click,
    test_weekly,
)
