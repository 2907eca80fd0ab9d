"""Makes foreign text storable."""


def clean(text: str) -> str:
    """Return the text without what PostgreSQL and UTF-8 cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
