"""The review queue of the resident index: pairs of a patient and a resident on which a person decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fhir_profiles.outcome import Conflict, NotFound
from record_store.blocking import residents_of
from record_store.database import Cursor
from record_store.links import keep_apart
from record_store.resident_merges import merge

REASONS: Final = {
    "likely": "much agrees, too little to link without a person",
    "number-only": "a citizen or card number agrees, the rest does not: a number used for somebody else, or a mix-up",
    "numbers-conflict": "all but the citizen number agrees: one person with two numbers, or two people",
    "residents-conflict": "the patient fits, but the resident holds another citizen number or was kept apart",
    "source-merge": "a source merged its two patients, whose citizen numbers differ",
}
"""The coded reasons, and what they tell the person who decides."""


@dataclass(frozen=True, slots=True)
class Review:
    """One question: is `patient`, now of `patient_resident`, the same human as `resident`? `score` is in bits."""

    id: int
    patient: str
    patient_resident: int
    resident: int
    reason: str
    score: float
    evidence: tuple[str, ...]
    state: str
    created: datetime


_COLUMNS = (
    "v.id, v.patient::text, p.resident_id, v.resident_id, v.reason, v.score, v.evidence, v.state, v.created "
    "from review v join patient p on p.id = v.patient"
)


def open_reviews(cursor: Cursor, *, after: int = 0, limit: int = 100) -> list[Review]:
    """The questions that wait, oldest first, beginning after the id `after`."""
    cursor.execute(
        f"select {_COLUMNS} where v.state = 'open' and v.id > %s order by v.id limit %s", (after, limit)
    )
    return [_review(row) for row in cursor.fetchall()]


def get(cursor: Cursor, review_id: int) -> Review:
    """One question, open or decided. Raises NotFound."""
    cursor.execute(f"select {_COLUMNS} where v.id = %s for update of v", (review_id,))
    row = cursor.fetchone()
    if row is None:
        raise NotFound("The review queue has no item with this id.", reason="review-unknown")
    return _review(row)


def accept(cursor: Cursor, review_id: int, *, by: str, now: datetime) -> int:
    """Decide that both are one human: their residents are merged. Gives the surviving resident."""
    review = _decide(cursor, review_id, "accepted", by, now)
    if review.patient_resident != review.resident:
        merge(
            *(cursor, review.resident, review.patient_resident),
            reason="reviewed",
            by=by,
            now=now,
            score=review.score,
            evidence=review.evidence,
        )
    return review.resident


def reject(cursor: Cursor, review_id: int, *, by: str, now: datetime) -> None:
    """Decide that they are two people: the rules never link this patient to that resident's patients again."""
    review = _decide(cursor, review_id, "rejected", by, now)
    keep_apart(cursor, [review.patient], list(residents_of(cursor, [review.resident])), by, now)


def _decide(cursor: Cursor, review_id: int, state: str, by: str, now: datetime) -> Review:
    review = get(cursor, review_id)
    if review.state != "open":
        raise Conflict("This item is decided already.", reason="review-decided")
    cursor.execute(
        "update review set state = %s, decided = %s, decided_by = %s where id = %s",
        (state, now, by, review_id),
    )
    return review


def _review(row: tuple[Any, ...]) -> Review:
    identity, patient, patient_resident, resident, reason, score, evidence, state, created = row
    return Review(
        identity, patient, patient_resident, resident, reason, score, tuple(evidence), state, created
    )
