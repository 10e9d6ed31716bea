"""Names, addresses and telecoms of people and organisations in a CDA header (PN, AD, TEL)."""

import re
from typing import Any

from adapters.cda.datatypes import period
from adapters.cda.reading import is_void, words
from adapters.person_names import human_name
from adapters.safe_xml import Element

_CHINESE = re.compile("[\u4e00-\u9fff]")
_NAME_USES = {
    "L": "official",
    "C": "official",
    "OR": "official",
    "P": "nickname",
    "A": "anonymous",
    "M": "maiden",
}
_PLACE_USES = {
    "H": "home",
    "HP": "home",
    "HV": "home",
    "WP": "work",
    "DIR": "work",
    "PUB": "work",
    "TMP": "temp",
    "BAD": "old",
}
_STREET = (
    "streetAddressLine",
    "streetName",
    "houseNumber",
    "additionalLocator",
    "unitID",
    "deliveryAddressLine",
)
_TELECOM_USES = {
    "H": "home",
    "HP": "home",
    "HV": "home",
    "MC": "mobile",
    "WP": "work",
    "DIR": "work",
    "TMP": "temp",
}
_SCHEMES = {
    "tel": "phone",
    "fax": "fax",
    "mailto": "email",
    "http": "url",
    "https": "url",
    "ftp": "url",
    "sms": "sms",
}


def name(element: Element | None) -> dict[str, Any] | None:
    """PN to HumanName; a name in one piece is split where it is Chinese."""
    if element is None or is_void(words(element)):
        return None
    made: dict[str, Any] = {}
    if use := _NAME_USES.get((element.get("use") or "").split(" ")[0]):
        made["use"] = use
    family = [text for part in element.findall("family") if (text := words(part))]
    lists = {
        target: [text for part in element.findall(target) if (text := words(part))]
        for target in ("given", "prefix", "suffix")
    }
    text = " ".join(text for part in element if (text := words(part)) and part.tag != "validTime")
    if family:
        made["family"] = " ".join(family)
    made |= {target: found for target, found in lists.items() if found}
    if not family and not lists["given"]:
        whole = words(element)
        return {**made, **human_name(whole)} if whole else None
    made["text"] = text
    if valid := period(element.find("validTime"), "UTC"):
        made["period"] = {bound: moment[:10] for bound, moment in valid.items()}
    return made


def names(element: Element) -> list[dict[str, Any]]:
    return [made for found in element.findall("name") if (made := name(found))]


def address(element: Element) -> dict[str, Any] | None:
    """AD to Address; the parts that the place adds (township, county, house number) keep their place."""
    made: dict[str, Any] = {}
    if use := _PLACE_USES.get((element.get("use") or "").split(" ")[0]):
        made["use"] = use
    lines = [text for tag in _STREET for part in element.findall(tag) if (text := _said(part))]
    township = _said(element.find("township"))
    if lines or township:
        made["line"] = ([township] if township else []) + lines
    for tag, target in (
        ("city", "city"),
        ("county", "district"),
        ("state", "state"),
        ("postalCode", "postalCode"),
        ("country", "country"),
    ):
        if text := _said(element.find(tag)):
            made[target] = text
    if _CHINESE.search("".join(lines) + made.get("city", "")):
        parts = [made.get("state", ""), made.get("city", ""), made.get("district", ""), *made.get("line", [])]
        made["text"] = "".join(dict.fromkeys(parts))
    if not made.keys() - {"use"}:
        whole = _said(element)
        return {**made, "text": whole} if whole else None
    return made


def _said(element: Element | None) -> str:
    text = words(element)
    return "" if is_void(text) else text


def addresses(element: Element) -> list[dict[str, Any]]:
    return [made for found in element.findall("addr") if (made := address(found))]


def telecom(element: Element) -> dict[str, Any] | None:
    """TEL to ContactPoint."""
    value = (element.get("value") or "").strip()
    if not value or is_void(value):
        return None
    scheme, colon, rest = value.partition(":")
    system = _SCHEMES.get(scheme.lower(), "") if colon else ""
    number = rest if system in ("phone", "fax", "email", "sms") else value
    made = {"system": system or ("email" if "@" in value else "phone"), "value": number.strip() or value}
    if use := _TELECOM_USES.get((element.get("use") or "").split(" ")[0]):
        made["use"] = use
    return made


def telecoms(element: Element) -> list[dict[str, Any]]:
    return [made for found in element.findall("telecom") if (made := telecom(found))]
