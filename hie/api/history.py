"""history of one resource, a type, everything: https://hl7.org/fhir/R4/http.html#history.

`_since` and `_count`; newest first; deletions are entries without a resource.
"""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from fhir_profiles import dates
from fhir_profiles.outcome import Invalid
from hie.api import bundles
from hie.api.addresses import exchange_of, fhir_base, known_type, link, pairs_of
from hie.api.answers import json_response
from hie.api.preferences import is_lenient, require_json
from hie.auth.actor import CurrentActor

router = APIRouter()
LARGEST = 1000
KNOWN = frozenset({"_since", "_count", "_format", "_pretty", "_page"})


@router.get("/_history")
def history_of_everything(request: Request, actor: CurrentActor) -> Response:
    """All versions of all resources."""
    return _history(request, actor, None, None)


@router.get("/{type_}/_history")
def history_of_type(type_: str, request: Request, actor: CurrentActor) -> Response:
    """All versions of a type."""
    return _history(request, actor, known_type(type_), None)


@router.get("/{type_}/{id_}/_history")
def history_of_one(type_: str, id_: str, request: Request, actor: CurrentActor) -> Response:
    """All versions of one resource."""
    return _history(request, actor, known_type(type_), id_)


def instant_parameter(name: str, value: str) -> datetime:
    """A parameter of type instant."""
    found = dates.interval(value.replace(" ", "+"))
    if found is None:
        raise Invalid(f"{name} is an instant, such as 2026-01-01T00:00:00Z", expression=name)
    return found[0]


def count_parameter(value: str) -> int:
    """`_count`, at most LARGEST."""
    if not (value.isascii() and value.isdigit()):
        raise Invalid("_count is a whole number", expression="_count")
    return max(1, min(int(value[:9]), LARGEST))


def _history(request: Request, actor: CurrentActor, type_: str | None, id_: str | None) -> Response:
    require_json(request)
    pairs = pairs_of(request)
    given = dict(pairs)
    unknown = [name for name in given if name not in KNOWN]
    if unknown and not is_lenient(request):
        raise Invalid(
            "A history takes _since and _count", expression=unknown[0][:64], reason="unknown-parameter"
        )
    since = instant_parameter("_since", given["_since"]) if "_since" in given else None
    count = count_parameter(given["_count"]) if "_count" in given else 50
    found = exchange_of(request).door.history(
        actor, type_, id_, since=since, count=count, page=given.get("_page")
    )
    path = "/".join(part for part in (type_, id_, "_history") if part)
    links = [("self", link(request, path, pairs))]
    if found.next:
        links.append(
            (
                "next",
                link(request, path, [*((n, v) for n, v in pairs if n != "_page"), ("_page", found.next)]),
            )
        )
    return json_response(bundles.history(fhir_base(request), found, links))
