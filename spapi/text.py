"""Makes foreign text storable."""


def clean(text: str) -> str:
    """Return the text without what PostgreSQL and UTF-8 cannot hold: NUL and halves of surrogate pairs."""
    text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
