"""What a write may depend on: If-Match, If-None-Exist, and addresses that search instead of naming an id.

https://hl7.org/fhir/R4/http.html#concurrency, #ccreate, #cond-update, #cdelete. `Changes.carry_out_if`
holds the search meanwhile, so that a hundred parallel conditional creates make one.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from consent.actor import Actor
from fhir_profiles.outcome import Invalid, PreconditionFailed
from hie.api.addresses import Pairs
from record_store.query import ACCEPTED
from record_store.stored import Stored

_ETAG = re.compile(r'(?:W/)?"([^"]*)"')


def expected_version(request: Request) -> int | None:
    """The version that If-Match names."""
    return version_of_etag(request.headers.get("if-match"))


def version_of_etag(header: str | None) -> int | None:
    """The version in `W/"3"`; None without a header. A version we never gave matches nothing."""
    if header is None or header.strip() == "*":
        return None
    found = _ETAG.fullmatch(header.strip())
    if found is None:
        raise Invalid('If-Match is an ETag of ours, such as W/"3"', expression="If-Match")
    return int(found[1]) if found[1].isascii() and found[1].isdigit() and len(found[1]) < 10 else -1


def if_none_exist(header: str | None) -> Pairs | None:
    """The search of If-None-Exist; None without one."""
    if not header:
        return None
    query = header.partition("?")[2] if "?" in header else header
    pairs = [(name, value) for name, value in parse_qsl(query) if name not in ACCEPTED]
    if not pairs:
        raise Invalid("If-None-Exist needs search parameters", expression="If-None-Exist")
    return pairs


def sole_match(exchange: Any, actor: Actor, type_: str, pairs: Pairs) -> Stored | None:
    """The one resource that a condition finds; None for none. PreconditionFailed for several."""
    found = exchange.door.search(actor, type_, [*pairs, ("_count", "2")])
    if len(found.matches) > 1:
        raise PreconditionFailed("The condition matches more than one resource", reason="several-matches")
    return found.matches[0] if found.matches else None
