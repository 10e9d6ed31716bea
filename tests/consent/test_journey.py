"""One resident, two hospitals, an authority: what each may see, before and after the resident's word."""

from typing import Any

import pytest

from consent import emergency
from consent.actor import Actor
from consent.grants import present_card
from consent.notices import notices
from consent.permits import allow
from fhir_profiles import instant, resources
from fhir_profiles.outcome import Failure, Forbidden, Gone, Invalid, NotFound
from record_store.database import cursor, unit_of_work
from record_store.stored import Found
from tests.conftest import Database
from tests.consent.city import LI, WANG, City, build, named
from tests.consent.conftest import Wallet, authority, clinician, resident

PATIENT = f"Patient/{named(f'patient-{LI}')}"
OF_LI = [("patient", PATIENT)]


@pytest.fixture
def city(database: Database, wallet: Wallet) -> City:
    return build(database, wallet)


def words(found: Found) -> set[str]:
    """Which diagnoses a page shows, by their codes."""
    bodies = [resources.loads(match.body) for match in found.matches]
    return {body["code"]["coding"][0]["code"] for body in bodies}


def reason(failure: pytest.ExceptionInfo[Failure]) -> str:
    return failure.value.issues[0].reason


def test_a_clinician_with_an_open_encounter_sees_all_but_the_sensitive(city: City) -> None:
    assert words(city.door.search(clinician(), "Condition", OF_LI)) == {"J00", "K35", "A15"}


def test_a_clinician_without_a_relation_is_told_to_ask_for_the_card(city: City) -> None:
    stranger = clinician(organisation="HOSPITAL-C", subject="doctor-c")
    with pytest.raises(Forbidden) as failure:
        city.door.search(stranger, "Condition", OF_LI)
    assert reason(failure) == "need-card"
    with pytest.raises(Forbidden) as failure:
        city.door.read(stranger, "Condition", named("flu"))
    assert reason(failure) == "need-card"


def test_a_shown_card_opens_the_record_for_the_institution(city: City) -> None:
    stranger = clinician(organisation="HOSPITAL-C", subject="doctor-c")
    serial = city.cards[LI].info().serial
    with unit_of_work(city.database.engine) as connection:
        shown, _ = present_card(cursor(connection), stranger, serial, instant.now())
    assert shown == LI
    assert words(city.door.search(stranger, "Condition", OF_LI)) == {"J00", "K35", "A15"}
    colleague = clinician(organisation="HOSPITAL-C", subject="doctor-d")
    assert city.door.read(colleague, "Condition", named("flu")).id == named("flu")


def test_the_source_sees_what_it_authored_itself_sensitive_or_not(city: City) -> None:
    author = clinician(organisation="HOSPITAL-A")
    assert words(city.door.search(author, "Condition", OF_LI)) == {"J00", "K35", "F32", "B20"}


def test_the_resident_sees_all_and_nobody_else(city: City) -> None:
    own = resident(LI)
    assert words(city.door.search(own, "Condition", OF_LI)) == {"J00", "K35", "F32", "B20", "A15"}
    assert words(city.door.search(own, "Condition", [])) == {"J00", "K35", "F32", "B20", "A15"}
    with pytest.raises(Failure):
        city.door.search(own, "Condition", [("patient", f"Patient/{named(f'patient-{WANG}')}")])
    with pytest.raises(Failure):
        city.door.read(own, "Condition", named("cold"))


def test_a_denied_hospital_sees_nothing_on_its_next_request_page_two_included(city: City) -> None:
    page = city.door.search(clinician(), "Observation", [*OF_LI, ("_count", "3")])
    assert len(page.matches) == 3
    assert page.next
    city.direct(permit=False, who=("organisation", "HOSPITAL-B"))
    with pytest.raises(Forbidden) as failure:
        city.door.search(clinician(), "Observation", [], page=page.next)
    assert reason(failure) == "need-break-glass"
    with pytest.raises(Forbidden):
        city.door.search(clinician(), "Condition", OF_LI)
    with pytest.raises(Forbidden) as failure:
        city.door.read(clinician(), "Condition", named("flu"))
    assert reason(failure) == "need-break-glass"
    assert city.door.search(clinician(), "Condition", []).matches == []


def test_another_consent_change_expires_the_page(city: City) -> None:
    page = city.door.search(clinician(), "Observation", [*OF_LI, ("_count", "3")])
    city.direct(permit=False, who=("organisation", "HOSPITAL-X"))
    with pytest.raises(Gone):
        city.door.search(clinician(), "Observation", [], page=page.next)


def test_a_page_is_good_for_its_caller_alone(city: City) -> None:
    page = city.door.search(clinician(), "Observation", [*OF_LI, ("_count", "3")])
    with pytest.raises(Invalid):
        city.door.search(clinician(subject="doctor-x"), "Observation", [], page=page.next)


def test_breaking_the_glass_shows_all_but_the_hidden_visit_and_tells_the_resident(city: City) -> None:
    city.direct(permit=False, who=("organisation", "HOSPITAL-B"))
    city.direct(permit=False, visit=f"Encounter/{named('visit-hidden')}")
    with unit_of_work(city.database.engine) as connection:
        emergency.open_glass(
            cursor(connection), clinician(), LI, "unconscious", "昏迷送诊，无家属", instant.now()
        )
    assert words(city.door.search(clinician(), "Condition", OF_LI)) == {"J00", "F32", "B20", "A15"}
    with pytest.raises(NotFound):
        city.door.read(clinician(), "Encounter", named("visit-hidden"))
    with pytest.raises(NotFound):
        city.door.read(clinician(), "Observation", named("secret-result"))
    with unit_of_work(city.database.engine) as connection:
        told = [notice.kind for notice in notices(cursor(connection), LI)]
    assert told.count("break-glass") == 1


def test_broken_glass_is_for_one_person_one_resident_and_reading(city: City) -> None:
    city.direct(permit=False, who=("organisation", "HOSPITAL-B"))
    with unit_of_work(city.database.engine) as connection:
        emergency.open_glass(
            cursor(connection), clinician(), LI, "unconscious", "昏迷送诊，无家属", instant.now()
        )
    with pytest.raises(Forbidden):
        city.door.search(clinician(subject="doctor-x"), "Condition", OF_LI)
    with pytest.raises(Forbidden):
        city.door.search(clinician(), "Condition", [("patient", f"Patient/{named(f'patient-{WANG}')}")])


def test_the_authority_has_the_notifiable_cases_whatever_the_resident_said(city: City) -> None:
    city.direct(permit=False, visit=f"Encounter/{named('visit-flu')}")
    city.direct(permit=False)
    lines = [resources.loads(line) for line in city.door.export(authority())]
    codes = {line["code"]["coding"][0]["code"] for line in lines if line["resourceType"] == "Condition"}
    assert codes == {"B20", "A15"}
    assert {line["resourceType"] for line in lines} <= {"Condition", "Organization", "Practitioner"}


@pytest.mark.parametrize(
    "actor",
    [
        clinician(organisation=""),
        clinician(scopes=()),
        clinician(scopes=("patient/Observation.rs",)),
        clinician(scopes=("user/Condition.rs?category=x",)),
        clinician(purpose="PUBHLTH"),
        clinician(purpose=""),
        clinician(subject=""),
        authority(purpose="TREAT"),
        Actor(subject="s", role="system", scopes=("system/*.cruds",)),
        Actor(subject="a", role="admin", scopes=("user/*.rs",)),
        Actor(subject="r", role="resident", purpose="PATRQT", scopes=("patient/*.rs",)),
    ],
)
def test_a_missing_claim_denies(city: City, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        city.door.search(actor, "Condition", OF_LI)
    with pytest.raises(Forbidden):
        city.door.read(actor, "Condition", named("flu"))


def test_the_conformance_client_sees_all_labels_but_nothing_hidden(city: City) -> None:
    client = Actor(subject="conformance", role="system", scopes=("system/*.cruds",))
    with unit_of_work(city.database.engine) as connection:
        allow(cursor(connection), Actor(subject="demo", role="admin"), "system", "conformance", instant.now())
    assert words(city.door.search(client, "Condition", OF_LI)) == {"J00", "K35", "F32", "B20", "A15"}
    city.direct(permit=False, visit=f"Encounter/{named('visit-hidden')}")
    assert words(city.door.search(client, "Condition", [])) == {"J00", "F32", "B20", "A15"}
    exported = b"".join(city.door.export(client))
    assert named("secret").encode() not in exported
    assert named("flu").encode() in exported


def test_specific_switches_beat_general_ones(city: City) -> None:
    infectious: dict[str, Any] = {"who": ("organisation", "HOSPITAL-B")}
    city.direct(permit=False, category="HIV_STD")
    city.direct(permit=True, category="HIV_STD", **infectious)
    assert "B20" in words(city.door.search(clinician(), "Condition", OF_LI))
    author = clinician(organisation="HOSPITAL-A")
    assert "B20" not in words(city.door.search(author, "Condition", OF_LI))
