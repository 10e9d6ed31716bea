"""Logical ids as clients see them, and the UUIDs that rows carry.

https://hl7.org/fhir/R4/resource.html#id. An id of ours is the text of its UUID. An id that a client chose gets a UUID
made from it, so that it too is found without asking where it lives.
"""

import re
from functools import lru_cache
from uuid import UUID

from fhir_profiles import ids

_OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_LOGICAL = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def is_ours(fhir_id: str) -> bool:
    """Whether an id has the form of those that the exchange gives."""
    return _OURS.fullmatch(fhir_id) is not None


def is_logical_id(text: str) -> bool:
    """Whether a text is a FHIR id at all."""
    return _LOGICAL.fullmatch(text) is not None


def uuid_of(type_: str, fhir_id: str) -> UUID:
    """The UUID of `type_/fhir_id`, whether or not there is such a resource."""
    if is_ours(fhir_id):
        return UUID(fhir_id)
    return ids.fed(ids.hashed_bucket(type_, fhir_id), "foreign", type_, fhir_id)


def chosen(fhir_id: str) -> str | None:
    """What the row's `fhir_id` holds: the id when a client chose it, None when the UUID says it."""
    return None if is_ours(fhir_id) else fhir_id


@lru_cache(maxsize=1 << 15)
def short_of(reference: str) -> int | None:
    """`ids.short` of the target of a relative `Type/id`; None for anything else."""
    type_, slash, fhir_id = reference.partition("/")
    if not slash or not type_.isalpha() or not is_logical_id(fhir_id):
        return None
    return ids.short(uuid_of(type_, fhir_id))
