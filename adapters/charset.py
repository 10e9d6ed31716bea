"""Bytes to text, before anything is split: strict UTF-8, then GB18030, whatever the message claims.

464 GBK characters hold a delimiter byte (0x5C, 0x5E, 0x7C, 0x7E) as their second byte, so decoding comes
first.
MSH-18 (HL7v2 table 0211), XML declarations and HTTP headers are often wrong in the field; a claim decides
only between Latin and Chinese readings of the same bytes, and a claim that was wrong is reported.
"""

import codecs
import re
from dataclasses import dataclass

_DECLARED = {
    "unicode": "utf-8",
    "unicode utf-8": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode utf-16": "utf-16",
    "gb 18030-2000": "gb18030",
    "gb18030": "gb18030",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ascii": "ascii",
    "big-5": "big5",
    "iso ir14": "shift_jis",
    "iso ir87": "iso2022_jp",
    "iso ir159": "iso2022_jp",
    "cns 11643-1992": "big5",
    "ks x 1001": "euc_kr",
}
_LATIN = re.compile(r"(?:iso[-_ ]?)?8859[-/](\d{1,2})$", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9 _.:-]{1,30}$")
_NO_CHARSETS = frozenset(
    ("unicode_escape", "raw_unicode_escape", "idna", "punycode", "utf-7", "utf_7", "mbcs", "oem")
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the codec that read it, and the claim it contradicts (empty when it agrees or nothing was
    claimed).
    """

    text: str
    codec: str
    contradicted: str = ""


def decode(payload: bytes, claimed: str = "", default: str = "gb18030") -> Decoded | None:
    """Read bytes as text, never with replacement characters.

    `claimed` is what the sender says, in the words of table 0211 or of IANA; `default` the source's own
    charset, tried after GB18030. None when no reading is possible. A byte order mark is removed.
    """
    for mark, codec in _BOMS:
        if payload.startswith(mark):
            text = _try(payload[len(mark) :], codec)
            return None if text is None else Decoded(text, codec)
    declared = codec_of(claimed)
    if payload.isascii():
        shifted = b"\x1b$" in payload and declared.startswith("iso2022")
        text = _try(payload, declared) if shifted else None
        return Decoded(payload.decode("ascii"), "ascii") if text is None else Decoded(text, declared)
    for codec in _order(payload, declared, default):
        text = _try(payload, codec)
        if text is not None:
            return Decoded(text, codec, claimed if declared and not _same(declared, codec) else "")
    return None


def codec_of(claimed: str) -> str:
    """The Python codec for a charset's name in table 0211 or IANA's words; empty when it names none."""
    name = claimed.strip().casefold()
    if not name:
        return ""
    if known := _DECLARED.get(name):
        return known
    if latin := _LATIN.match(name):
        return f"iso8859-{latin[1]}"
    if not _NAME.match(name) or name in _NO_CHARSETS:
        return ""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def _order(payload: bytes, declared: str, default: str) -> list[str]:
    order = ["utf-8", "gb18030"]
    if declared.startswith(("iso8859", "cp125")) and _looks_latin(payload):
        order.insert(1, declared)
    return [*order, *(codec for codec in (codec_of(default), declared) if codec and codec not in order)]


def _looks_latin(payload: bytes) -> bool:
    """Accented letters stand alone between ASCII letters; Chinese characters bring their high bytes in
    pairs.
    """
    runs = _HIGH_RUN.findall(payload)
    return sum(len(run) == 1 for run in runs) * 2 > len(runs)


def _same(declared: str, codec: str) -> bool:
    return declared == codec or (declared == "ascii" and codec == "utf-8")


def _try(payload: bytes, codec: str) -> str | None:
    try:
        return payload.decode(codec)
    except (UnicodeError, LookupError):
        return None
