"""Patient/$everything: https://hl7.org/fhir/R4/operation-patient-everything.html.

`_since`, `_type`, `_count` and paging; `start` and `end` are not supported and refused.
"""

from fastapi import APIRouter, Request, Response

from fhir_profiles.outcome import Invalid, NotSupported
from fhir_profiles.resource_types import NUMBER
from hie.api import bundles
from hie.api.addresses import Pairs, exchange_of, fhir_base, link, pairs_of
from hie.api.answers import json_response
from hie.api.history import count_parameter, instant_parameter
from hie.api.preferences import is_lenient, require_json
from hie.auth.actor import CurrentActor

router = APIRouter()
KNOWN = frozenset({"_since", "_type", "_count", "_format", "_pretty", "_page"})


@router.get("/Patient/{id_}/$everything")
def everything(id_: str, request: Request, actor: CurrentActor) -> Response:
    """The record of one resident, page by page."""
    require_json(request)
    pairs = pairs_of(request)
    given = dict(pairs)
    for name in given:
        if name not in KNOWN and not is_lenient(request):
            raise NotSupported(
                "$everything takes _since, _type and _count", expression=name[:64], reason="unknown-parameter"
            )
    types = types_parameter(pairs)
    found = exchange_of(request).door.everything(
        actor,
        id_,
        types=types,
        since=instant_parameter("_since", given["_since"]) if "_since" in given else None,
        count=count_parameter(given["_count"]) if "_count" in given else None,
        page=given.get("_page"),
    )
    path = f"Patient/{id_}/$everything"
    links = [("self", link(request, path, pairs))]
    if found.next:
        links.append(
            (
                "next",
                link(request, path, [*((n, v) for n, v in pairs if n != "_page"), ("_page", found.next)]),
            )
        )
    return json_response(bundles.searchset(fhir_base(request), found, links))


def types_parameter(pairs: Pairs) -> list[str]:
    """The types of `_type`, comma-separated and repeatable."""
    types = [name for key, value in pairs if key == "_type" for name in value.split(",") if name]
    for name in types:
        if name not in NUMBER:
            raise Invalid("_type names resource types of FHIR R4", expression="_type", reason="unknown-type")
    return types
