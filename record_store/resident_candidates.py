"""Who might this be? The residents that a Patient could be, by the rules of the index, without placing it.

https://hl7.org/fhir/R4/patient-operation-match.html: the grades are those of the extension match-grade.
"""

from dataclasses import dataclass
from typing import Any

from record_store import matching_weights as weights
from record_store.blocking import neighbourhood
from record_store.database import Cursor
from record_store.matching_features import features
from record_store.matching_keys import blocking_keys


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resident with the evidence for it. `probability` is 0 to 1; `grade` certain, probable or possible."""

    resident: int
    probability: float
    grade: str
    evidence: tuple[str, ...]


def candidates(
    cursor: Cursor, patient: dict[str, Any], *, secret: bytes = b"", limit: int = 10
) -> list[Candidate]:
    """The likeliest residents of a FHIR Patient, best first; those with odds below one to one are left out."""
    sought = features(patient)
    keys = blocking_keys(sought, secret=secret)
    found = neighbourhood(cursor, (), keys).compare("", sought, keys)
    return [
        Candidate(resident, 1 / (1 + 2**-one.score), _grade(one.score, one.conflicting), one.evidence)
        for resident, one in found[:limit]
        if one.score > 0
    ]


def _grade(score: float, conflicting: bool) -> str:
    if score >= weights.LINK and not conflicting:
        return "certain"
    return "probable" if score >= weights.REVIEW else "possible"
