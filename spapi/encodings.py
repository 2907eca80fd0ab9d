"""Finds out how a text is encoded: by its own word where it has one, else by its bytes."""

import codecs
import contextlib
import re
from collections.abc import Iterable
from typing import BinaryIO

UTF8, UTF16, SHIFT_JIS, WESTERN = "utf-8-sig", "utf-16", "cp932", "cp1252"
JAPAN = "A1VC38T7YXB528"

# Beside exact names, what Amazon's and other systems call the same: the fuller table reads more.
_CODECS = {
    "shift_jis": SHIFT_JIS,
    "windows-31j": SHIFT_JIS,
    "ms932": SHIFT_JIS,
    "x-sjis": SHIFT_JIS,
    "x-ms-cp932": SHIFT_JIS,
    "cswindows31j": SHIFT_JIS,
    "iso8859-1": WESTERN,
    "ascii": WESTERN,
    "x-cp1252": WESTERN,
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "x-euc-jp": "euc_jp",
    "utf-8": UTF8,
    "unicode-1-1-utf-8": UTF8,
}
# Python knows more text codecs, some of them slow or dangerous on foreign input (punycode, unicode_escape).
_SAFE = re.compile(
    r"utf-(?:8(?:-sig)?|16(?:-[lb]e)?|32(?:-[lb]e)?)|cp\d{3,4}|iso8859-\d{1,2}|koi8-[ru]|euc_jp|gb18030|big5|tis-620|iso2022_jp"
)

_PIECE = 256 * 1024
# Full-width kana in Shift-JIS; in Western text these bytes are rare signs.
_KANA = re.compile(rb"[\x82\x83][\x40-\xf1]")
_HIGH = re.compile(rb"[\x80-\xff]")
# Japanese text has at least one kana to so many bytes beyond ASCII.
_KANA_SHARE = 10
# A damaged byte here and there does not make another encoding of a text.
_DAMAGE_SHARE = 10
_SIGN = "\N{REPLACEMENT CHARACTER}"


def find_codec(name: str) -> str | None:
    """Return Python's codec for an encoding's name in any of its spellings, None for an unknown or unsafe one."""
    name = name.strip().lower()
    with contextlib.suppress(LookupError, ValueError):
        name = codecs.lookup(name).name
    name = _CODECS.get(name, name)
    return name if _SAFE.fullmatch(name) else None


def detect_encoding(file: BinaryIO, marketplace_ids: Iterable[str] = ()) -> str:
    """Return the Python name of the encoding of the whole file, and leave the file at its start.

    UTF-8 is recognised by being valid. What is not is Shift-JIS if it is valid as such and either the report is of
    Japan's marketplace or has many kana in it; else it is Western (Latin-1 with Windows' additions). Valid means: but
    for a few damaged bytes in the many that are beyond ASCII.

    :param file: a seekable binary file.
    :param marketplace_ids: the marketplaces that the report is about, if known.
    """
    file.seek(0)
    start = file.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        file.seek(0)
        return UTF16
    decoders = {name: codecs.getincrementaldecoder(name)("replace") for name in (UTF8, SHIFT_JIS)}
    damaged = dict.fromkeys(decoders, 0)
    kana = high = 0
    file.seek(0)
    while piece := file.read(_PIECE):
        kana += len(_KANA.findall(piece))
        high += len(_HIGH.findall(piece))
        for name, decoder in decoders.items():
            damaged[name] += decoder.decode(piece).count(_SIGN)
    for name, decoder in decoders.items():
        damaged[name] += decoder.decode(b"", final=True).count(_SIGN)
    file.seek(0)
    valid = {name for name, count in damaged.items() if count * _DAMAGE_SHARE <= high}
    if not damaged[UTF8] or (UTF8 in valid and damaged[UTF8] <= damaged[SHIFT_JIS]):
        return UTF8
    japanese = JAPAN in set(marketplace_ids) or kana * _KANA_SHARE > high
    if SHIFT_JIS in valid and japanese:
        return SHIFT_JIS
    return UTF8 if UTF8 in valid else WESTERN
