from . import (
    test_deliveries,
    test_goods,
    test_ordinary,
)
