"""What binds people to residents: cards, broken glass, open encounters; and what residents are told of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consent import emergency
from consent.actor import Actor
from consent.decision import Outcome
from consent.grants import present_card
from consent.notices import mark_seen, notices
from consent.permits import allow, withdraw
from fhir_profiles import ids, instant
from fhir_profiles.outcome import Failure, Forbidden, Invalid, TooCostly
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.consent.city import LI, WANG, City, build, named
from tests.consent.conftest import Wallet, authority, clinician, resident
from tests.record_store.drafts import draft, store

Owner = Callable[..., list[tuple[Any, ...]]]
STRANGER = clinician(organisation="HOSPITAL-C", subject="doctor-c", display="陈医生")
AGENT = clinician(role="agent", organisation="COMMUNITY", subject="helper")


@pytest.fixture
def city(database: Database, wallet: Wallet) -> City:
    return build(database, wallet)


def run(city: City, act: Callable[..., Any], *arguments: Any) -> Any:
    with unit_of_work(city.database.engine) as connection:
        return act(cursor(connection), *arguments)


def reads(city: City, actor: Actor) -> bool:
    try:
        city.door.read(actor, "Condition", named("flu"))
    except Forbidden:
        return False
    return True


def told(city: City, who: int = LI) -> list[str]:
    return [notice.kind for notice in run(city, notices, who)]


def test_a_shown_card_binds_for_eight_hours_and_no_longer(city: City, owner: Owner) -> None:
    run(city, present_card, STRANGER, city.cards[LI].info().serial, instant.now())
    (granted,) = owner("select until - granted from card_grant")
    during = reads(city, STRANGER)
    owner("update card_grant set until = now() - interval '1 second'")
    assert (granted[0], during, reads(city, STRANGER)) == (timedelta(hours=8), True, False)


def test_an_agents_card_proof_is_personal_and_short(city: City, owner: Owner) -> None:
    run(city, present_card, AGENT, city.cards[LI].info().serial, instant.now())
    (granted,) = owner("select until - granted from card_grant")
    colleague = clinician(role="agent", organisation="COMMUNITY", subject="other")
    assert granted[0] == timedelta(minutes=15)
    assert (reads(city, AGENT), reads(city, colleague)) == (True, False)


def test_a_revoked_card_ends_what_rests_on_it(city: City) -> None:
    serial = city.cards[LI].info().serial
    run(city, present_card, STRANGER, serial, instant.now())
    run(city, city.wallet.authority.revoke, Actor(subject="desk", role="admin"), serial, instant.now())
    assert not reads(city, STRANGER)
    with pytest.raises(Forbidden):
        run(city, present_card, STRANGER, serial, instant.now())
    assert "card-revoked" in told(city)


def test_an_encounter_binds_while_it_is_open_and_not_for_ever(city: City) -> None:
    before = reads(city, clinician())
    visit = {"resourceType": "Encounter", "id": named("visit-now"), "status": "finished",
             "class": {"code": "AMB"}, "subject": {"reference": f"Patient/{named(f'patient-{LI}')}"},
             "period": {"start": instant.text(instant.now() - timedelta(days=1))}}  # fmt: skip
    store(city.database, draft(visit, LI, source=city.sources["b"]))
    closed = reads(city, clinician())
    forgotten = {
        **visit,
        "status": "in-progress",
        "period": {"start": instant.text(instant.now() - timedelta(days=200))},
    }
    store(city.database, draft(forgotten, LI, source=city.sources["b"]))
    assert (before, closed, reads(city, clinician())) == (True, False, False)


def test_the_first_look_of_an_institution_makes_one_notice(city: City) -> None:
    for _ in range(3):
        reads(city, clinician())
    reads(city, resident(LI))
    assert told(city).count("first-look") == 1
    assert told(city, WANG) == []
    run(city, mark_seen, LI, instant.now())
    assert all(notice.seen for notice in run(city, notices, LI))


def test_a_refused_look_is_no_first_look(city: City) -> None:
    assert not reads(city, STRANGER)
    assert told(city) == []


def test_breaking_the_glass_wants_a_coded_reason_and_a_sentence(city: City) -> None:
    for reason, explanation in (("curious", "long enough"), ("unconscious", ""), ("unconscious", "x" * 501)):
        with pytest.raises(Invalid):
            run(city, emergency.open_glass, STRANGER, LI, reason, explanation, instant.now())
    for actor in (resident(LI), authority(), AGENT, clinician(organisation=""), clinician(scopes=())):
        with pytest.raises(Forbidden):
            run(city, emergency.open_glass, actor, LI, "unconscious", "昏迷送诊，无家属", instant.now())
    assert told(city) == []


def test_broken_glass_closes_after_half_an_hour_or_at_once(city: City, owner: Owner) -> None:
    now = instant.now()
    until = run(city, emergency.open_glass, STRANGER, LI, "unconscious", "昏迷送诊，无家属", now)
    opened = reads(city, STRANGER)
    run(city, emergency.close_glass, STRANGER, LI, instant.now())
    assert (until - now, opened, reads(city, STRANGER)) == (timedelta(minutes=30), True, False)
    assert owner("select reason, basis from audit_event where interaction = 'break-glass'") == [
        ("unconscious", "policy:break-glass")
    ]


def test_every_opening_waits_for_a_reviewer_who_is_somebody_else(city: City) -> None:
    run(city, emergency.open_glass, STRANGER, LI, "unconscious", "昏迷送诊，无家属", instant.now())
    (waiting,) = run(city, emergency.to_review, "HOSPITAL-C")
    reviewer = clinician(organisation="HOSPITAL-C", subject="privacy-officer")
    for wrong in (STRANGER, clinician(subject="privacy-officer")):
        with pytest.raises(Forbidden):
            run(city, emergency.review, wrong, waiting.id, "justified", instant.now())
    run(city, emergency.review, reviewer, waiting.id, "justified", instant.now())
    assert run(city, emergency.to_review, "HOSPITAL-C") == []


def test_a_withdrawn_permit_ends_the_conformance_client(city: City) -> None:
    client = Actor(subject="conformance", role="system", scopes=("system/*.cruds",))
    by = Actor(subject="demo", role="admin")
    permit = run(city, allow, by, "system", "conformance", instant.now())
    again = run(city, allow, by, "system", "conformance", instant.now())
    during = reads(city, client)
    run(city, withdraw, by, permit, instant.now())
    assert (permit, during, reads(city, client)) == (again, True, False)


def test_explain_says_what_would_be_decided_without_looking(city: City, owner: Owner) -> None:
    before = owner("select count(*) from audit_event")
    assert city.door.explain(clinician(), "read", "Condition", LI).permits
    assert city.door.explain(STRANGER, "read", "Condition", LI).outcome is Outcome.NEED_CARD
    assert city.door.explain(clinician(scopes=()), "read", "Condition", LI).reasons == ("scope-insufficient",)
    assert owner("select count(*) from audit_event") == before


def test_the_resident_of_a_patient_is_found_for_card_and_glass(city: City) -> None:
    assert city.door.resident_of(STRANGER, named(f"patient-{LI}")) == LI
    with pytest.raises(Failure):
        city.door.resident_of(STRANGER, named("nobody"))


def test_an_institution_with_too_many_in_care_must_name_the_patient(city: City, owner: Owner) -> None:
    owner(
        "insert into resident (id, bucket, created) select 1000 + n, 0, now() from generate_series(1, 1001) n;"
        "insert into card_grant (resident, organisation, subject, card_serial, granted, until)"
        " select 1000 + n, 'HOSPITAL-B', 's', 'c', now(), now() + interval '1 hour' from generate_series(1, 1001) n"
    )
    with pytest.raises(TooCostly):
        city.door.search(clinician(), "Condition", [])
    assert city.door.search(clinician(), "Organization", []).matches
    patient = f"Patient/{named(f'patient-{LI}')}"
    assert city.door.search(clinician(), "Condition", [("patient", patient)]).matches


def test_rows_without_a_resident_are_a_directory_or_a_secret(city: City) -> None:
    group = {"resourceType": "Group", "id": str(ids.fed(5, "group")), "type": "person", "actual": True}
    store(city.database, draft(group, 0))
    for actor in (clinician(), resident(LI), authority()):
        assert city.door.read(actor, "Organization", named("hospital-a")).id == named("hospital-a")
        assert [row.id for row in city.door.search(actor, "Practitioner", []).matches] == [named("doctor-a")]
        with pytest.raises(Failure):
            city.door.read(actor, "Group", group["id"])
        assert city.door.search(actor, "Group", []).matches == []
