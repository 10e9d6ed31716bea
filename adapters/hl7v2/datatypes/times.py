"""TS, DTM, DT, TM and DR as FHIR date, dateTime, instant, time and Period."""

import re
from typing import Any

from adapters.hl7v2.draft import Draft
from adapters.hl7v2.stamps import ordered_period, parsed

_TIME = re.compile(r"(\d\d):?(\d\d)(?::?(\d\d)(\.\d{1,6})?)?", re.ASCII)


def date_time(raw: str, draft: Draft) -> str | None:
    """FHIR dateTime of a TS or DTM; None (and reported) when it is no calendar time."""
    text = draft.encoding.first(raw)
    if not text:
        return None
    stamp = parsed(text, draft.zone)
    if stamp is None:
        _impossible(draft, text)
    return stamp


def date(raw: str, draft: Draft) -> str | None:
    """FHIR date: the calendar part of a stamp."""
    stamp = date_time(raw, draft)
    return None if stamp is None else stamp[:10]


def instant(raw: str, draft: Draft) -> str | None:
    """FHIR instant: only a stamp that has at least minutes."""
    stamp = parsed(draft.encoding.first(raw), draft.zone)
    return stamp if stamp is not None and "T" in stamp else None


def birth_time(raw: str, draft: Draft) -> dict[str, Any] | None:
    """The extension patient-birthTime, for a birth stamp with a time that is more than filling zeros."""
    stamp = parsed(draft.encoding.first(raw), draft.zone)
    if stamp is None or "T" not in stamp or stamp[11:19] == "00:00:00":
        return None
    return {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": stamp}


def time(raw: str, draft: Draft) -> str | None:
    """FHIR time of a TM."""
    match = _TIME.match(draft.encoding.first(raw))
    if match is None:
        return None
    hour, minute, second, fraction = match[1], match[2], match[3] or "00", match[4] or ""
    return f"{hour}:{minute}:{second}{fraction}" if hour < "24" and minute < "60" and second < "60" else None


def period(raw: str, draft: Draft) -> dict[str, str] | None:
    """FHIR Period of a DR."""
    pieces = draft.encoding.texts(raw)
    stamps = [parsed(piece, draft.zone) if piece else None for piece in (*pieces, "")[:2]]
    return ordered_period(*stamps)


def _impossible(draft: Draft, text: str) -> None:
    """Report a stamp that is none, with the field it stands in; zeros alone stand for no stamp."""
    if not text.strip("0"):
        return
    segment = draft.segment
    position = next((index for index, value in enumerate(segment.fields) if text in value), 0)
    place = f"{segment.name}-{position}" if position else segment.name
    draft.unmapped(place, text)
    reason = "The value is no date or time of the calendar; it was left out"
    draft.warn("value", reason, place, "impossible-date")
