"""Unpacks what came compressed, in pieces of bounded size."""

import zlib
from collections.abc import Iterator

from .errors import MalformedAnswer

PIECE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


def unpack(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield unpacked pieces of bounded size; what does not begin like gzip is given through as it is.

    :raises MalformedAnswer: damaged, or broken off.
    """
    started, plain = False, False
    packer = zlib.decompressobj(wbits=31)
    waiting = b""
    for piece in pieces:
        waiting += piece
        if not started:
            if len(waiting) < len(_GZIP_MAGIC):
                continue
            started, plain = True, not waiting.startswith(_GZIP_MAGIC)
        while waiting:
            if plain:
                yield waiting
                waiting = b""
                break
            if packer.eof:  # gzip files may be strung together
                packer = zlib.decompressobj(wbits=31)
            try:
                output = packer.decompress(waiting, PIECE)
            except zlib.error:
                raise MalformedAnswer("What came packed is damaged.") from None
            waiting = packer.unconsumed_tail or packer.unused_data
            if output:
                yield output
    if started and not plain and not packer.eof:
        raise MalformedAnswer("What came packed ends too early.")
    if waiting:
        yield waiting


def limited(pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Yield the pieces.

    :raises MalformedAnswer: they are more than ``limit`` bytes together.
    """
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise MalformedAnswer(f"What came is larger than {limit} bytes.")
        yield piece
