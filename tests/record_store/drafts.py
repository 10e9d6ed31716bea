"""Drafts for tests: resources made ready for the writer as the pipeline does it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fhir_profiles.extraction import extract
from fhir_profiles.resources import loads
from record_store.database import cursor, unit_of_work
from record_store.draft import Draft, Written
from record_store.logical_ids import chosen, uuid_of
from record_store.write import write
from tests.conftest import Database

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
PATIENT = "0190a0b0-0000-8001-8000-000000000001"
ENCOUNTER = "0190a0b0-0000-8001-8000-000000000002"


def identity(number: int, bucket: int = 1) -> str:
    """A fed id in a bucket."""
    return str(UUID(int=(number << 80) | (8 << 76) | (bucket << 64) | (2 << 62) | number))


def draft(resource: dict[str, Any], resident_id: int = 7, **more: Any) -> Draft:
    """A draft of a resource with an id."""
    type_, fhir_id = resource["resourceType"], resource["id"]
    return Draft(
        resource=resource,
        type=type_,
        id=uuid_of(type_, fhir_id),
        fhir_id=chosen(fhir_id),
        resident_id=resident_id,
        source=more.pop("source", 1),
        labels=more.pop("labels", 0),
        message=more.pop("message", None),
        rule_set=more.pop("rule_set", 0),
        values=extract(resource),
        **more,
    )


def observation(number: int = 1, value: str = "5.40", bucket: int = 1, **members: Any) -> dict[str, Any]:
    """A glucose measurement."""
    return {
        "resourceType": "Observation",
        "id": identity(number, bucket),
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "15074-8", "display": "Glucose"}]},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "encounter": {"reference": f"Encounter/{ENCOUNTER}"},
        "effectiveDateTime": "2026-02-28T07:30:00+08:00",
        "performer": [{"reference": "Practitioner/anna"}],
        "valueQuantity": {
            "value": loads(value),
            "unit": "mmol/l",
            "system": "http://unitsofmeasure.org",
            "code": "mmol/L",
        },
        **members,
    }


def store(database: Database, *drafts: Draft, now: datetime = NOW) -> list[Written]:
    """Write drafts in one unit of work."""
    with unit_of_work(database.engine, "hie_writer") as connection:
        return write(cursor(connection), drafts, now)


def rows(database: Database, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a query, as a writer may see them."""
    with unit_of_work(database.engine, "hie_writer") as connection:
        asked = cursor(connection)
        asked.execute(statement, parameters)
        found: list[tuple[Any, ...]] = asked.fetchall()
        return found
