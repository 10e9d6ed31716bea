"""The body of a request: of a type we read, and JSON with one resource in it."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from fhir_profiles import resources
from fhir_profiles.outcome import Invalid
from fhir_profiles.resources import Resource

READ_TYPES = frozenset({"application/fhir+json", "application/json", "text/json"})


async def _read(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_read)]
"""The bytes of the request's body, for endpoints on the thread pool."""


def content_type(request: Request) -> str:
    """The media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def resource_of(request: Request, body: bytes, type_: str | None = None) -> Resource:
    """The resource in a body. 415 for other types than JSON, Invalid for what is no resource or another's type."""
    if content_type(request) not in READ_TYPES:
        raise HTTPException(415)
    return parsed(body, type_)


def parsed(body: bytes, type_: str | None = None) -> Resource:
    """The resource in some JSON."""
    text = body.removeprefix(b"\xef\xbb\xbf")
    try:
        content = resources.loads(text)
    except ValueError as error:
        raise Invalid("The body is not JSON in UTF-8", reason="not-json") from error
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise Invalid("The body is no FHIR resource: it has no resourceType", reason="no-resource")
    if resources.repeats_a_name(text, content):
        raise Invalid(
            "An object of the body has a property twice; send each once", reason="repeated-property"
        )
    if type_ is not None and content["resourceType"] != type_:
        raise Invalid(
            f"The address says {type_}, the body another type; send both alike",
            expression="resourceType",
            reason="type-mismatch",
        )
    return content
