# In the order in which an order passes the stages of its life.
from . import account, reading, request, shipping, cancelling, books
