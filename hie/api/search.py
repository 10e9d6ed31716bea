"""search on a type and on the whole system, by GET and POST: https://hl7.org/fhir/R4/http.html#search.

Links to further pages carry a sealed token in `_page` and nothing of the search. Unknown parameters are refused
unless `Prefer: handling=lenient` asks to leave them out; then the page says which.
"""

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from fhir_profiles.outcome import Issue
from hie.api import bundles, subsets
from hie.api.addresses import FORM, Pairs, exchange_of, fhir_base, known_type, link, pairs_of
from hie.api.answers import json_response
from hie.api.bodies import Body, content_type
from hie.api.outcome_responses import outcome_of
from hie.api.preferences import is_lenient, require_json
from hie.auth.actor import CurrentActor
from record_store import query
from record_store.stored import Found

router = APIRouter()
FORM_OF_ANSWER = ("_format", "_pretty", "_summary", "_elements")


@router.get("/")
@router.get("")
def search_system(request: Request, actor: CurrentActor) -> Response:
    """Search all types, or those of `_type`."""
    return _searched(request, actor, None, pairs_of(request))


@router.post("/_search")
def search_system_form(request: Request, actor: CurrentActor, body: Body) -> Response:
    """The same by form."""
    return _searched(request, actor, None, _form(request, body))


@router.get("/{type_}")
def search_type(type_: str, request: Request, actor: CurrentActor) -> Response:
    """Search one type."""
    return _searched(request, actor, known_type(type_), pairs_of(request))


@router.post("/{type_}/_search")
def search_type_form(type_: str, request: Request, actor: CurrentActor, body: Body) -> Response:
    """The same by form."""
    return _searched(request, actor, known_type(type_), _form(request, body))


@router.get("/{kind:fhirtype}/{id_:fhirid}/{type_:fhirtype}")
def search_compartment(kind: str, id_: str, type_: str, request: Request, actor: CurrentActor) -> Response:
    """Search what belongs to one Patient, Encounter, Practitioner, RelatedPerson or Device."""
    compartment = (query.COMPARTMENT, f"{known_type(kind)}/{id_}")
    return _searched(request, actor, known_type(type_), [compartment, *pairs_of(request)])


@router.post("/{kind:fhirtype}/{id_:fhirid}/{type_:fhirtype}/_search")
def search_compartment_form(
    kind: str, id_: str, type_: str, request: Request, actor: CurrentActor, body: Body
) -> Response:
    """The same by form."""
    compartment = (query.COMPARTMENT, f"{known_type(kind)}/{id_}")
    return _searched(request, actor, known_type(type_), [compartment, *_form(request, body)])


def _form(request: Request, body: bytes) -> Pairs:
    if body and content_type(request) != FORM:
        raise HTTPException(415)
    return pairs_of(request, body)


def _searched(request: Request, actor: CurrentActor, type_: str | None, pairs: Pairs) -> Response:
    require_json(request)
    page = next((value for name, value in pairs if name == "_page"), None)
    lenient = is_lenient(request)
    asked = query.parse(type_, pairs, lenient=lenient, base=fhir_base(request))
    found = exchange_of(request).door.search(actor, type_, pairs, lenient=lenient, page=page)
    shown = subsets.subset_page(found, asked.summary, asked.elements)
    extra = [_left_out(asked.ignored)] if asked.ignored else []
    return json_response(
        bundles.searchset(fhir_base(request), shown, _links(request, type_, pairs, found), extra)
    )


def _links(request: Request, type_: str | None, pairs: Pairs, found: Found) -> list[tuple[str, str]]:
    """`self` is what the client sent by GET; what came in a form stays out of addresses."""
    form = [(name, value) for name, value in pairs if name in FORM_OF_ANSWER]
    links = [("self", link(request, type_ or "", pairs if request.method == "GET" else form))]
    if found.next:
        links.append(("next", link(request, type_ or "", [("_page", found.next), *form])))
    return links


def _left_out(names: tuple[str, ...]) -> bytes:
    issues = [
        Issue("not-supported", f"The parameter {name} was left out of the search", name, severity="warning")
        for name in names
    ]
    return bundles.outcome_entry(outcome_of(issues))
