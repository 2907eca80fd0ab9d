from . import (
    test_access,
    test_allowance,
    test_facts,
    test_facts_over_http,
    test_names,
    test_rights,
    test_setup_wizard,
    test_time_zone,
    test_words,
)
