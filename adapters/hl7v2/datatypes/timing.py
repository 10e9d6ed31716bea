"""TQ (and the repeat pattern of TQ1) to FHIR Timing."""

import re
from typing import Any

from adapters.hl7v2.draft import Draft
from adapters.hl7v2.stamps import ordered_period, parsed

_EVERY = re.compile(r"Q(\d{1,3})([SMHDWL])$", re.ASCII)
_DAYS = re.compile(r"Q(\d{1,2})J(\d)$", re.ASCII)
_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_NAMED: dict[str, tuple[int, int, str]] = {
    "QD": (1, 1, "d"),
    "BID": (2, 1, "d"),
    "TID": (3, 1, "d"),
    "QID": (4, 1, "d"),
    "QOD": (1, 2, "d"),
    "QW": (1, 1, "wk"),
    "QWK": (1, 1, "wk"),
    "BIW": (2, 1, "wk"),
    "TIW": (3, 1, "wk"),
    "QM": (1, 1, "mo"),
    "QN": (1, 1, "d"),
    "QH": (1, 1, "h"),
}
_WHEN = {
    "QHS": "HS",
    "HS": "HS",
    "QAM": "MORN",
    "QPM": "AFT",
    "QN": "NIGHT",
    "AC": "AC",
    "PC": "PC",
    "ACM": "ACM",
    "ACD": "ACD",
    "ACV": "ACV",
}


def repeat(code: str) -> dict[str, Any]:
    """Timing.repeat of a repeat pattern code (`BID`, `Q8H`); empty when it says something else."""
    plain = code.upper().replace(".", "").strip()
    if named := _NAMED.get(plain):
        frequency, period, unit = named
        found: dict[str, Any] = {"frequency": frequency, "period": period, "periodUnit": unit}
    elif every := _EVERY.match(plain):
        found = {"frequency": 1, "period": int(every[1]), "periodUnit": _UNITS[every[2]]}
        if not found["period"]:
            return {}
    else:
        found = {}
    if when := _WHEN.get(plain):
        found.update({"frequency": 1, "period": 1, "periodUnit": "d"} if not found else {})
        found["when"] = [when]
    return found


def of_pattern(code: str, words: str = "") -> dict[str, Any]:
    """Timing of a repeat pattern: its repeat where the code is known, and always its own words."""
    found: dict[str, Any] = {}
    if known := repeat(code):
        found["repeat"] = known
    if code or words:
        found["code"] = {"text": words or code}
    return found


def quantity_timing(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Timing of a TQ: interval (TQ.2), start and end (TQ.4, TQ.5)."""
    texts = draft.encoding.texts(raw)
    texts += [""] * (6 - len(texts))
    found = of_pattern(texts[1])
    start = parsed(texts[3], draft.zone) if texts[3] else None
    end = parsed(texts[4], draft.zone) if texts[4] else None
    if bounds := ordered_period(start, end):
        found.setdefault("repeat", {})["boundsPeriod"] = bounds
    return found or None


def text_of(raw: str, draft: Draft) -> str:
    """The free-text instruction of a TQ (TQ.8)."""
    texts = draft.encoding.texts(raw)
    return texts[7] if len(texts) > 7 else ""
