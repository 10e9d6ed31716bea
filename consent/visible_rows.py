"""Residuals as SQL: the predicate that the store ANDs onto every alias of every query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.categories import SENSITIVE
from consent.purposes import ANY, BIT
from consent.residual import Extent, Residual
from fhir_profiles.outcome import TooCostly
from fhir_profiles.resource_types import NUMBER

MOST_RESIDENTS = 1000
"""Residents that one query over an institution's care may span."""

DIRECTORY_TYPES = frozenset(
    (
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "HealthcareService",
        "Endpoint",
        "Medication",
        "Substance",
        "Device",
        "DeviceDefinition",
        "CodeSystem",
        "ValueSet",
        "ConceptMap",
        "NamingSystem",
        "StructureDefinition",
        "SearchParameter",
        "OperationDefinition",
        "CapabilityStatement",
        "Questionnaire",
        "PlanDefinition",
        "ActivityDefinition",
        "Measure",
        "Library",
        "Schedule",
        "Slot",
    )
)
"""Types whose resources without a resident every caller may see. What has no resident and is none of these waits for
one (a Patient not yet identified, a Group, a Task) and is seen by nobody but the conformance client."""

DIRECTORY = tuple(sorted(NUMBER[name] for name in DIRECTORY_TYPES))


Visits = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Singles:
    """Records (ids) and visits (resident, short id of the encounter) that residents hid or showed one by one."""

    hidden: tuple[UUID, ...] = ()
    hidden_visits: Visits = ()
    shown: tuple[UUID, ...] = ()
    shown_visits: Visits = ()


@dataclass(frozen=True, slots=True)
class VisibleRows:
    """Implements `record_store.visibility.Visibility`.

    `groups` pairs a residual (without its single records and visits) with the residents it holds for; None stands for
    every resident. The single records of all residents travel together, because ids are unique; visits travel with
    their resident, because the short ids of encounters are unique only inside one.
    """

    residents: tuple[int, ...] | None
    epoch: str
    groups: tuple[tuple[Residual, tuple[int, ...] | None], ...]
    singles: Singles
    everything_without_resident: bool = False
    hidden_in: tuple[int, datetime] | None = None

    def where(self, alias: str) -> tuple[str, Mapping[str, object]]:
        """See `Visibility.where`."""
        parameters: dict[str, object] = {}
        cases = [
            _case(alias, number, residual, residents, parameters)
            for number, (residual, residents) in enumerate(self.groups)
        ]
        if self.residents is not None or not self.everything_without_resident:
            parameters["visible_directory"] = list(DIRECTORY)
            cases.append(f"({alias}.resident_id = 0 and {alias}.type = any(%(visible_directory)s))")
        shown = _one_by_one(alias, "shown", self.singles.shown, self.singles.shown_visits, parameters)
        if shown and self.residents:
            parameters["visible_residents"] = list(self.residents)
            cases.append(f"({alias}.resident_id = any(%(visible_residents)s) and ({' or '.join(shown)}))")
        text = " or ".join(cases)
        hidden = _one_by_one(alias, "hidden", self.singles.hidden, self.singles.hidden_visits, parameters)
        if hidden:
            text = f"({text}) and not ({' or '.join(hidden)})"
        if self.hidden_in:
            text = f"({text}) and {_hidden_anywhere(alias, *self.hidden_in, parameters)}"
        return f"({text})", parameters


def of_residents(residuals: Mapping[int, Residual], epoch: str, *, most: int = MOST_RESIDENTS) -> VisibleRows:
    """What some residents' residuals let through, and the directory. TooCostly beyond `most` residents."""
    if len(residuals) > most:
        raise TooCostly(
            f"This search spans more than {most} residents in care; name the patient", reason="many-residents"
        )
    groups: dict[Residual, list[int]] = {}
    for resident_id, residual in residuals.items():
        plain = replace(residual, hidden=(), hidden_visits=(), shown=(), shown_visits=())
        groups.setdefault(plain, []).append(resident_id)
    each = residuals.items()
    singles = Singles(
        hidden=_union(residual.hidden for _, residual in each),
        hidden_visits=_union(_paired(resident, residual.hidden_visits) for resident, residual in each),
        shown=_union(residual.shown for _, residual in each),
        shown_visits=_union(_paired(resident, residual.shown_visits) for resident, residual in each),
    )
    return VisibleRows(
        residents=tuple(sorted(residuals)),
        epoch=epoch,
        groups=tuple(
            (residual, tuple(sorted(ids))) for residual, ids in groups.items() if residual.opens_anything
        ),
        singles=singles,
    )


def of_everybody(
    residual: Residual, epoch: str, *, purpose: str, now: datetime, conformance: bool
) -> VisibleRows:
    """One residual for the whole region: a statute's, or that of the demo's conformance client. Below statute, what
    any resident hid from this purpose stays hidden."""
    return VisibleRows(
        residents=None,
        epoch=epoch,
        groups=((residual, None),),
        singles=Singles(),
        everything_without_resident=conformance,
        hidden_in=None if residual.statute else (BIT.get(purpose, ANY), now),
    )


def _case(
    alias: str,
    number: int,
    residual: Residual,
    residents: tuple[int, ...] | None,
    parameters: dict[str, object],
) -> str:
    rows = _rows(alias, number, residual, parameters)
    if residents is None:
        return rows
    name = f"visible_residents_{number}"
    parameters[name] = residents[0] if len(residents) == 1 else list(residents)
    limit = f"{alias}.resident_id = " + (f"%({name})s" if len(residents) == 1 else f"any(%({name})s)")
    return f"({limit} and {rows})" if rows != "true" else f"({limit})"


def _rows(alias: str, number: int, residual: Residual, parameters: dict[str, object]) -> str:
    """The same rule as `residual.sees`, for rows that no switch names one by one."""
    if residual.statute:
        return f"{alias}.labels & {residual.statute} <> 0"
    closed = SENSITIVE & ~residual.permitted
    # The first half says nothing new, but the planner knows how many rows have no label at all.
    opened = f"({alias}.labels = 0 or {alias}.labels & {closed} = 0)" if closed else "true"
    own = ""
    if residual.sources and residual.extent is not Extent.NONE:
        parameters[f"visible_sources_{number}"] = list(residual.sources)
        own = f"{alias}.source = any(%(visible_sources_{number})s)"
    if residual.extent is not Extent.ALL:
        opened = f"({alias}.labels & {SENSITIVE} <> 0 and {opened})" if residual.permitted else "false"
    rows = f"({opened} or {own})" if own and opened != "true" else opened
    if residual.denied and own:
        rows = f"({alias}.labels & {residual.denied} = 0 and {rows})"
    return rows


def _one_by_one(
    alias: str, word: str, records: tuple[UUID, ...], visits: Visits, parameters: dict[str, object]
) -> list[str]:
    conditions = []
    if records:
        parameters[f"visible_{word}"] = [str(record) for record in records]
        conditions.append(f"{alias}.id = any(%(visible_{word})s::uuid[])")
    if visits:
        parameters[f"visible_{word}_of"] = [resident for resident, _ in visits]
        parameters[f"visible_{word}_visits"] = [visit for _, visit in visits]
        pairs = f"select * from unnest(%(visible_{word}_of)s::bigint[], %(visible_{word}_visits)s::bigint[])"
        conditions.append(
            f"({alias}.encounter is not null and ({alias}.resident_id, {alias}.encounter) in ({pairs}))"
        )
    return conditions


def _hidden_anywhere(alias: str, purposes: int, now: datetime, parameters: dict[str, object]) -> str:
    """Rules of residents that were merged hide a visit whoever has its rows now."""
    parameters["visible_now"] = now
    rule = (
        f"u.rank = 6 and not u.permit and u.purposes & {purposes} <> 0"
        " and (u.starts is null or u.starts <= %(visible_now)s) and (u.ends is null or u.ends > %(visible_now)s)"
    )
    return (
        f"{alias}.id not in (select u.record from consent_rule u where u.record is not null and {rule})"
        " and not exists (select from consent_rule u left join resident m on m.id = u.resident"
        f" where u.visit = {alias}.encounter and (u.resident = {alias}.resident_id or m.merged_into is not null)"
        f" and {rule})"
    )


def _paired(resident: int, visits: tuple[int, ...]) -> Visits:
    return tuple((resident, visit) for visit in visits)


def _union(parts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(sorted({one for part in parts for one in part}))
