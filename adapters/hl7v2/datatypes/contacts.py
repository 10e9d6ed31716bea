"""XAD to Address and XTN to ContactPoint.

HEURISTIC: in China the whole address stands in XAD.1, and the number in XTN.1, .7, .9 or .12, by vendor.
"""

import re
from typing import Any

from adapters.hl7v2.datatypes.names import NONE
from adapters.hl7v2.draft import Draft

_ADDRESS_USES = {
    "H": "home",
    "RH": "home",
    "L": "home",
    "P": "home",
    "HP": "home",
    "C": "temp",
    "TM": "temp",
    "B": "work",
    "O": "work",
    "BA": "old",
    "BI": "billing",
}
_ADDRESS_TYPES = {"M": "postal", "SH": "postal"}
_CONTACT_USES = {
    "PRN": "home",
    "ORN": "home",
    "VHN": "temp",
    "WPN": "work",
    "ASN": "work",
    "PRS": "mobile",
    "H": "home",
    "W": "work",
    "O": "work",
}
_SYSTEMS = {
    "PH": "phone",
    "CP": "phone",
    "SAT": "phone",
    "FX": "fax",
    "BP": "pager",
    "INTERNET": "email",
    "X.400": "email",
    "MD": "other",
    "TDD": "other",
    "TTY": "other",
}
_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}$", re.ASCII)


def xad(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Address; None when it holds only a type code or 无."""
    encoding = draft.encoding
    pieces = raw.split(encoding.component)
    street = [encoding.text(part) for part in pieces[0].split(encoding.subcomponent)]
    texts = [encoding.first(piece) for piece in pieces]
    texts += [""] * (10 - len(texts))
    found: dict[str, Any] = {}
    if use := _ADDRESS_USES.get(texts[6].upper()):
        found["use"] = use
    if kind := _ADDRESS_TYPES.get(texts[6].upper()):
        found["type"] = kind
    bare = len(found)
    if lines := [part for part in (*street, texts[1]) if part and part not in NONE]:
        found["line"] = lines
    for name, value in (
        ("city", texts[2]),
        ("district", texts[8]),
        ("state", texts[3]),
        ("postalCode", texts[4]),
        ("country", texts[5]),
    ):
        if value and value not in NONE:
            found[name] = value
    if texts[7]:
        found["text"] = texts[7]
    return found if len(found) > bare else None


def xtn(raw: str, draft: Draft, use: str = "") -> dict[str, Any] | None:
    """ContactPoint. `use` is the field's own meaning, for numbers without a use code."""
    texts = draft.encoding.texts(raw)
    texts += [""] * (12 - len(texts))
    equipment, coded = texts[2].upper(), texts[1].upper()
    email = texts[3] or (texts[0] if "@" in texts[0] else "")
    value = email or texts[11] or texts[0] or _composed(texts) or texts[8]
    if not value or value in NONE:
        return None
    system = "email" if email or "@" in value else _SYSTEMS.get(equipment, "phone")
    found = {"system": system, "value": value}
    if equipment == "CP" or _MOBILE.match(value.replace(" ", "").replace("-", "")):
        found["use"] = "mobile"
    elif chosen := _CONTACT_USES.get(coded) or (use if coded in ("", "NET", "BPN", "EMR") else ""):
        found["use"] = chosen
    return found


def _composed(texts: list[str]) -> str:
    """Country, area, local number and extension (XTN.5 to .8)."""
    country, area, local, extension = texts[4:8]
    if not local:
        return ""
    parts = [f"+{country.lstrip('+')}" if country else "", area, local]
    number = "-".join(part for part in parts if part) if area or country else local
    return f"{number} ext. {extension}" if extension else number
