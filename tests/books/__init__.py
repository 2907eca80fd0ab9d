from . import (
    test_accounting_cases,
    test_accounting_check,
    test_accounting_look,
    test_accounting_shared,
    test_accounting_work,
    test_proof,
)
