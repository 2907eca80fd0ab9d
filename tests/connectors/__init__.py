from . import (
    test_computed,
    test_connectors,
)
