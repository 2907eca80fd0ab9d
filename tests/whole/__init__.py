from . import (
    test_foreign_words,
    test_interleavings,
    test_main_job,
    test_storm,
    test_tours,
    test_tours_accountant,
    test_tours_setup,
    test_translations,
    test_units,
)
