from .account import *
from .beside import *
from .books import *
from .cancelling import *
from .reading import *
from .request import *
from .shipping import *
from .whole import *
