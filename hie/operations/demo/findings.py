"""What the resident index made of the city: counts, and one resident whose institutions told different things."""

from dataclasses import dataclass
from typing import Any

from hie.operations.city import cast
from record_store import resident_desk, review


@dataclass(frozen=True, slots=True)
class Findings:
    """`counts` are the index's own counters; `example` is one line for each decision about one resident; `undecided` is
    the first question that waits for a person, empty for none."""

    counts: dict[str, int]
    example_of: str
    example: list[str]
    undecided: str


def findings(cursor: Any, known: dict[str, tuple[int, str]]) -> Findings:
    """The counters, and how the doubled resident (else the first known one) came together."""
    role = cast.DOUBLED if cast.DOUBLED in known else next(iter(known), "")
    example = []
    if role:
        view = resident_desk.overview(cursor, known[role][0])
        sources = {patient.patient: patient.source for patient in view.patients}
        for line in view.history:
            evidence = " ".join(line.evidence)
            example.append(
                f"{sources.get(line.patient, 'a retired patient')}: {line.reason} {evidence}".rstrip()
            )
    waiting = review.open_reviews(cursor, limit=1)
    undecided = (
        f"{waiting[0].reason} {' '.join(waiting[0].evidence)} ({waiting[0].score:.1f} bits)"
        if waiting
        else ""
    )
    return Findings(resident_desk.counters(cursor), role, example, undecided)
