"""What a request asks of its answer: the headers Accept and Prefer, and `_format`.

https://hl7.org/fhir/R4/http.html#prefer and #mime-type.
"""

from fastapi import Request
from starlette.exceptions import HTTPException

from fhir_profiles.outcome import Invalid

JSON_TYPES = frozenset(
    {
        "application/fhir+json",
        "application/json",
        "text/json",
        "application/*",
        "text/*",
        "*/*",
        "json",
        "text/html",
    }
)
JSON_FORMATS = frozenset({"json", "application/json", "application/fhir+json", "text/json"})


def prefers(request: Request) -> dict[str, str]:
    """The preferences of `Prefer: return=minimal; handling=lenient, respond-async` by name."""
    found = {}
    for header in request.headers.getlist("prefer"):
        for written in header.replace(";", ",").split(","):
            name, _, value = written.strip().partition("=")
            if name:
                found[name.lower()] = value.strip().strip('"')
    return found


def is_lenient(request: Request) -> bool:
    """Whether unknown search parameters are to be left out instead of refused."""
    return prefers(request).get("handling") == "lenient"


def wants_representation(request: Request) -> str:
    """`representation`, `minimal` or `OperationOutcome`: what a write answers with."""
    wanted = prefers(request).get("return", "representation")
    if wanted not in ("representation", "minimal", "OperationOutcome"):
        raise Invalid("Prefer: return is minimal, representation or OperationOutcome", expression="Prefer")
    return wanted


def require_json(request: Request) -> None:
    """Refuse (406) a request that accepts no JSON. `_format` speaks before Accept."""
    form = request.query_params.get("_format")
    if form is not None:
        if form.partition(";")[0].replace(" ", "+") not in JSON_FORMATS:
            raise HTTPException(406)
        return
    if not accepts_json(request):
        raise HTTPException(406)


def accepts_json(request: Request) -> bool:
    """Whether Accept leaves room for JSON."""
    accepted = request.headers.get("accept")
    if not accepted:
        return True
    return any(kind.partition(";")[0].strip().lower() in JSON_TYPES for kind in accepted.split(","))
