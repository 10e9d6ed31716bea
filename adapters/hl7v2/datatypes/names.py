"""XPN (and the name part of XCN) to HumanName, Chinese ways of writing it included.

HEURISTIC, each seen in registration feeds: the whole name in XPN.1 or only in XPN.2; pinyin in one and characters
in the other; 无 for no name.
"""

import re
from typing import Any

from adapters.hl7v2.draft import Draft
from adapters.hl7v2.stamps import ordered_period, parsed
from adapters.person_names import human_name

_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003FFFF]")
_USES = {
    "L": "official",
    "D": "usual",
    "C": "usual",
    "P": "usual",
    "M": "maiden",
    "N": "nickname",
    "A": "nickname",
    "K": "nickname",
    "S": "anonymous",
    "T": "temp",
    "BAD": "old",
    "F": "old",
    "R": "official",
    "B": "official",
    "TEMP": "temp",
}
_REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
NONE = frozenset(("无", "无名", "未知", "不详", "NULL", "-", "/"))


def xpn(raw: str, draft: Draft, use: str = "") -> list[dict[str, Any]] | None:
    """HumanNames of one XPN: one, or two where characters and pinyin stand side by side."""
    texts = draft.encoding.texts(raw)
    texts += [""] * (14 - len(texts))
    family, given, further, suffix, prefix, degree, kind = texts[:7]
    if not any(texts[:6]) or (family in NONE and not given):
        return None
    names = written(family, given, further)
    chosen = use or _USES.get(kind.upper(), "")
    span = ordered_period(
        parsed(texts[11], draft.zone) if texts[11] else None,
        parsed(texts[12], draft.zone) if texts[12] else None,
    )
    for name in names:
        if chosen:
            name["use"] = chosen
        if prefix:
            name["prefix"] = [prefix]
        if suffix or degree:
            name["suffix"] = [part for part in (suffix, degree) if part]
        if span:
            name["period"] = span
    return [name for name in names if name] or None


def text(raw: str, draft: Draft) -> str | None:
    """A name as one line of text."""
    names = xpn(raw, draft)
    return one_line(names[0]) if names else None


def one_line(name: dict[str, Any]) -> str:
    """The name as a person would write it."""
    if "text" in name:
        return str(name["text"])
    parts = [*name.get("prefix", []), *name.get("given", []), name.get("family", ""), *name.get("suffix", [])]
    return " ".join(part for part in parts if part)


def written(family: str, given: str, further: str) -> list[dict[str, Any]]:
    """HumanNames of family name, given name and further given names, in either script."""
    has_family, has_given = bool(_HAN.search(family)), bool(_HAN.search(given))
    if has_family and given and not has_given:
        return [_chinese(family), _transcribed(given)]
    if has_given and family and not has_family:
        return [_chinese(given), _transcribed(family)]
    if has_family or has_given:
        if family and given:
            return [
                {
                    "text": family + given + further,
                    "family": family,
                    "given": [part for part in (given, further) if part],
                }
            ]
        return [_chinese(family or given)]
    name: dict[str, Any] = {}
    if family:
        name["family"] = family
    if givens := [part for part in (given, further) if part]:
        name["given"] = givens
    return [name]


def is_chinese(value: str) -> bool:
    """Whether there is a Han character in it."""
    return bool(_HAN.search(value))


def _chinese(whole: str) -> dict[str, Any]:
    """The name as it was sent, and its parts without the blanks that pad short names."""
    return {**human_name("".join(whole.split())), "text": whole}


def _transcribed(value: str) -> dict[str, Any]:
    return {"text": value, "extension": [{"url": _REPRESENTATION, "valueCode": "ABC"}]}
