"""What is withheld stays withheld through every side door: totals, pages, includes, chains, reverse chains, sorting,
versions, histories, $everything, exports. One matrix: ways to ask × reasons to withhold."""

from collections.abc import Callable
from typing import Any

import pytest

from consent.actor import Actor
from consent.categories import Label
from consent.permits import allow
from fhir_profiles import instant
from fhir_profiles.outcome import Failure, Forbidden, NotFound
from record_store.database import cursor, unit_of_work
from record_store.stored import Found
from tests.conftest import Database
from tests.consent.city import LI, City, build, named
from tests.consent.conftest import Wallet, authority, clinician, resident
from tests.record_store.drafts import draft, store

PATIENT = named(f"patient-{LI}")
OF_LI = ("patient", f"Patient/{PATIENT}")
CLIENT = Actor(subject="conformance", role="system", scopes=("system/*.cruds",))

Withheld = tuple[str, str, str, str]
"""Words for a visit, its condition, the condition's code, and an observation (or "")."""

REASONS: dict[str, tuple[Callable[[City], Any], Actor, Withheld]] = {
    "a hidden visit": (
        lambda city: city.direct(permit=False, visit=f"Encounter/{named('visit-hidden')}"),
        clinician(),
        ("visit-hidden", "secret", "K35", "secret-result"),
    ),
    "a hidden visit, before the conformance client": (
        lambda city: city.direct(permit=False, visit=f"Encounter/{named('visit-hidden')}"),
        CLIENT,
        ("visit-hidden", "secret", "K35", "secret-result"),
    ),
    "a sensitive category without a permit": (
        lambda city: None,
        clinician(),
        ("visit-psychiatry", "depression", "F32", ""),
    ),
    "a category closed to its author": (
        lambda city: city.direct(permit=False, category="MENTAL"),
        clinician(organisation="HOSPITAL-A"),
        ("visit-psychiatry", "depression", "F32", ""),
    ),
    "somebody else's record": (
        lambda city: None,
        resident(LI),
        ("visit-wang", "cold", "", ""),
    ),
}


@pytest.fixture(params=REASONS)
def case(request: pytest.FixtureRequest, database: Database, wallet: Wallet) -> tuple[City, Actor, Withheld]:
    direct, actor, withheld = REASONS[request.param]
    city = build(database, wallet)
    with unit_of_work(database.engine) as connection:
        allow(cursor(connection), Actor(subject="demo", role="admin"), "system", "conformance", instant.now())
    direct(city)
    return city, actor, withheld


def shown(found: Found) -> set[str]:
    return {row.id for row in (*found.matches, *found.included)}


def queries(withheld: Withheld) -> list[tuple[str, list[tuple[str, str]]]]:
    """Searches that a curious caller would try, without and with the patient named."""
    visit, _, code, result = withheld
    asked: list[tuple[str, list[tuple[str, str]]]] = [
        ("Encounter", []),
        ("Encounter", [("_id", named(visit))]),
        ("Encounter", [("_sort", "-date")]),
        ("Encounter", [("_revinclude", "Condition:encounter"), ("_revinclude", "Observation:encounter")]),
        ("Condition", [("encounter", f"Encounter/{named(visit)}")]),
        ("Condition", [("encounter.status", "finished")]),
        ("Condition", [("_include", "Condition:encounter")]),
        ("Condition", [("_lastUpdated", "gt2000-01-01")]),
        ("Patient", [("_revinclude", "Condition:subject"), ("_revinclude", "Encounter:subject")]),
        ("Observation", [("_include", "Observation:encounter"), ("_include", "Observation:performer")]),
    ]
    if code:
        asked += [("Condition", [("code", code)]), ("Condition", [("code:not", "J00")])]
    if result:
        asked += [
            ("Observation", [("value-quantity", "gt900")]),
            ("Observation", [("_sort", "-value-quantity")]),
            ("Observation", [("code-value-quantity", "2345-7$gt900")]),
        ]
    return asked


def test_no_search_shows_or_counts_it(case: tuple[City, Actor, Withheld]) -> None:
    city, actor, withheld = case
    secret = {named(word) for word in (withheld[0], withheld[1], withheld[3]) if word}
    for type_, pairs in queries(withheld):
        for more in ([], [] if type_ == "Patient" else [OF_LI]):
            try:
                found = city.door.search(
                    actor, type_, [*pairs, *more, ("_total", "accurate"), ("_count", "1000")]
                )
                counted = city.door.search(actor, type_, [*pairs, *more, ("_summary", "count")])
            except Forbidden:
                continue
            assert not shown(found) & secret, (type_, pairs)
            assert counted.total == found.total == len(found.matches), (type_, pairs)


def test_pages_add_up_to_what_is_visible(case: tuple[City, Actor, Withheld]) -> None:
    city, actor, withheld = case
    whole = city.door.search(actor, "Condition", [("_count", "100")])
    page = city.door.search(actor, "Condition", [("_count", "1")])
    seen = [row.id for row in page.matches]
    while page.next:
        page = city.door.search(actor, "Condition", [], page=page.next)
        seen += [row.id for row in page.matches]
    assert sorted(seen) == sorted(row.id for row in whole.matches)
    assert named(withheld[1]) not in seen


def test_reverse_chains_do_not_tell_of_it(case: tuple[City, Actor, Withheld]) -> None:
    city, actor, (visit, _, code, result) = case
    if code:
        found = city.door.search(actor, "Patient", [("_has:Condition:patient:code", code)])
        assert shown(found) == set()
    if result:
        by_result = city.door.search(actor, "Encounter", [("_has:Observation:encounter:code", "2345-7")])
        assert named(visit) not in shown(by_result)


def test_it_cannot_be_read_by_any_version(case: tuple[City, Actor, Withheld]) -> None:
    city, actor, (visit, condition, _, _) = case
    for type_, word in (("Encounter", visit), ("Condition", condition)):
        ways: list[Callable[[], Any]] = [
            lambda type_=type_, word=word: city.door.read(actor, type_, named(word)),
            lambda type_=type_, word=word: city.door.vread(actor, type_, named(word), 1),
            lambda type_=type_, word=word: city.door.history(actor, type_, named(word)),
        ]
        for way in ways:
            with pytest.raises(NotFound) as failure:
                way()
            assert failure.value.issues[0].reason == "not-found"


def test_what_is_hidden_answers_like_what_is_absent(case: tuple[City, Actor, Withheld]) -> None:
    city, actor, (_, condition, _, _) = case
    answers = []
    for word in (condition, "never-existed"):
        with pytest.raises(NotFound) as failure:
            city.door.read(actor, "Condition", named(word))
        answers.append(failure.value.issues)
    assert answers[0] == answers[1]


def test_everything_and_wide_histories_leave_it_out(case: tuple[City, Actor, Withheld]) -> None:
    city, actor, withheld = case
    secret = {named(word) for word in (withheld[0], withheld[1], withheld[3]) if word}
    try:
        assert not shown(city.door.everything(actor, PATIENT)) & secret
    except NotFound:
        assert actor.organisation == "HOSPITAL-A"
    if actor.role in ("resident", "system"):
        assert not shown(city.door.history(actor, "Condition")) & secret
        assert not shown(city.door.history(actor)) & secret
    else:
        with pytest.raises(Failure) as failure:
            city.door.history(actor, "Condition")
        assert failure.value.issues[0].reason == "history-of-one"


def test_exports_leave_it_out_or_are_refused(case: tuple[City, Actor, Withheld]) -> None:
    city, actor, withheld = case
    secret = [named(word).encode() for word in (withheld[0], withheld[1], withheld[3]) if word]
    if actor.role == "system":
        lines = b"".join(city.door.export(actor))
        assert not any(word in lines for word in secret)
    else:
        with pytest.raises(Failure) as failure:
            next(city.door.export(actor))
        assert failure.value.issues[0].reason == "export-not-allowed"


def test_the_authority_finds_nothing_beyond_the_statute_by_any_query(
    case: tuple[City, Actor, Withheld],
) -> None:
    city, _, withheld = case
    cases = {named("hiv"), named("tuberculosis"), named("hospital-a"), named("doctor-a")}
    for type_, pairs in queries(withheld):
        assert shown(city.door.search(authority(), type_, pairs)) <= cases
    with pytest.raises(NotFound):
        city.door.read(authority(), "Patient", PATIENT)
    assert shown(city.door.search(authority(), "Patient", [("_has:Condition:patient:code", "A15")])) == set()


def test_an_old_version_stays_hidden_when_the_present_one_is(database: Database, wallet: Wallet) -> None:
    city = build(database, wallet)
    resource = {
        "resourceType": "Condition",
        "id": named("flu"),
        "subject": {"reference": f"Patient/{PATIENT}"},
    }
    source = city.sources["a"]
    store(database, draft({**resource, "note": [{"text": "x"}]}, LI, source=source, labels=int(Label.MENTAL)))
    for way in (
        lambda: city.door.vread(clinician(), "Condition", named("flu"), 1),
        lambda: city.door.history(clinician(), "Condition", named("flu")),
    ):
        with pytest.raises(NotFound):
            way()
