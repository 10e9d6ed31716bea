"""A few people with measurements, and short ways to search among them."""

from record_store.database import cursor, unit_of_work
from record_store.query import parse
from record_store.search import search
from record_store.stored import Found
from tests.conftest import Database
from tests.record_store.drafts import PATIENT, draft, identity, observation, store
from tests.record_store.everyone import EVERYTHING, Showing

ONE, TWO, THREE = identity(1), identity(2), identity(3)

META = {
    "profile": ["http://p/one|2"],
    "source": "urn:feed#1",
    "tag": [{"system": "urn:tag", "code": "a"}],
    "security": [{"code": "R"}],
}


def find(
    database: Database, type_: str, query: str, visibility: Showing = EVERYTHING, after: str | None = None
) -> Found:
    """The page of a query string."""
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    with unit_of_work(database.engine, "hie_reader") as connection:
        return search(cursor(connection), visibility, parse(type_, pairs), after)  # type: ignore[arg-type]


def names(found: Found) -> list[str]:
    return [match.id for match in found.matches]


def fill(database: Database) -> None:
    store(
        database,
        draft({"resourceType": "Patient", "id": PATIENT, "meta": META, "gender": "female", "birthDate": "1980-05",
               "name": [{"text": "王小明"}, {"family": "Müller", "given": ["Bea"]}],
               "identifier": [{"system": "urn:oid:1", "value": "A-1"}],
               "telecom": [{"system": "phone", "value": "138 0000 0001"}],
               "address": [{"city": "Qingdao"}],
               "managingOrganization": {"reference": "Organization/north"},
               "generalPractitioner": [{"reference": "Practitioner/anna"}]}),
        draft({"resourceType": "Patient", "id": "other", "gender": "male", "birthDate": "1990-01-02",
               "name": [{"family": "Wang"}], "active": True}, resident_id=8),
        draft({"resourceType": "Practitioner", "id": "anna", "name": [{"family": "Li", "given": ["Anna"]}]}, resident_id=0),
        draft({"resourceType": "Organization", "id": "north", "name": "North Clinic",
               "identifier": [{"value": "N1"}]}, resident_id=0),
        draft(observation(1, effectiveDateTime="2026-01-10T08:00:00+08:00")),
        draft(observation(2, value="9.9", effectiveDateTime="2026-02-10T08:00:00+08:00", status="amended")),
        draft(observation(3, value="7", effectiveDateTime="2026-03-10", subject={"reference": "Patient/other"},
                          encounter={"reference": "Encounter/e3"},
                          hasMember=[{"reference": f"Observation/{identity(1)}"}]), resident_id=8, labels=2),
    )  # fmt: skip
