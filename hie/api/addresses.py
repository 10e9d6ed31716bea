"""The addresses and parameters of FHIR requests: what a path names, what a query asks, what our links say."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from starlette.convertors import StringConvertor, register_url_convertor

from fhir_profiles.outcome import Invalid, NotFound
from fhir_profiles.resource_types import NUMBER
from hie.api.bodies import content_type


class _TypeName(StringConvertor):
    regex = "[A-Z][A-Za-z]+"


class _LogicalId(StringConvertor):
    regex = r"[A-Za-z0-9\-.]{1,64}"


# Paths with `{name:fhirtype}` and `{name:fhirid}` match nothing else, so that they may come before operations.
register_url_convertor("fhirtype", _TypeName())
register_url_convertor("fhirid", _LogicalId())

Pairs = list[tuple[str, str]]
FORM = "application/x-www-form-urlencoded"


def known_type(name: str) -> str:
    """A resource type of R4, as the path names it. NotFound for anything else."""
    if name not in NUMBER:
        raise NotFound(
            "This is no resource type of FHIR R4; /fhir/metadata lists them", reason="unknown-type"
        )
    return name


def fhir_base(request: Request) -> str:
    """The service base URL that our answers use."""
    base: str = request.app.state.exchange.settings.fhir_base
    return base


def exchange_of(request: Request) -> Any:
    """The wired exchange behind this request."""
    return request.app.state.exchange


def changes_of(request: Request) -> Any:
    """What carries out the changes of this process's requests."""
    return request.app.state.changes


def pairs_of(request: Request, body: bytes = b"") -> Pairs:
    """The parameters of a search: those of the address, then those of a form."""
    pairs = _decoded(request.scope.get("query_string", b"").decode("latin-1"))
    if body and content_type(request) == FORM:
        try:
            pairs.extend(_decoded(body.decode("utf-8")))
        except UnicodeDecodeError as error:
            raise Invalid("The form is not UTF-8") from error
    return pairs


def _decoded(query: str) -> Pairs:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError as error:
        raise Invalid("The parameters are not percent-encoded UTF-8, or are too many") from error


def link(request: Request, path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """An address under our base."""
    query = urlencode(list(pairs), safe=":/|,$")
    return f"{fhir_base(request)}/{path}" + (f"?{query}" if query else "")
