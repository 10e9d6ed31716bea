"""Who of the cast works with the record: registered as people at work, signing in with their own citizen card."""

from typing import Any, Final

from hie.auth import practitioners
from hie.auth.practitioners import Practitioner
from hie.operations.city import cast
from hie.operations.city.city import City
from hie.operations.city.institutions import DISEASE_CONTROL

ROLES: Final = {
    cast.DOCTOR: ("clinician", "hospital-b", "cardiology"),
    cast.OFFICER: ("authority", DISEASE_CONTROL, "infectious"),
    cast.AGENT: ("agent", "clinic-csv", "general"),
}
"""Role, institution and department by member of the cast."""


def register(cursor: Any, city: City, known: dict[str, tuple[int, str]]) -> None:
    """Register them; `known` gives the resident of each member of the cast."""
    for member, (role, key, department) in ROLES.items():
        if member in known:
            institution = city.institutions[key]
            who = Practitioner(
                subject=f"staff:{key}:{member}",
                resident=known[member][0],
                name=city.expectations.cast[member].name,
                role=role,
                organisation=institution.code,
                department=institution.departments[department].code,
                licence=f"DEMO{known[member][0] % 1_000_000:06d}",
            )
            practitioners.register(cursor, who)
