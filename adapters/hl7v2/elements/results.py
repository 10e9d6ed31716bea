"""Parts of Observation and Specimen."""

from typing import Any

from adapters.hl7v2.datatypes import concepts, parties, quantities, times
from adapters.hl7v2.draft import Draft

_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_FLAGS = frozenset(
    [
        "<",
        ">",
        "A",
        "AA",
        "AC",
        "B",
        "CAR",
        "D",
        "DET",
        "E",
        "EX",
        "EXP",
        "H",
        "H>",
        "HH",
        "HM",
        "HU",
        "HX",
        "I",
        "IE",
        "IND",
        "L",
        "L<",
        "LL",
        "LU",
        "LX",
        "MS",
        "N",
        "NCL",
        "ND",
        "NEG",
        "NR",
        "NS",
        "OBX",
        "POS",
        "QCF",
        "R",
        "RR",
        "S",
        "SDD",
        "SYN-R",
        "SYN-S",
        "TOX",
        "U",
        "UNE",
        "VS",
        "W",
        "WR",
    ]
)
_HABITS = {
    "↑": "H",
    "↑↑": "HH",
    "↓": "L",
    "↓↓": "LL",
    "高": "H",
    "偏高": "H",
    "低": "L",
    "偏低": "L",
    "M": "N",
    "正常": "N",
    "异常": "A",
    "阳性": "POS",
    "阴性": "NEG",
    "+": "POS",
    "-": "NEG",
    "P": "POS",
    "Q": "NEG",
    "HIGH": "H",
    "LOW": "L",
    "NORMAL": "N",
    "ABNORMAL": "A",
}


def interpretation(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Observation.interpretation of an abnormal flag.

    HEURISTIC: arrows, words, and `M` for normal, as laboratory systems in China write them.
    """
    flag = draft.encoding.first(raw)
    code = flag.upper() if flag.upper() in _FLAGS else _HABITS.get(flag.upper())
    if code is None:
        return concepts.cwe(raw, draft, "0078")
    coding = {"system": _INTERPRETATION, "code": code}
    shown = concepts.shown(raw, draft)
    if shown and shown != code:
        coding["display"] = shown
    return {"coding": [coding]}


def performing_organization(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Organisation of OBX-23."""
    return parties.organization(raw, draft)


def producer(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Organisation of OBX-15, a coded value."""
    return parties.named_organization(concepts.shown(raw, draft) or "", draft.encoding.first(raw), draft)


def device(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Device of an equipment instance identifier (OBX-18)."""
    texts = [text for text in draft.encoding.texts(raw) if text]
    return {"display": " ".join(texts)} if texts else None


def collected_period(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Specimen.collection.collectedPeriod, only where a DR has an end."""
    texts = draft.encoding.texts(raw)
    return times.period(raw, draft) if len(texts) > 1 and texts[1] and texts[1] != texts[0] else None


def additive(raw: str, draft: Draft) -> dict[str, Any] | None:
    """A substance that was added, named in words."""
    shown = concepts.shown(raw, draft)
    return {"display": shown} if shown else None


def specimen_source(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Specimen.type of an SPS (OBR-15), whose first component is itself a coded value in subcomponents."""
    encoding = draft.encoding
    first = raw.split(encoding.component, maxsplit=1)[0]
    found = concepts.cwe(first.replace(encoding.subcomponent, encoding.component), draft, "0070")
    if found is None:
        said = encoding.text(raw.replace(encoding.component, " ").replace(encoding.subcomponent, " "))
        return {"text": said} if said else None
    return found


def reference_range(text: str, unit_part: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Observation.referenceRange of OBX-7: bounds where it states them, and always its text."""
    if not text:
        return None
    found: dict[str, Any] = {}
    for name, bound in (quantities.range_of(text) or {}).items():
        found[name] = {**bound, **unit_part}
    found["text"] = text
    return [found]
