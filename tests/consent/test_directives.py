"""Directives: signed by the right card, on the profile, once, and closed when anybody tampers with them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consent.actor import Actor
from consent.card_signature import sign
from consent.directive_profile import Consent, directive, unenforceable
from consent.directives import damaged, keep_document, listed, register, withdraw
from consent.grants import make_guardian, present_card
from consent.notices import notices
from fhir_profiles import ids, instant
from fhir_profiles.outcome import Failure, Forbidden, NotFound
from fhir_profiles.resources import loads
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.consent.city import LI, WANG, City, build, named
from tests.consent.conftest import Wallet, clinician, resident

Owner = Callable[..., list[tuple[Any, ...]]]
OF_LI = [("patient", f"Patient/{named(f'patient-{LI}')}")]
DENY_B: dict[str, Any] = {"permit": False, "who": ("organisation", "HOSPITAL-B")}


@pytest.fixture
def city(database: Database, wallet: Wallet) -> City:
    return build(database, wallet)


def written(owner: int = LI, moment: str = "", **switch: Any) -> Consent:
    patient = f"Patient/{named(f'patient-{owner}')}"
    return directive(ids.created(0), patient, moment or instant.text(instant.now()), **{**DENY_B, **switch})


def hand_in(city: City, consent: Consent, owner: int = LI, card: int = LI) -> str:
    """Register; the coded reason of the refusal, or nothing."""
    try:
        with unit_of_work(city.database.engine) as connection:
            jws = sign(city.cards[card], consent)
            register(cursor(connection), city.trust, owner, jws, resident(owner), instant.now())
    except Failure as failure:
        return failure.issues[0].reason
    return ""


def seen(city: City, actor: Actor | None = None) -> int:
    try:
        return len(city.door.search(actor or clinician(), "Condition", OF_LI).matches)
    except Forbidden:
        return 0


def test_a_directive_is_in_force_on_the_next_request_until_it_is_withdrawn(city: City) -> None:
    before = seen(city)
    kept = city.direct(**DENY_B)
    during = seen(city)
    ended = {**kept.consent, "status": "inactive", "dateTime": instant.text(instant.now())}
    with unit_of_work(city.database.engine) as connection:
        withdraw(cursor(connection), city.trust, LI, sign(city.cards[LI], ended), resident(LI), instant.now())
        states = [(one.version, one.state) for one in listed(cursor(connection), LI)]
        told = [one.kind for one in notices(cursor(connection), LI)]
    assert (before, during, seen(city)) == (3, 0, 3)
    assert states == [(2, "withdrawn"), (1, "superseded")]
    assert told.count("consent-changed") == 2


def test_a_newer_switch_for_the_same_key_supersedes_the_older(city: City) -> None:
    city.direct(**DENY_B)
    city.direct(permit=True, who=("organisation", "HOSPITAL-B"))
    with unit_of_work(city.database.engine) as connection:
        states = [one.state for one in listed(cursor(connection), LI)]
    assert sorted(states) == ["active", "superseded"]
    assert seen(city) == 3


def test_only_the_residents_own_card_signs(city: City) -> None:
    assert hand_in(city, written(), card=WANG) == "card-of-another"
    assert seen(city) == 3


def test_a_guardians_card_signs_for_a_child(city: City) -> None:
    now = instant.now()
    with unit_of_work(city.database.engine) as connection:
        clerk = Actor(subject="clerk", role="admin", display="登记处")
        make_guardian(
            cursor(connection), clerk, LI, WANG, (now - timedelta(days=3000)).date(), "birth-record", now
        )
    assert hand_in(city, written(), card=WANG) == ""
    guardian = resident(WANG, purpose="FAMRQT")
    assert len(city.door.search(guardian, "Condition", OF_LI).matches) == 5


def test_a_guardian_cannot_be_made_for_who_is_fourteen(city: City) -> None:
    now = instant.now()
    with pytest.raises(Failure) as failure, unit_of_work(city.database.engine) as connection:
        make_guardian(
            cursor(connection), resident(1), LI, WANG, (now - timedelta(days=5200)).date(), "x", now
        )
    assert failure.value.issues[0].reason == "guardian-age"


def test_an_old_signature_is_no_new_will(city: City) -> None:
    stale = instant.text(instant.now() - timedelta(minutes=11))
    assert hand_in(city, written(moment=stale)) == "directive-stale"


def test_an_id_is_used_once(city: City) -> None:
    consent = written()
    assert hand_in(city, consent) == ""
    assert hand_in(city, consent) == "directive-exists"


def test_a_changed_document_does_not_fit_its_signature(city: City) -> None:
    jws = sign(city.cards[LI], written())
    other = sign(city.cards[LI], written(permit=True))
    head, _, signature = jws.split(".")
    forged = f"{head}.{other.split('.')[1]}.{signature}"
    with pytest.raises(Forbidden) as failure, unit_of_work(city.database.engine) as connection:
        register(cursor(connection), city.trust, LI, forged, resident(LI), instant.now())
    assert failure.value.issues[0].reason == "card-signature"


@pytest.mark.parametrize("jws", ["", "a.b", "a.b.c", "e30.e30.e30", "....", "é.é.é"])
def test_rubbish_instead_of_a_signature_is_refused(city: City, jws: str) -> None:
    with pytest.raises(Failure), unit_of_work(city.database.engine) as connection:
        register(cursor(connection), city.trust, LI, jws, resident(LI), instant.now())


def test_nobody_hides_what_belongs_to_another(city: City) -> None:
    foreign = written(who=None, record=f"Condition/{named('cold')}")
    absent = written(who=None, record=f"Condition/{named('nothing')}")
    other_patient = {**written(), "patient": {"reference": f"Patient/{named(f'patient-{WANG}')}"}}
    assert [hand_in(city, one) for one in (foreign, absent, other_patient)] == [
        "directive-foreign-target"
    ] * 3


UNENFORCEABLE = [
    ({"verification": [{"verified": True}]}, "Consent.verification"),
    ({"provision": {"type": "deny", "provision": [{"type": "permit"}]}}, "Consent.provision.provision"),
    ({"provision": {"type": "deny", "code": [{"text": "x"}]}}, "Consent.provision.code"),
    ({"provision": {"type": "deny", "dataPeriod": {"start": "2020"}}}, "Consent.provision.dataPeriod"),
    ({"provision": {"type": "maybe"}}, "Consent.provision.type"),
    ({"provision": {"type": "deny", "purpose": [{"code": "MARKT"}]}}, "Consent.provision.purpose"),
    ({"provision": {"type": "deny", "securityLabel": [{"code": "R"}]}}, "Consent.provision.securityLabel"),
    (
        {"provision": {"type": "deny", "actor": [{"reference": {"reference": "Practitioner/1"}}]}},
        "Consent.provision.actor",
    ),
    ({"provision": {"type": "deny", "period": {"end": "2026"}}}, "Consent.provision.period"),
    ({"provision": {"type": "deny", "data": [{"meaning": "dependents"}]}}, "Consent.provision.data"),
    ({"provision": None}, "Consent.provision"),
]


@pytest.mark.parametrize(("change", "where"), UNENFORCEABLE)
def test_what_cannot_be_enforced_is_refused_and_named(change: Consent, where: str) -> None:
    assert [issue.expression for issue in unenforceable({**written(), **change})] == [where]


def test_an_unenforceable_consent_is_kept_without_effect_and_says_so(city: City) -> None:
    scan = {**written(), "sourceAttachment": {"title": "scan"}}
    with unit_of_work(city.database.engine) as connection:
        issues = keep_document(cursor(connection), LI, scan, clinician(), instant.now())
        (kept,) = listed(cursor(connection), LI)
    assert [issue.expression for issue in issues] == ["Consent.sourceAttachment"]
    assert (kept.state, kept.effective) == ("document", False)
    assert seen(city) == 3


TAMPERING = [
    "update consent_rule set permit = true",
    "update consent_rule set who = 'HOSPITAL-X'",
    "update consent_rule set ends = now() - interval '1 day'",
    "delete from consent_rule",
    "delete from consent_rule; delete from consent_state",
    "update consent_state set seal = ''",
]


@pytest.mark.parametrize("statement", TAMPERING)
def test_tampered_rules_close_the_record_and_are_reported(city: City, owner: Owner, statement: str) -> None:
    city.direct(permit=False, who=("organisation", "HOSPITAL-C"))
    fine = seen(city)
    owner(statement)
    with unit_of_work(city.database.engine) as connection:
        reported = damaged(cursor(connection), city.trust)
    assert (fine, seen(city), reported) == (3, 0, [LI])
    assert len(city.door.search(resident(LI), "Condition", OF_LI).matches) == 5


def test_a_changed_document_behind_the_rules_is_reported(city: City, owner: Owner) -> None:
    city.direct(**DENY_B)
    owner(
        "update consent_directive set document = convert_to(replace(convert_from(document, 'UTF8'), 'deny', 'permit'), 'UTF8')"
    )
    with unit_of_work(city.database.engine) as connection:
        assert damaged(cursor(connection), city.trust) == [LI]


def test_directives_follow_their_resident_through_a_merge_and_back(city: City, owner: Owner) -> None:
    city.direct(LI, permit=False, record=f"Condition/{named('flu')}")
    owner("update resource set resident_id = %s where resident_id = %s", (WANG, LI))
    owner("update resident set merged_into = %s where id = %s", (WANG, LI))
    of_wang = [("patient", f"Patient/{named(f'patient-{WANG}')}")]
    merged = {loads(one.body)["id"] for one in city.door.search(clinician(), "Condition", of_wang).matches}
    assert named("flu") not in merged
    assert named("cold") in merged
    owner(
        "update resource set resident_id = %s where resident_id = %s and id <> %s::uuid",
        (LI, WANG, named("cold")),
    )
    owner("update resident set merged_into = null where id = %s", (LI,))
    parted = {loads(one.body)["id"] for one in city.door.search(clinician(), "Condition", OF_LI).matches}
    assert named("flu") not in parted
    assert named("secret") in parted


def test_withdrawing_what_is_not_in_force_finds_nothing(city: City) -> None:
    consent = {**written(), "status": "inactive"}
    with pytest.raises(NotFound), unit_of_work(city.database.engine) as connection:
        withdraw(
            cursor(connection), city.trust, LI, sign(city.cards[LI], consent), resident(LI), instant.now()
        )


def test_cards_directives_and_care_follow_merges_of_merges(city: City, owner: Owner) -> None:
    city.direct(LI, **DENY_B)
    owner("insert into resident (id, bucket, created) values (99, 0, now())")
    owner("update resource set resident_id = 99 where resident_id in (%s, %s)", (LI, WANG))
    owner("update resident set merged_into = %s where id = %s", (WANG, LI))
    owner("update resident set merged_into = 99 where id = %s", (WANG,))
    stranger = clinician(organisation="HOSPITAL-C")
    with unit_of_work(city.database.engine) as connection:
        shown, _ = present_card(cursor(connection), stranger, city.cards[LI].info().serial, instant.now())
    assert shown == 99
    assert len(city.door.search(stranger, "Condition", []).matches) == 4
    assert seen(city) == 0
