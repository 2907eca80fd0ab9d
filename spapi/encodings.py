"""Finds out how a report's text is encoded, as Amazon does not tell it reliably."""

import codecs
import re
from collections.abc import Iterable
from typing import BinaryIO

UTF8, UTF16, SHIFT_JIS, WESTERN = "utf-8-sig", "utf-16", "cp932", "cp1252"
JAPAN = "A1VC38T7YXB528"

_PIECE = 256 * 1024
# Full-width kana in Shift-JIS; in Western text these bytes are rare signs.
_KANA = re.compile(rb"[\x82\x83][\x40-\xf1]")
_HIGH = re.compile(rb"[\x80-\xff]")
# Japanese text has at least one kana to so many bytes beyond ASCII.
_KANA_SHARE = 10


def detect_encoding(file: BinaryIO, marketplace_ids: Iterable[str] = ()) -> str:
    """Return the Python name of the encoding of the whole file, and leave the file at its start.

    UTF-8 is recognised by being valid. What is not is Shift-JIS if it is valid as such and either the report is of
    Japan's marketplace or has many kana in it; else it is Western (Latin-1 with Windows' additions).

    :param file: a seekable binary file.
    :param marketplace_ids: the marketplaces that the report is about, if known.
    """
    file.seek(0)
    start = file.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        file.seek(0)
        return UTF16
    decoders = {name: codecs.getincrementaldecoder(name)("strict") for name in (UTF8, SHIFT_JIS)}
    kana = high = 0
    file.seek(0)
    while decoders:
        piece = file.read(_PIECE)
        kana += len(_KANA.findall(piece))
        high += len(_HIGH.findall(piece))
        for name, decoder in list(decoders.items()):
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                del decoders[name]
        if not piece:
            break
    file.seek(0)
    if UTF8 in decoders:
        return UTF8
    japanese = JAPAN in set(marketplace_ids) or kana * _KANA_SHARE > high
    return SHIFT_JIS if SHIFT_JIS in decoders and japanese else WESTERN
