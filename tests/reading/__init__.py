from ..libraries import have
from . import (
    test_alive,
    test_contention,
    test_evidence,
    test_finding,
    test_fresh,
    test_mail_hint,
    test_matching,
    test_nets,
    test_odd_reading,
    test_pace,
    test_reader_batch,
    test_reading,
    test_reading_around,
    test_sweep,
    test_sweep_roles,
    test_sync_log,
    test_upload,
)

# Who runs the tests of other addons has not what these need; see tests/libraries.py.
if have("hypothesis"):
    from . import test_convergence
if have("boto3", "moto"):
    from . import test_push
