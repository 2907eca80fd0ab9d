from . import account, reading, request, shipping, cancelling
