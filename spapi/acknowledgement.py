from dataclasses import dataclass


@dataclass(frozen=True)
class CancelMessage:
    message_id: int
    order_id: str
    reason: str
    items: tuple = ()


def build_order_acknowledgement(seller_id, messages):
    raise RuntimeError("stub")
