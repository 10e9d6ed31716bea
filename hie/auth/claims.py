"""What a token or a session says about its bearer, between the request that made it and the Actor of the next."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_args

from consent.actor import Actor, Role
from consent.purposes import OF_ROLE
from fhir_profiles.outcome import NotAuthenticated

ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Claims:
    """`patient` is the exchange Patient of the launch context (SMART `patient`), empty without one."""

    subject: str
    role: str
    display: str = ""
    organisation: str = ""
    department: str = ""
    resident_id: int | None = None
    purpose: str = ""
    patient: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the claims column."""
        return asdict(self)


def from_json(stored: dict[str, Any]) -> Claims:
    """From the claims column; members this version does not know are left out."""
    known = {entry.name for entry in fields(Claims)}
    return Claims(**{name: value for name, value in stored.items() if name in known})


def default_purpose(role: str) -> str:
    """The purpose a role states when it states none; none for roles without one."""
    return OF_ROLE.get(role, ("",))[0] if role != "system" else ""


def actor(
    claims: Claims, *, scope: str, client_id: str = "", session: str = "", request_id: str = ""
) -> Actor:
    """The Actor of one request. Raises NotAuthenticated for a role that does not exist (any more)."""
    if claims.role not in ROLES:
        raise NotAuthenticated("This token is for a role that does not exist; sign in again")
    return Actor(
        subject=claims.subject,
        role=claims.role,  # type: ignore[arg-type]
        display=claims.display,
        organisation=claims.organisation,
        department=claims.department,
        resident_id=claims.resident_id,
        purpose=claims.purpose or default_purpose(claims.role),
        scopes=tuple(scope.split()),
        client_id=client_id,
        session=session,
        request_id=request_id,
    )
