"""The decision of the resident index: to which resident a patient belongs, and what a person should look at.

A `Neighbourhood` is the part of the index that a batch can touch: the patients that share a blocking key with it and
all patients of their residents. The same class places the patients of a file in memory and those of an ingest batch.
Words as in IHE PIX: a *patient* is one source's view, a *resident* the human behind one or more of them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from record_store import matching_weights as weights
from record_store.matching_comparison import Comparison, compare
from record_store.matching_features import Features, features
from record_store.matching_keys import blocking_keys

MOST_REVIEWS = 3
"""More doubtful residents than this for one patient help nobody."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A patient and a resident that may be one: for a person to decide. `reason` is a coded word."""

    patient: str
    resident: int
    reason: str
    score: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a patient went: its resident, by which evidence (empty for a new resident), and what else follows.

    `previous` is where it was, None for a patient that the index had not met. `merged` are residents that this patient
    showed to be the same as `resident`; they are retired into it.
    """

    patient: str
    resident: int
    previous: int | None
    reason: str
    score: float = 0.0
    evidence: tuple[str, ...] = ()
    merged: tuple[int, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(slots=True)
class Neighbourhood:
    """Patients, their residents and blocking keys, in memory; `apart` holds the pairs that a person has separated."""

    features: dict[str, Features] = field(default_factory=dict)
    resident: dict[str, int] = field(default_factory=dict)
    members: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_key: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    keys: dict[str, list[int]] = field(default_factory=dict)
    apart: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, patient: str, known: Features, resident: int, keys: Iterable[int]) -> None:
        """Put a patient that already has a resident into the neighbourhood."""
        self.features[patient] = known
        self.resident[patient] = resident
        self.members[resident].add(patient)
        self.keys[patient] = list(keys)
        for key in self.keys[patient]:
            self.by_key[key].add(patient)

    def separate(self, patient: str, other: str) -> None:
        """Remember that a person said these two are not one resident."""
        self.apart[patient].add(other)
        self.apart[other].add(patient)

    def place(self, patient: str, new: Features, keys: Iterable[int], *, fresh: int) -> Placement:
        """Decide the resident of a patient, known or not; `fresh` is the id of a new resident if it needs one."""
        current = self.resident.get(patient)
        keys = list(keys)
        compared = self.compare(patient, new, keys)
        linkable = [r for r, c in compared if self._may_link(patient, new, r, c)]
        home, reason = self._home(patient, new, current, linkable, fresh)
        self._move(patient, new, home, keys)
        merged: list[int] = []
        if current is not None and current != home and not self.members[current]:
            merged.append(current)
        for other in linkable:
            if other != home and other not in merged and self._compatible(home, other):
                home = self._join(home, other, merged)
        comparisons = dict(compared)
        best = comparisons.get(home) or next((comparisons[r] for r in merged if r in comparisons), None)
        doubts = self._doubts(patient, home, [(r, c) for r, c in compared if r not in merged and r != home])
        if reason == "new" or best is None:
            return Placement(patient, home, current, reason, merged=tuple(merged), doubts=doubts)
        return Placement(patient, home, current, reason, best.score, best.evidence, tuple(merged), doubts)

    def compare(self, patient: str, new: Features, keys: list[int]) -> list[tuple[int, Comparison]]:
        """Each resident with a patient that shares a key, with its best comparison, best first."""
        best: dict[int, Comparison] = {}
        for other in set().union(*(self.by_key[key] for key in keys if key in self.by_key)) - {patient}:
            comparison = compare(new, self.features[other])
            resident = self.resident[other]
            if resident not in best or comparison.score > best[resident].score:
                best[resident] = comparison
        return sorted(best.items(), key=lambda found: (-found[1].score, found[0]))

    def _may_link(self, patient: str, new: Features, resident: int, comparison: Comparison) -> bool:
        others = self.members[resident] - {patient}
        return (
            comparison.score >= weights.LINK
            and self.apart.get(patient, set()).isdisjoint(others)
            and not _disjoint(new.citizen_cores, self._cores(others))
        )

    def _home(
        self, patient: str, new: Features, current: int | None, linkable: list[int], fresh: int
    ) -> tuple[int, str]:
        if current is None:
            return (linkable[0], "match") if linkable else (fresh, "new")
        others = self.members[current] - {patient}
        if not others:
            return (linkable[0], "match") if linkable else (current, "kept")
        if current in linkable or not _disjoint(new.citizen_cores, self._cores(others)):
            return current, "kept"
        return (linkable[0], "match") if linkable else (fresh, "new")

    def _move(self, patient: str, new: Features, home: int, keys: list[int]) -> None:
        current = self.resident.get(patient)
        if current is not None:
            self.members[current].discard(patient)
            for key in self.keys[patient]:
                self.by_key[key].discard(patient)
        self.add(patient, new, home, keys)

    def _compatible(self, home: int, other: int) -> bool:
        ours, theirs = self.members[home], self.members[other]
        if any(not self.apart[patient].isdisjoint(theirs) for patient in ours if patient in self.apart):
            return False
        return not _disjoint(self._cores(ours), self._cores(theirs))

    def _join(self, home: int, other: int, merged: list[int]) -> int:
        """Retire the smaller of two residents into the other; equal ones by id, so that no order of arrival matters."""
        home, retired = sorted((home, other), key=lambda r: (-len(self.members[r]), r))
        for patient in self.members.pop(retired):
            self.resident[patient] = home
            self.members[home].add(patient)
        merged.append(retired)
        return home

    def _doubts(self, patient: str, home: int, compared: list[tuple[int, Comparison]]) -> tuple[Doubt, ...]:
        doubts = []
        for resident, comparison in compared:
            reason = _doubt(comparison)
            settled = not self.apart.get(patient, set()).isdisjoint(self.members[resident])
            if reason and not settled:
                doubts.append(Doubt(patient, resident, reason, comparison.score, comparison.evidence))
        return tuple(doubts[:MOST_REVIEWS])

    def _cores(self, patients: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self.features[patient].citizen_cores for patient in patients))


def clusters(patients: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """Place FHIR Patients one after another, as if each came from a source; patient key to cluster number."""
    neighbourhood = Neighbourhood()
    for number, (key, patient) in enumerate(patients):
        known = features(patient)
        neighbourhood.place(key, known, blocking_keys(known), fresh=number)
    return dict(neighbourhood.resident)


def _doubt(comparison: Comparison) -> str:
    if comparison.conflicting:
        # Two people can share all but the number, twins even the house; one person with two numbers is a clerk's case.
        return "numbers-conflict" if comparison.score - weights.CITIZEN_ID_CONFLICT >= weights.LINK else ""
    if comparison.score >= weights.LINK:
        return "residents-conflict"
    if comparison.score >= weights.REVIEW:
        return "likely"
    return "number-only" if comparison.by_number else ""


def _disjoint(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether both sides hold valid citizen numbers and share none."""
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)
