from . import (
    account_move,
    amazon_cancellation_access,
    amazon_cancellation_account,
    amazon_cancellation_accounting,
    amazon_cancellation_books,
    amazon_cancellation_credit,
    amazon_cancellation_proof,
    amazon_cancellation_words,
    amazon_order_cancellation,
    sale_order,
    sale_order_line,
)
