"""Bearer tokens for the demonstration's four kinds of caller, made without the ceremony of signing in."""

from datetime import timedelta
from typing import Any, Final

from consent.purposes import OF_ROLE
from fhir_profiles import instant
from fhir_profiles.outcome import Invalid, NotFound
from hie.auth import tokens
from hie.auth.claims import Claims, default_purpose
from hie.operations.city.institutions import DISEASE_CONTROL
from hie.operations.demo.clients import HOME
from record_store import resident_desk

ROLES: Final = ("clinician", "resident", "authority", "system")
LIFETIME: Final = timedelta(hours=8)
_SCOPES: Final = {
    "clinician": "openid fhirUser user/*.cruds",
    "resident": "openid fhirUser patient/*.cruds",
    "authority": "system/*.rs",
    "system": "system/*.cruds",
}
_ORGANISATION: Final = "select organisation from source where name = %(name)s"


def issue(
    cursor: Any, role: str, *, resident: str = "", purpose: str = "", scope: str = "", source: str = ""
) -> str:
    """A token good for eight hours.

    `resident` names whose record a resident's token opens, and for a clinician the Patient in context; `source` is the
    institution a clinician or an authority works for. Raises Invalid or NotFound.
    """
    if role not in ROLES:
        raise Invalid(f"A role is one of {', '.join(ROLES)}")
    if purpose and purpose not in OF_ROLE[role]:
        raise Invalid(f"A {role} states one of the purposes {', '.join(filter(None, OF_ROLE[role]))}")
    number, patient = _resident(cursor, resident) if resident else (None, "")
    if role == "resident" and number is None:
        raise Invalid("Say whose record it is: --resident and the id of their Patient")
    claims = Claims(
        subject=f"demo-{role}" if role != "resident" else f"resident:{number}",
        role=role,
        display=f"Demonstration {role}",
        organisation=_organisation(cursor, role, source),
        resident_id=number if role == "resident" else None,
        purpose=purpose or default_purpose(role),
        patient=patient,
    )
    return tokens.issue(
        cursor, f"demo-{role}", claims, scope or _SCOPES[role], instant.now(), lifetime=LIFETIME
    )


def _resident(cursor: Any, name: str) -> tuple[int, str]:
    number = resident_desk.resident_of(cursor, name)
    found = resident_desk.overview(cursor, number)
    return (found.merged_into or number), found.exchange_patient or ""


def _organisation(cursor: Any, role: str, source: str) -> str:
    if role not in ("clinician", "authority"):
        return ""
    name = source or (HOME if role == "clinician" else DISEASE_CONTROL)
    cursor.execute(_ORGANISATION, {"name": name})
    row = cursor.fetchone()
    if row is None:
        raise NotFound(f"No source is called {name}; `hie sources list` names them")
    return str(row[0])
