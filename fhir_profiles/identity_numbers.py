"""Check digits of the numbers that name residents and organisations in China, and how to make such numbers.

GB 11643-1999 (resident identity number), GB 32100-2015 (unified social credit code) with GB 11714 inside
it, and the 17-digit health record number (national rules of 2011). A sex or birth date that disagrees with
the number is common in real data: callers warn, they do not refuse.
"""

import re
from datetime import date

_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUE = {letter: value for value, letter in enumerate(_CREDIT_ALPHABET)}
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANIZATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_CITIZEN = re.compile(r"[0-9]{17}[0-9X]")
_CITIZEN_15 = re.compile(r"[0-9]{15}")
_CREDIT = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_HEALTH_RECORD = re.compile(r"[0-9]{9}(?:0[0-9]{2}|1[0-9]{2}|9[0-9]{2})[0-9]{5}")
_UNLIKELY_CENTENARIANS = ("996", "997", "998", "999")


def citizen_id(region: str, birth: date, sequence: int) -> str:
    """The identity number of a region (6 digits), birth date and sequence (1 to 999, odd for males)."""
    stem = f"{region}{birth:%Y%m%d}{sequence:03d}"
    return stem + citizen_check(stem)


def citizen_check(stem: str) -> str:
    """The check character of the first 17 digits (ISO 7064 MOD 11-2)."""
    return _CITIZEN_CHECKS[sum(w * int(d) for w, d in zip(_CITIZEN_WEIGHTS, stem, strict=True)) % 11]


def is_citizen_id(number: str) -> bool:
    """Whether an 18-character number in normal form has a real birth date and the right check character."""
    return (
        _CITIZEN.fullmatch(number) is not None
        and citizen_birth_date(number) is not None
        and citizen_check(number[:17]) == number[17]
    )


def normal_citizen_id(number: str) -> str:
    """The 18-character form: no spaces, upper-case X, an old 15-digit number with century and check added.

    Sequences 996 to 999 of the old form were kept for people born before 1900. Text of any other shape comes
    back trimmed and upper-cased.
    """
    number = "".join(number.split()).upper()
    if _CITIZEN_15.fullmatch(number) is None:
        return number
    century = "18" if number[12:] in _UNLIKELY_CENTENARIANS else "19"
    stem = number[:6] + century + number[6:]
    return stem + citizen_check(stem)


def citizen_birth_date(number: str) -> date | None:
    """The birth date inside an 18-character number, or None when that is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def citizen_gender(number: str) -> str:
    """`male` or `female` (FHIR administrative-gender) as the sequence inside an 18-character number says."""
    return "male" if int(number[16]) % 2 else "female"


def social_credit_code(authority: str, kind: str, region: str, organization: str) -> str:
    """The unified social credit code of an 8-character organisation stem, both check characters computed."""
    stem = f"{authority}{kind}{region}{organization}{organization_check(organization)}"
    return stem + social_credit_check(stem)


def social_credit_check(stem: str) -> str:
    """The check character of the first 17 characters (GB 32100, MOD 31-3)."""
    total = sum(w * _CREDIT_VALUE[c] for w, c in zip(_CREDIT_WEIGHTS, stem, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def is_social_credit_code(code: str) -> bool:
    """Whether 18 characters are a unified social credit code."""
    return _CREDIT.fullmatch(code) is not None and social_credit_check(code[:17]) == code[17]


def organization_check(stem: str) -> str:
    """The check character of an 8-character organisation code (GB 11714)."""
    total = sum(w * _ORGANIZATION_ALPHABET.index(c) for w, c in zip(_ORGANIZATION_WEIGHTS, stem, strict=True))
    return "0123456789X0"[11 - total % 11]


def is_organization_code(code: str) -> bool:
    """Whether 9 characters, with or without the hyphen before the last, are an organisation code."""
    code = code.replace("-", "")
    return re.fullmatch(r"[0-9A-Z]{8}[0-9X]", code) is not None and organization_check(code[:8]) == code[8]


def health_record_number(district: str, township: str, village: str, sequence: int) -> str:
    """A 17-digit health record number: district (6), township (3), village or community (3), sequence (5)."""
    return f"{district}{township}{village}{sequence:05d}"


def is_health_record_number(number: str) -> bool:
    """Whether 17 digits can be a health record number (communities 001-199 or 901-999; no check digit)."""
    return _HEALTH_RECORD.fullmatch(number) is not None and number[9:12] not in ("000", "100", "900")
