"""Lines of the trace as FHIR AuditEvents in the shapes of IHE Basic Audit (BALP):
https://profiles.ihe.net/ITI/BALP/. For residents who take their log along, and for auditors' own tools."""

from collections.abc import Sequence
from typing import Any

from consent import purposes
from consent.audit import COLUMNS, Line
from fhir_profiles import instant
from fhir_profiles.resource_types import NAME

SELECT = f"select id, {COLUMNS} from audit_event e where e.id = any(%(ids)s) order by e.id"
SOURCE = "urn:hie:exchange"

_REST = ("read", "vread", "history", "search", "create", "update", "patch", "delete")
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_AUDIT = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"


def audit_events(cursor: Any, ids: Sequence[int], patient: str) -> list[dict[str, Any]]:
    """The AuditEvents of some lines; `patient` (`Patient/id`) is how the resident is named in all of them."""
    cursor.execute(SELECT, {"ids": list(ids)})
    return [audit_event(row[0], _line(row[1:]), patient) for row in cursor.fetchall()]


def audit_event(identity: int, line: Line, patient: str = "") -> dict[str, Any]:
    """One line as an AuditEvent."""
    rest = line.interaction in _REST
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"trace-{identity}",
        "type": _coding(_AUDIT, "rest", "RESTful Operation") if rest else _coding(_DICOM, "110112", "Query"),
        "subtype": [
            _coding("http://hl7.org/fhir/restful-interaction", line.interaction)
            if rest
            else _coding("urn:hie:interaction", line.interaction)
        ],
        "action": line.action,
        "recorded": instant.text(line.recorded),
        "outcome": str(line.outcome),
        "agent": [_agent(line)],
        "source": {"observer": {"identifier": {"value": SOURCE}}},
    }
    if line.reason:
        event["outcomeDesc"] = line.reason
    if line.purpose:
        event["purposeOfEvent"] = [{"coding": [_coding(purposes.SYSTEM, line.purpose)]}]
    if entities := _entities(line, patient):
        event["entity"] = entities
    return event


def _agent(line: Line) -> dict[str, Any]:
    agent: dict[str, Any] = {
        "type": {"coding": [_coding(_DICOM, "110153", "Source Role ID")]},
        "role": [{"coding": [_coding("urn:hie:role", line.role)]}],
        "who": {"identifier": {"value": line.subject}, **({"display": line.display} if line.display else {})},
        "requestor": True,
    }
    if line.organisation:
        agent["location"] = {"identifier": {"system": "urn:hie:organisation", "value": line.organisation}}
    if line.client:
        agent["altId"] = line.client[-32:]
    if line.basis:
        agent["policy"] = [f"urn:hie:basis:{one}" for one in line.basis.split(";")]
    return agent


def _entities(line: Line, patient: str) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = []
    if patient and (line.resident or line.residents):
        entities.append(
            {
                "what": {"reference": patient},
                "type": _coding(_ENTITY, "1", "Person"),
                "role": _coding(_ROLE, "1", "Patient"),
            }
        )
    name = NAME.get(line.type, "")
    if line.target and name:
        entities.append(
            {
                "what": {"reference": f"{name}/{line.target}"},
                "type": _coding(_ENTITY, "2", "System Object"),
                "role": _coding(_ROLE, "4", "Domain Resource"),
            }
        )
    elif line.query or line.interaction == "search":
        entities.append(
            {
                "description": f"{name}?{line.query}" if line.query else name,
                "type": _coding(_ENTITY, "2", "System Object"),
                "role": _coding(_ROLE, "24", "Query"),
            }
        )
    if line.request:
        entities.append(
            {
                "what": {"identifier": {"value": line.request}},
                "type": _coding(
                    "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId"
                ),
            }
        )
    return entities


def _line(row: Sequence[Any]) -> Line:
    return Line(**dict(zip(COLUMNS.split(", "), row, strict=True)))


def _coding(system: str, code: str, display: str = "") -> dict[str, Any]:
    return {"system": system, "code": code, **({"display": display} if display else {})}
