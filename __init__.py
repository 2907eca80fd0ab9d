from . import folder_name, models, report, wizards  # the name first: it refuses a wrong one
from .hooks import pre_init_hook, uninstall_hook
