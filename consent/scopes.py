"""SMART scopes (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html): they only ever narrow.

A scope with a search constraint (`user/Observation.rs?category=laboratory`) is not enforced row by row here, so it
grants nothing: refusing is the safe reading.
"""

import functools
import re

LETTER = {
    "read": "r",
    "vread": "r",
    "history": "r",
    "search": "s",
    "everything": "r",
    "export": "r",
    "create": "c",
    "update": "u",
    "patch": "u",
    "delete": "d",
    "share": "r",
}

CONTEXT_ROLES = {
    "patient": ("resident", "system"),
    "user": ("clinician", "agent", "resident", "authority", "system"),
    "system": ("system", "authority"),
}
"""Who a scope's context fits. `patient/` is about one record: for people at work it would have to be held to the
Patient of the launch, which is not done here, so for them it grants nothing."""

_SCOPE = re.compile(r"(patient|user|system)/(\*|[A-Za-z]+)\.(\*|read|write|c?r?u?d?s?)")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}


@functools.lru_cache(maxsize=1024)
def granted(scope: str) -> tuple[str, str, str] | None:
    """Context, type (`*` for all) and letters of `cruds` that a scope grants; None for scopes of other kinds."""
    match = _SCOPE.fullmatch(scope)
    if not match or not match[3]:
        return None
    return match[1], match[2], _VERSION_1.get(match[3], match[3])


def allow(scopes: tuple[str, ...], role: str, action: str, type_name: str | None) -> bool:
    """Whether the scopes let this role do the action on the type; without a type the scope must be for all types."""
    letter = LETTER[action]
    for scope in scopes:
        grant = granted(scope)
        if not grant or letter not in grant[2]:
            continue
        context, scoped_type, _ = grant
        if role not in CONTEXT_ROLES[context]:
            continue
        if scoped_type in ("*", type_name):
            return True
    return False
