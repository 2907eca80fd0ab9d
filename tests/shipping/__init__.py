from . import (
    test_deliveries,
    test_gate,
    test_goods,
    test_items,
    test_locked_dates,
    test_ordinary,
    test_triage,
    test_waiting,
)
