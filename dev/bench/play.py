"""Plays one part inside Odoo, which is loaded once: workers are forks of this process. Prints one JSON row a line.

The local Amazon lives in this process. Where a part simulates hours, both clocks are moved.
"""

import importlib
import json
import sys

from odoo.modules.registry import Registry
from odoo.tools import config

ORDER = json.loads(sys.argv[1])
config.parse_config(sys.argv[2:], setup_logging=True)
Registry(config["db_name"][0])

part = importlib.import_module(f"odoo.addons.sale_amazon_cancellation.dev.bench.{ORDER['part']}")
importlib.import_module("odoo.addons.sale_amazon_cancellation.dev.bench.inside").prepare()
part.play(**ORDER["options"])
