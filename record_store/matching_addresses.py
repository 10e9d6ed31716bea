"""Addresses and phone numbers as the resident index compares them.

A Chinese address is cut into the administrative part (province, city, district), which sources write or leave out as
they like, and the place with its door numbers, which they seldom do. `12号楼3单元402室`, `12-3-402` and
`十二号楼三单元402` are the same door.
"""

import re
from typing import Any, Final

import msgspec

from fhir_profiles.text import normalise
from record_store.matching_characters import is_han, simplified

_REGION: Final = re.compile(
    r"^(?:中国)?(?:[^路街道村号]{2,8}?(?:省|自治区|特别行政区))?(?:[^路街道村号区县省]{1,8}?(?:市|地区|自治州|盟))?"
    r"(?:(?:市[南北中]|[^路街道村镇乡号小社园市区]{1,6})(?:新区|区|县|市|旗))?"
)
_SUBDISTRICT: Final = re.compile(r"^[^路街号0-9]{1,6}?(?:街道办事处|街道|镇|乡)(?=.)")
_NUMERALS: Final = str.maketrans("零一二三四五六七八九", "0123456789")
_HAN_NUMBER: Final = re.compile(
    r"([一二三四五六七八九]?)十([一二三四五六七八九]?)(?=号|单元|栋|幢|楼|层|室|座|组|户|门|弄)|([零一二三四五六七八九]+)(?=号|单元|栋|幢|楼|层|室|座|组|户|门|弄)"
)
_UNITS: Final = re.compile(r"号楼|号院|号|单元|栋|幢|楼|层|室|座|户|门|[^a-z0-9一-鿿]+")
_PIECES: Final = re.compile(r"[a-z]*[0-9]+[a-z]*|(?<![a-z])[a-z](?![a-z])|[^a-z0-9\x1f]+|[a-z]+")
_ABBREVIATIONS: Final = {
    "street": "st", "avenue": "ave", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct", "boulevard": "blvd",
    "parkway": "pkwy", "place": "pl", "apartment": "apt", "suite": "ste", "north": "n", "south": "s", "east": "e",
    "west": "w", "circle": "cir", "cr": "cir", "highway": "hwy", "terrace": "ter", "square": "sq",
}  # fmt: skip
_MOBILE: Final = re.compile(r"(?:00)?(?:86)?(1[3-9]\d{9})")


class Address(msgspec.Struct, frozen=True, array_like=True):
    """One address: `region` (administrative part, may be empty), `place` (road, village, estate) and `door`.

    `door` is empty where the address ends before a house number; such an address names no household. `street` is the
    road with its number where an estate follows, for sources that write no more than that.
    """

    region: str
    place: str
    door: str
    street: str = ""


def addresses(patient: dict[str, Any]) -> tuple[Address, ...]:
    """The distinct addresses of a FHIR Patient that name at least a place."""
    found = dict.fromkeys(
        address for entry in patient.get("address") or () if (address := _address(entry)) is not None
    )
    return tuple(found)


def phones(patient: dict[str, Any]) -> tuple[str, ...]:
    """The distinct phone numbers of a FHIR Patient: digits, mobile numbers without the country code."""
    numbers = (
        phone_number(str(contact.get("value") or ""))
        for contact in patient.get("telecom") or ()
        if contact.get("system", "phone") in ("phone", "sms")
    )
    return tuple(dict.fromkeys(number for number in numbers if number))


def phone_number(text: str) -> str:
    """The normal form of a phone number, or empty when it can't name a household (too short, one digit repeated)."""
    digits = "".join(c for c in normalise(text).split("ext")[0] if c.isdigit())
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        digits = mobile[1]
    if len(digits) < 7 or len(set(digits[-7:])) == 1 or digits.endswith(("12345678", "00000000")):
        return ""
    return digits


def is_mobile(number: str) -> bool:
    """Whether a normalised number is a Chinese mobile number, which belongs to fewer people than a landline."""
    return len(number) == 11 and number[0] == "1"


def _address(entry: dict[str, Any]) -> Address | None:
    lines = [str(line) for line in entry.get("line") or ()]
    text = str(entry.get("text") or "")
    if any(is_han(c) for c in text + "".join(lines)):
        parts = [str(entry.get(part) or "") for part in ("state", "city", "district")] + lines
        return _chinese(text or "".join(parts))
    return _latin(" ".join(lines) or text, str(entry.get("postalCode") or ""), str(entry.get("city") or ""))


def _chinese(text: str) -> Address | None:
    text = _HAN_NUMBER.sub(_digits, simplified(normalise(text)).replace(" ", ""))
    region_end = _REGION.match(text)
    region = region_end[0] if region_end else ""
    pieces = _PIECES.findall(_UNITS.sub("\x1f", _SUBDISTRICT.sub("", text[len(region) :])))
    last = max((i for i, piece in enumerate(pieces) if is_han(piece[0])), default=None)
    if last is None:
        return None
    door = pieces[last + 1 :]
    # An estate with building and room stands for itself; a single number needs the road before it.
    named = [pieces[last]] if len(door) > 1 else pieces[: last + 1]
    street = "-".join(pieces[:2]) if last > 0 else ""
    return Address(region, "".join(named), "-".join(door), street)


def _digits(found: re.Match[str]) -> str:
    tens, ones, plain = found.groups()
    if plain:
        return str(plain).translate(_NUMERALS)
    return f"{(tens or '一').translate(_NUMERALS)}{(ones or '零').translate(_NUMERALS)}"


def _latin(street: str, postal_code: str, city: str) -> Address | None:
    words = [_ABBREVIATIONS.get(w, w) for w in re.sub(r"[^a-z0-9 ]+", " ", normalise(street)).split()]
    numbers = [w for w in words if w[0].isdigit()]
    names = [w for w in words if not w[0].isdigit() and w not in ("apt", "ste", "unit")]
    if not names:
        return None
    return Address(postal_code[:5] or normalise(city), " ".join(names), "-".join(numbers))
