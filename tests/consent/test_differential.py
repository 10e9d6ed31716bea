"""Two implementations, one promise: what SQL lets through is what a slow reading of the Consents allows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.actor import Actor
from consent.categories import Label
from consent.decision import Relations, Request
from consent.directive_profile import compiled, directive, switch_key, unenforceable
from consent.policy import decide
from consent.reference_evaluator import Fact, visible
from consent.residual import Row, sees
from consent.rules import Directives
from consent.visible_rows import VisibleRows, of_everybody, of_residents
from fhir_profiles import ids, instant
from fhir_profiles.resource_types import NUMBER
from record_store.logical_ids import short_of, uuid_of
from tests.conftest import Database
from tests.consent.conftest import authority, clinician, resident

NOW = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
RESIDENTS = (1, 2)
LABELS = ("HIV_STD", "MENTAL", "NOTIFIABLE")
ORGANISATIONS = ("A", "B")


def _facts() -> list[Fact]:
    """Every combination of labels, source and visit, for two residents; and a directory."""
    facts = []
    for owner in RESIDENTS:
        for visit in ("", "v1", "v2"):
            encounter = f"Encounter/{ids.fed(owner, visit)}" if visit else ""
            if visit:
                facts.append(Fact(encounter, owner, frozenset(), 1, encounter))
            for source in (1, 2):
                for mask in range(1 << len(LABELS)):
                    labels = frozenset(one for bit, one in enumerate(LABELS) if mask >> bit & 1)
                    name = str(ids.fed(owner, visit, str(source), str(mask)))
                    facts.append(Fact(f"Condition/{name}", owner, labels, source, encounter))
    facts.append(Fact(f"Organization/{ids.fed(9, 'o')}", 0, frozenset(), 1))
    facts.append(Fact(f"Group/{ids.fed(9, 'g')}", 0, frozenset(), 1))
    return facts


FACTS = _facts()
OWN_FACTS = {owner: [fact for fact in FACTS if fact.resident == owner] for owner in RESIDENTS}


def _identity(fact: Fact) -> UUID:
    kind, _, name = fact.reference.partition("/")
    return uuid_of(kind, name)


def _mask(fact: Fact) -> int:
    return sum(int(Label[one]) for one in fact.labels)


BY_ID = {str(_identity(fact)): fact for fact in FACTS}

moments = st.sampled_from(
    [
        "",
        "2026-11-23",
        "2026-11-24",
        "2026-11-25",
        "2026-11-24T07:59:59Z",
        "2026-11-24T08:00:00Z",
        "2026-11-24T08:00:01Z",
    ]
)
whos = st.one_of(
    st.none(),
    st.tuples(st.just("organisation"), st.sampled_from(ORGANISATIONS)),
    st.tuples(st.just("department"), st.sampled_from(["A/01", "B/01"])),
    st.tuples(st.just("clinician"), st.sampled_from(["doctor-1", "doctor-2"])),
)
purposes = st.sampled_from(["", "", "TREAT", "ETREAT", "BTG", "HRESCH", "PATRQT", "FAMRQT"])


@st.composite
def switches(draw: st.DrawFn, owner: int) -> dict[str, Any]:
    switch: dict[str, Any] = {"permit": draw(st.booleans()), "purpose": draw(purposes)}
    kind = draw(st.sampled_from(["who", "what", "what-who", "record", "visit", "all"]))
    if kind in ("who", "what-who"):
        switch["who"] = draw(whos.filter(bool))
    if kind in ("what", "what-who"):
        switch["category"] = draw(st.sampled_from(LABELS[:2]))
    if kind == "record":
        switch["record"] = draw(st.sampled_from(OWN_FACTS[owner])).reference
    if kind == "visit":
        visits = [fact for fact in OWN_FACTS[owner] if fact.encounter]
        switch["visit"] = draw(st.sampled_from(visits)).encounter
    if draw(st.integers(0, 3)) == 0:
        switch["start"], switch["end"] = draw(moments), draw(moments)
    return switch


@st.composite
def callers(draw: st.DrawFn) -> Actor:
    role = draw(st.sampled_from(["clinician"] * 6 + ["agent", "resident", "guardian", "authority", "system"]))
    if role == "authority":
        return authority()
    if role == "system":
        return Actor(
            subject="c",
            role="system",
            scopes=("system/*.cruds",),
            purpose=draw(st.sampled_from(["", "TREAT"])),
        )
    if role in ("resident", "guardian"):
        own = 1 if role == "resident" else 3
        return resident(own, purpose="PATRQT" if role == "resident" else "FAMRQT")
    purpose = draw(st.sampled_from(["TREAT", "TREAT", "ETREAT", "BTG"])) if role == "clinician" else "TREAT"
    card = draw(st.sampled_from([{}, {}, {1: NOW}, {1: NOW + timedelta(hours=1)}]))
    return clinician(
        role=role,
        organisation=draw(st.sampled_from(ORGANISATIONS)),
        department=draw(st.sampled_from(["01", "02"])),
        subject=draw(st.sampled_from(["doctor-1", "doctor-2"])),
        purpose=purpose,
        card_present=card,
    )


@st.composite
def bonds(draw: st.DrawFn, actor: Actor) -> Relations:
    edge = st.sampled_from([None, None, NOW, NOW + timedelta(minutes=1)])
    if actor.role in ("clinician", "agent"):
        sources = {"A": (1,), "B": draw(st.sampled_from([(), (2,)]))}[actor.organisation]
        return Relations(
            sources=sources,
            open_encounter=draw(st.booleans()),
            card_until=draw(edge),
            emergency_until=draw(st.sampled_from([None, None, None, NOW, NOW + timedelta(minutes=1)])),
        )
    if actor.role == "resident":
        return Relations(proxy_until=draw(edge))
    return Relations(permit="1" if actor.role == "system" else "")


@dataclass
class Situation:
    actor: Actor
    relations: dict[int, Relations]
    consents: dict[int, list[dict[str, Any]]]


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    actor = draw(callers())
    consents: dict[int, list[dict[str, Any]]] = {}
    for owner in RESIDENTS:
        by_key = {}
        for number, switch in enumerate(draw(st.lists(switches(owner), max_size=5))):
            consent = directive(
                ids.fed(owner, "consent", str(number)), f"Patient/{owner}", "2026-01-01T00:00:00Z", **switch
            )
            assert unenforceable(consent) == []
            by_key[switch_key(consent)] = consent
        consents[owner] = list(by_key.values())
    relations = {owner: draw(bonds(actor)) for owner in RESIDENTS}
    if actor.role == "system":
        relations = dict.fromkeys(RESIDENTS, Relations(permit="1"))
    return Situation(actor, relations, consents)


def _visibility(situation: Situation) -> VisibleRows:
    """What the door does, with the evidence given instead of loaded."""
    actor = situation.actor
    if actor.role in ("authority", "system"):
        bound = Relations(permit="1") if actor.role == "system" else Relations()
        decision = decide(Request(actor, "search"), Directives(), bound, NOW)
        return of_everybody(
            decision.residual, "t", purpose=actor.purpose, now=NOW, conformance=actor.role == "system"
        )
    residuals = {}
    for owner in RESIDENTS:
        rules = Directives(tuple(compiled(consent, 1) for consent in situation.consents[owner]))
        decision = decide(Request(actor, "search", None, owner), rules, situation.relations[owner], NOW)
        if decision.permits:
            residuals[owner] = decision.residual
    return of_residents(residuals, "t")


@contextmanager
def _rules(cursor: Any, situation: Situation) -> Iterator[None]:
    """Rule rows for the statement that reads what anybody hid."""
    cursor.execute("savepoint rules")
    if situation.actor.role == "system":
        for owner, consents in situation.consents.items():
            for consent in consents:
                rule = compiled(consent, 1)
                cursor.execute(
                    "insert into consent_rule (resident, consent, version, rank, permit, purposes, record, visit, starts,"
                    " ends) values (%s, %s, 1, %s, %s, %s, %s, %s, %s, %s)",
                    (
                        *(owner, str(rule.consent), int(rule.rank), rule.permit, rule.purposes),
                        *(str(rule.record) if rule.record else None, rule.visit, rule.start, rule.end),
                    ),
                )
    yield
    cursor.execute("rollback to savepoint rules")


@pytest.fixture(scope="module")
def rows(postgres: Any) -> Iterator[Callable[[Situation], set[str]]]:
    """Asks a real PostgreSQL which of FACTS pass."""
    name = "hie_differential"
    postgres.execute(f"create database {name} template hie_template")
    connection = psycopg2.connect(Database(None, "", postgres.owner_url).owner_url, dbname=name)  # type: ignore[arg-type]
    cursor = connection.cursor()
    for fact in FACTS:
        identity = _identity(fact)
        cursor.execute(
            "insert into resource (bucket, type, version, id, resident_id, updated, encounter, labels, source, dictionary,"
            " body) values (%s, %s, 1, %s, %s, now(), %s, %s, %s, 0, '')",
            (
                *(ids.bucket(identity), NUMBER[fact.reference.split("/")[0]], str(identity), fact.resident),
                *(
                    short_of(fact.encounter) if fact.encounter.startswith("Encounter/") else None,
                    _mask(fact),
                    fact.source,
                ),
            ),
        )

    def ask(situation: Situation) -> set[str]:
        with _rules(cursor, situation):
            where, parameters = _visibility(situation).where("r")
            cursor.execute(f"select r.id::text from resource r where {where}", parameters)
            return {row[0] for row in cursor.fetchall()}

    yield ask
    connection.close()
    postgres.execute(f"drop database {name} with (force)")


def _expected(situation: Situation) -> set[str]:
    return {
        name
        for name, fact in BY_ID.items()
        if visible(fact, situation.actor, situation.relations, situation.consents, NOW)
    }


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(situation=situations())
def test_sql_shows_what_the_consents_allow_row_by_row(
    rows: Callable[[Situation], set[str]], situation: Situation
) -> None:
    assert rows(situation) == _expected(situation)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(situation=situations())
def test_sql_agrees_on_thousands_of_situations_by_chance(
    rows: Callable[[Situation], set[str]], situation: Situation
) -> None:
    assert rows(situation) == _expected(situation)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(situation=situations())
def test_the_residual_in_python_says_the_same(situation: Situation) -> None:
    actor = situation.actor
    if actor.role in ("authority", "system"):
        return
    for owner in RESIDENTS:
        rules = Directives(tuple(compiled(consent, 1) for consent in situation.consents[owner]))
        decision = decide(Request(actor, "search", None, owner), rules, situation.relations[owner], NOW)
        for fact in OWN_FACTS[owner]:
            encounter = short_of(fact.encounter) if fact.encounter else None
            row = Row(_identity(fact), _mask(fact), fact.source, encounter)
            expected = visible(fact, actor, situation.relations, situation.consents, NOW)
            assert (decision.permits and sees(decision.residual, row)) == expected


def test_the_data_tries_every_kind_of_row() -> None:
    assert len(FACTS) == len(BY_ID) == 2 * (3 * 2 * 8 + 2) + 2
    assert instant.text(NOW) == "2026-11-24T08:00:00.000Z"
