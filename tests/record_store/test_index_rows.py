"""What a resource is found by lies where searches look for it."""

from typing import Any

from fhir_profiles import ids
from record_store.database import cursor, unit_of_work
from record_store.vocabulary import LONGEST, vocabulary
from tests.conftest import Database
from tests.record_store.drafts import ENCOUNTER, PATIENT, draft, identity, observation, rows, store

LOINC = "http://loinc.org"
TOKENS = """
select t.parameter, t.system, t.code from resource r join token t on t.id = any(r.tokens) where r.id = %s
"""


def patient(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": PATIENT, **members}


def tokens(database: Database, number: int = 1) -> set[tuple[str, str, str]]:
    return {tuple(row) for row in rows(database, TOKENS, identity(number))}


def test_the_primary_code_stands_in_the_row_alone(database: Database) -> None:
    store(database, draft(observation()))
    assert ("code", LOINC, "15074-8") not in tokens(database)
    assert ("status", "http://hl7.org/fhir/observation-status", "final") in tokens(database)
    assert rows(database, "select t.parameter, t.code from resource r join token t on t.id = r.code") == [
        ("code", "15074-8")
    ]


def test_a_second_coding_is_a_token(database: Database) -> None:
    coded = observation()
    coded["code"]["coding"].append({"system": "urn:lab", "code": "GLU"})
    store(database, draft(coded))
    assert ("code", "urn:lab", "GLU") in tokens(database)


def test_parameters_that_join_two_others_are_nowhere(database: Database) -> None:
    store(database, draft(observation()))
    assert rows(database, "select count(*) from token where parameter like 'combo%%'") == [(0,)]


def test_a_resident_reference_is_a_link_and_one_outside_is_looked_up_for_the_region(
    database: Database,
) -> None:
    store(database, draft(observation()))
    ((links,),) = rows(database, "select links from resource")
    subject = ids.link("subject", f"Patient/{PATIENT}")
    performer = ids.link("performer", "Practitioner/anna")
    assert {subject, performer, ids.link("encounter", f"Encounter/{ENCOUNTER}")} <= set(links)
    assert rows(database, "select link from reference_index") == [(performer,)]


def test_all_links_of_a_row_without_a_resident_are_looked_up(database: Database) -> None:
    role = {
        "resourceType": "PractitionerRole",
        "id": identity(1),
        "practitioner": {"reference": "Practitioner/anna"},
        "organization": {"reference": "Organization/a"},
    }
    store(database, draft(role, resident_id=0))
    assert {link for (link,) in rows(database, "select link from reference_index")} == {
        ids.link("practitioner", "Practitioner/anna"),
        ids.link("organization", "Organization/a"),
    }


def test_identifiers_are_found_with_and_without_their_system(database: Database) -> None:
    store(database, draft(patient(identifier=[{"system": "urn:a", "value": "7"}])))
    assert rows(
        database,
        "select t.system from identifier_index i join token t on t.id = i.system where i.value = %s",
        ids.link("identifier", "7"),
    ) == [("urn:a",)]


def test_names_are_normalised_and_cut(database: Database) -> None:
    store(database, draft(patient(name=[{"text": "Müller ＡＮＮＡ"}, {"text": "x" * 999}])))
    found = {
        value
        for (value,) in rows(
            database,
            "select value from string_index s join token t on t.id = s.parameter where t.parameter = 'name'",
        )
    }
    assert found == {"muller anna", "x" * LONGEST}


def test_the_first_date_stands_in_the_row_and_others_beside_it(database: Database) -> None:
    encounter = {
        "resourceType": "Encounter",
        "id": identity(1),
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "period": {"start": "2026-01-01T08:00:00+08:00", "end": "2026-01-01T09:00:00+08:00"},
        "location": [{"location": {"reference": "Location/1"}, "period": {"start": "2026-01-01"}}],
    }
    store(database, draft(encounter))
    ((at, until),) = rows(database, "select at, until from resource")
    assert (at.hour, until.hour) == (0, 1)
    beside = rows(database, "select t.parameter from date_index d join token t on t.id = d.parameter")
    assert beside == [("location-period",)]


def test_a_quantity_with_a_comparator_is_a_row_of_its_own(database: Database) -> None:
    below = observation()
    below["valueQuantity"]["comparator"] = "<"
    store(database, draft(below))
    assert rows(database, "select value, number from resource") == [(None, None)]
    assert {low for (low,) in rows(database, "select low from quantity_index")} == {float("-inf")}


def test_new_words_survive_a_transaction_that_does_not(database: Database) -> None:
    bad = draft(observation(2), expected=5)
    odd = observation(1)
    odd["code"]["coding"][0]["code"] = "only-here"
    for attempt in ([draft(odd), bad], [draft(odd)]):
        try:
            store(database, *attempt)
        except Exception:
            assert rows(database, "select count(*) from resource") == [(0,)]
    assert rows(database, "select t.code from resource r join token t on t.id = r.code") == [("only-here",)]


def test_words_that_are_too_long_or_hold_nul_are_cut(database: Database) -> None:
    long = observation()
    long["code"]["coding"] = [{"system": "urn:x", "code": "c" * 5000}]
    store(database, draft(long))
    ((code,),) = rows(database, "select t.code from resource r join token t on t.id = r.code")
    assert code == "c" * LONGEST


def test_counts_of_words_reach_the_table(database: Database) -> None:
    store(database, *(draft(observation(number)) for number in range(1, 31)))
    with unit_of_work(database.engine) as connection:
        vocabulary(cursor(connection)).flush()
    assert rows(database, "select count from token where parameter = 'code' and code = '15074-8'") == [(30,)]


def test_what_postgresql_can_t_hold_is_stored_all_the_same(database: Database) -> None:
    odd = "a\x00b" + "\U0001f600" * 400
    named = patient(
        name=[{"text": odd}],
        identifier=[{"system": odd, "value": odd}],
        telecom=[{"value": odd}],
        generalPractitioner=[{"reference": f"Practitioner/{odd}"}],
    )
    measured = observation()
    measured["code"]["coding"] = [{"system": odd, "code": odd}, {"code": odd}]
    measured["valueQuantity"]["unit"] = measured["valueQuantity"]["code"] = odd
    store(database, draft(named), draft(measured))
    store(database, draft(named), draft(measured))
    assert rows(database, "select count(*), max(version) from resource") == [(2, 1)]
