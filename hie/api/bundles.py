"""Bundles put together from stored bytes: nothing that was stored is parsed or written again.

https://hl7.org/fhir/R4/bundle.html. Strings that stand in a Bundle beside the resources are addresses of ours and
codes; they go through `dumps`.
"""

from collections.abc import Iterable
from typing import Any

from fhir_profiles import instant, resources
from record_store.stored import Found, Stored


def searchset(
    base: str, found: Found, links: list[tuple[str, str]], extra: list[bytes] | None = None
) -> bytes:
    """A page of a search: matches, includes, then `extra` entries that are already bytes."""
    entries = [_search_entry(base, stored, b"match") for stored in found.matches]
    entries.extend(_search_entry(base, stored, b"include") for stored in found.included)
    entries.extend(extra or ())
    return bundle("searchset", entries, total=found.total, links=links)


def history(base: str, found: Found, links: list[tuple[str, str]]) -> bytes:
    """A page of a history, newest first; deleted versions have no resource."""
    return bundle(
        "history", (_history_entry(base, stored) for stored in found.matches), total=found.total, links=links
    )


def bundle(
    kind: str,
    entries: Iterable[bytes],
    *,
    total: int | None = None,
    links: list[tuple[str, str]] | None = None,
) -> bytes:
    """A Bundle of that type around finished entries."""
    head: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": kind,
        "meta": {"lastUpdated": instant.text(instant.now())},
    }
    if total is not None:
        head["total"] = total
    if links:
        head["link"] = [{"relation": relation, "url": url} for relation, url in links]
    joined = b",".join(entries)
    if not joined:
        return resources.dumps(head)
    return b"".join((resources.dumps(head)[:-1], b',"entry":[', joined, b"]}"))


def outcome_entry(outcome: dict[str, Any]) -> bytes:
    """A search entry that tells what was left out of the search."""
    return resources.dumps({"resource": outcome, "search": {"mode": "outcome"}})


def _search_entry(base: str, stored: Stored, mode: bytes) -> bytes:
    return b"".join(
        (b'{"fullUrl":"', base.encode(), b"/", stored.reference.encode(), b'","resource":', stored.body,
         b',"search":{"mode":"', mode, b'"}}')
    )  # fmt: skip


def _history_entry(base: str, stored: Stored) -> bytes:
    method = "DELETE" if stored.deleted else "POST" if stored.version == 1 else "PUT"
    address = stored.type if method == "POST" else stored.reference
    status = {"DELETE": "204", "POST": "201", "PUT": "200"}[method]
    entry: dict[str, Any] = {
        "fullUrl": f"{base}/{stored.reference}",
        "request": {"method": method, "url": address},
        "response": {
            "status": status,
            "etag": f'W/"{stored.version}"',
            "lastModified": instant.text(stored.updated),
        },
    }
    if stored.deleted:
        return resources.dumps(entry)
    return b"".join((resources.dumps(entry)[:-1], b',"resource":', stored.body, b"}"))
