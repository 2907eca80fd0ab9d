from ..libraries import have
from . import (
    test_foreign_words,
    test_main_job,
    test_storm,
    test_tours,
    test_tours_accountant,
    test_tours_sales,
    test_tours_setup,
    test_translations,
    test_units,
)

# Who runs the tests of other addons has not what this needs; see tests/libraries.py.
if have("hypothesis"):
    from . import test_interleavings
