"""The resident index on a real PostgreSQL."""

from typing import Any

from fhir_profiles import ids, instant
from fhir_profiles.identifier_systems import CITIZEN_ID
from record_store.database import cursor, unit_of_work
from record_store.resident_index import identify
from tests.conftest import Database


def patient(key: str, name: str, **more: Any) -> dict[str, Any]:
    identity = ids.fed(ids.hashed_bucket("H01", key), "H01", "Patient", key)
    identifier = [{"system": CITIZEN_ID, "value": more.pop("citizen_id")}] if "citizen_id" in more else []
    return {
        "resourceType": "Patient",
        "id": str(identity),
        "name": [{"text": name}],
        "identifier": identifier,
    } | more


def test_one_citizen_number_makes_one_resident(database: Database) -> None:
    first = patient("1", "王秀兰", citizen_id="370200198202126127", birthDate="1982-02-12")
    second = patient("2", "王秀蘭", citizen_id="370200198202126127", birthDate="1982-02-12")
    with unit_of_work(database.engine, "hie_writer") as connection:
        found = identify(cursor(connection), [first], 1, instant.now())
    with unit_of_work(database.engine, "hie_writer") as connection:
        again = identify(cursor(connection), [second], 2, instant.now())
    assert again[second["id"]] == found[first["id"]]
