"""Search values as FHIR writes them, taken apart: escapes, prefixes, tokens, ranges of dates and numbers.

https://hl7.org/fhir/R4/search.html §3.1.1.4. Errors are Invalid with the reason in words; the caller adds the
parameter's name.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from fhir_profiles import dates, instant
from fhir_profiles.outcome import Invalid

PREFIXES = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"})
APPROXIMATION = 0.1

_DATE = re.compile(
    r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Token:
    """`code` with any system (system None), `system|code`, `|code` (system ""), `system|` (code None)."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Period:
    """A date with its prefix; low inclusive, high exclusive, as precise as it was written."""

    prefix: str
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Amount:
    """A number or quantity with its prefix: `exact` as written, [low, high] as wide as its digits mean."""

    prefix: str
    exact: Decimal
    low: Decimal
    high: Decimal
    system: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A reference: `Type/id`, a bare id (type None), an absolute or canonical URL, or an identifier."""

    type: str | None
    id: str | None
    url: str | None = None
    identifier: Token | None = None


def split(text: str, separator: str = ",") -> list[str]:
    """Cut at unescaped separators; the parts keep their escapes."""
    if "\\" not in text:
        return text.split(separator)
    return re.split(rf"(?<!\\){re.escape(separator)}", text.replace("\\\\", "\x00"))


def unescape(text: str) -> str:
    r"""Undo `\,`, `\|`, `\$` and `\\`."""
    if "\\" in text or "\x00" in text:
        text = re.sub(r"\\([,|$])", r"\1", text).replace("\x00", "\\")
    return text


def token(text: str) -> Token:
    """`[system]|[code]`."""
    system, bar, code = _cut(text)
    if not bar:
        return Token(None, system)
    if not code and not system:
        raise Invalid("a token needs a system or a code")
    return Token(system, code or None)


def prefixed(text: str) -> tuple[str, str]:
    """`ge2024` → `("ge", "2024")`; without a prefix `eq`."""
    if text[:2] in PREFIXES:
        return text[:2], text[2:]
    return "eq", text


def period(text: str) -> Period:
    """A date or part of one; what has no zone is in the region's, as the index has it."""
    prefix, written = prefixed(text)
    # A plus sign that a client forgot to escape arrives as a blank.
    written = written.replace(" ", "+")
    found = dates.interval(written) if _DATE.fullmatch(written) else None
    if found is None:
        raise Invalid("not a date: write YYYY, YYYY-MM, YYYY-MM-DD or a full time")
    low, high = found
    if prefix == "ap":
        room = abs(instant.now() - low) * APPROXIMATION
        low = max(dates.EARLIEST, low - min(room, low - dates.EARLIEST))
        high = min(dates.LATEST, high + min(room, dates.LATEST - high))
    return Period(prefix, low, high)


def number(text: str) -> Amount:
    """A number; its digits say how wide it is (100 → [99.5, 100.5], 5.40 → [5.395, 5.405], 1e2 → [50, 150])."""
    prefix, written = prefixed(text)
    try:
        exact = Decimal(written)
        if not exact.is_finite():
            raise Invalid("not a finite number")
    except InvalidOperation as error:
        raise Invalid("not a number") from error
    exponent = exact.as_tuple().exponent
    room = abs(exact) / 10 if prefix == "ap" else Decimal((0, (5,), int(exponent) - 1))
    return Amount(prefix, exact, exact - room, exact + room)


def quantity(text: str) -> Amount:
    """`[prefix]number|system|code`, `number||unit` or a bare number."""
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) not in (1, 3):
        raise Invalid("a quantity is a number, or number|system|code, or number||unit")
    amount = number(parts[0])
    if len(parts) == 1:
        return amount
    return Amount(amount.prefix, amount.exact, amount.low, amount.high, parts[1] or None, parts[2] or None)


def target(text: str, type_: str | None, local_base: str = "") -> Target:
    """A reference value; `type_` comes from a `:Type` modifier. URLs under our own base are made relative."""
    text = unescape(text)
    if local_base and text.startswith(local_base):
        text = text[len(local_base) :].lstrip("/")
    if re.match(r"[a-z][a-z0-9+.-]*:", text):
        return Target(None, None, url=text)
    named, slash, identity = text.partition("/")
    if not slash:
        return Target(type_, named)
    identity = identity.partition("/_history/")[0]
    if type_ is not None and named != type_:
        raise Invalid(f"the value names a {named}, the modifier a {type_}")
    return Target(named, identity)


def _cut(text: str) -> tuple[str, bool, str]:
    parts = split(text, "|")
    if len(parts) == 1:
        return unescape(parts[0]), False, ""
    return unescape(parts[0]), True, unescape("|".join(parts[1:]))
