"""Invariants of a Bundle (https://hl7.org/fhir/R4/bundle.html#invs): its type decides what its entries carry."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fhir_profiles.outcome import Issue

Object = dict[str, Any]

_WITH_REQUEST = ("batch", "transaction", "history")
_WITH_RESPONSE = ("batch-response", "transaction-response", "history")


def broken(bundle: Object, path: str) -> Iterator[Issue]:
    """The invariants that a Bundle of right structure breaks."""
    kind, entries = bundle.get("type"), bundle.get("entry", [])
    if "total" in bundle and kind not in ("searchset", "history"):
        yield _issue("bdl-1", "Only a search result or a history has a total", f"{path}.total")
    for position, entry in enumerate(entries):
        yield from _entry(entry, str(kind), f"{path}.entry[{position}]")
    if kind != "history":
        versions = Counter((e["fullUrl"], _version(e)) for e in entries if "fullUrl" in e)
        if any(count > 1 for count in versions.values()):
            yield _issue("bdl-7", "Every fullUrl occurs once, or with different versions", f"{path}.entry")
    if kind == "document":
        yield from _document(bundle, entries, path)
    if kind == "message" and _first_type(entries) != "MessageHeader":
        yield _issue("bdl-12", "A message starts with a MessageHeader", f"{path}.entry[0].resource")


def _entry(entry: Object, kind: str, path: str) -> Iterator[Issue]:
    if not {"resource", "request", "response"} & entry.keys():
        yield _issue("bdl-5", "An entry has a resource, a request or a response", path)
    if "search" in entry and kind != "searchset":
        yield _issue("bdl-2", "Only entries of a search result have search", f"{path}.search")
    if ("request" in entry) != (kind in _WITH_REQUEST):
        yield _issue(
            "bdl-3", "Entries of batches, transactions and histories, and no others, have a request", path
        )
    if ("response" in entry) != (kind in _WITH_RESPONSE):
        yield _issue("bdl-4", "Entries of responses and histories, and no others, have a response", path)
    if ":" not in entry.get("fullUrl", ":"):
        yield Issue("value", "A fullUrl is absolute.", f"{path}.fullUrl")
    if "/_history/" in entry.get("fullUrl", ""):
        yield _issue("bdl-8", "A fullUrl names no version", f"{path}.fullUrl")


def _document(bundle: Object, entries: list[Object], path: str) -> Iterator[Issue]:
    if not {"system", "value"} <= bundle.get("identifier", {}).keys():
        yield _issue("bdl-9", "A document has an identifier with system and value", f"{path}.identifier")
    if "timestamp" not in bundle:
        yield _issue("bdl-10", "A document has a timestamp", f"{path}.timestamp")
    if _first_type(entries) != "Composition":
        yield _issue("bdl-11", "A document starts with a Composition", f"{path}.entry[0].resource")


def _first_type(entries: list[Object]) -> str | None:
    return entries[0].get("resource", {}).get("resourceType") if entries else None


def _version(entry: Object) -> str | None:
    version: str | None = entry.get("resource", {}).get("meta", {}).get("versionId")
    return version


def _issue(key: str, text: str, path: str) -> Issue:
    return Issue("invariant", f"{text} ({key}).", path)
