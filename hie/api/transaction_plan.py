"""What a Bundle of requests comes to: its entries read, its references resolved, its changes in their order.

https://hl7.org/fhir/R4/http.html#trules. References to an entry's fullUrl become references to what the entry
makes; a reference that is a search must find exactly one.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl

from consent.actor import Actor
from fhir_profiles import resources
from fhir_profiles.outcome import Failure, Invalid, PreconditionFailed
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.resources import Resource
from hie.api import changes, conditions, patch
from hie.api.addresses import Pairs
from hie.api.changes import Change
from record_store.query import ACCEPTED
from record_store.stored import Stored

METHODS: Final = ("DELETE", "POST", "PUT", "PATCH", "GET")
MOST_ENTRIES: Final = 20_000
Ask = Callable[[str, Pairs], Stored | None]


@dataclass(slots=True)
class Entry:
    """One request of a Bundle. `change` and `existing` are what `Plan` decides about it."""

    number: int
    method: str
    url: str
    path: list[str]
    pairs: Pairs
    resource: Resource | None
    full_url: str
    if_match: int | None
    if_none_exist: Pairs | None
    change: Change | None = None
    existing: Stored | None = None
    fhir_id: str = ""

    @property
    def type(self) -> str:
        return self.path[0]

    @property
    def condition(self) -> Pairs | None:
        """The search that decides what this entry means."""
        if self.method == "POST":
            return self.if_none_exist
        return self.pairs if self.method in ("PUT", "PATCH", "DELETE") and len(self.path) == 1 else None


def entries(bundle: Resource, base: str) -> list[Entry | Failure]:
    """The requests of a Bundle; for one that asks for what there is not, why. Invalid when one is no request."""
    written = bundle.get("entry", [])
    if not isinstance(written, list) or len(written) > MOST_ENTRIES:
        raise Invalid(f"A Bundle of requests has up to {MOST_ENTRIES} entries", expression="Bundle.entry")
    for number, one in enumerate(written):
        request = one.get("request") if isinstance(one, dict) else None
        if not isinstance(request, dict) or not isinstance(request.get("url"), str):
            raise Invalid(
                "The entry has no request with method and url", expression=f"Bundle.entry[{number}].request"
            )
    return [_entry_or_why(number, one, base) for number, one in enumerate(written)]


def _entry_or_why(number: int, written: dict[str, Any], base: str) -> Entry | Failure:
    try:
        return _entry(number, written, base)
    except Failure as failure:
        return failure


def _entry(number: int, written: dict[str, Any], base: str) -> Entry:
    place = f"Bundle.entry[{number}]"
    request = written["request"]
    method, url = request.get("method"), request["url"].removeprefix(base).lstrip("/")
    if method not in METHODS:
        raise Invalid(
            "The method is one of GET, POST, PUT, PATCH, DELETE", expression=f"{place}.request.method"
        )
    address, _, query = url.partition("?")
    path = [part for part in address.split("/") if part]
    if not path or path[0] not in NUMBER:
        raise Invalid(
            "The address names no resource type", expression=f"{place}.request.url", reason="unknown-type"
        )
    resource = written.get("resource")
    if method in ("POST", "PUT", "PATCH"):
        wanted = "Binary" if method == "PATCH" else path[0]
        if not isinstance(resource, dict) or resource.get("resourceType") not in (wanted, "Parameters"):
            raise Invalid(
                "The entry's resource is not of the type that its address names",
                expression=f"{place}.resource",
            )
    fits = {"POST": (1,), "PUT": (1, 2), "PATCH": (1, 2), "DELETE": (1, 2), "GET": (1, 2, 3, 4)}[method]
    if len(path) not in fits:
        raise Invalid("Nothing can be done at this address", expression=f"{place}.request.url")
    pairs = [(name, value) for name, value in parse_qsl(query) if name not in ACCEPTED]
    if len(path) == 1 and method in ("PUT", "PATCH", "DELETE") and not pairs:
        raise Invalid("The address needs an id or a search", expression=f"{place}.request.url")
    return Entry(
        number=number,
        method=method,
        url=url,
        path=path,
        pairs=pairs,
        resource=resource,
        full_url=str(written.get("fullUrl", "")),
        if_match=conditions.version_of_etag(_text(request, "ifMatch", place)),
        if_none_exist=conditions.if_none_exist(_text(request, "ifNoneExist", place)),
    )


def _text(request: dict[str, Any], name: str, place: str) -> str | None:
    found = request.get(name)
    if found is not None and not isinstance(found, str):
        raise Invalid(f"{name} is a text", expression=f"{place}.request.{name}")
    return found


@dataclass(slots=True)
class Plan:
    """Decides what the entries of one transaction do. `decide` may run again: it starts over."""

    entries: list[Entry]
    ask: Ask
    actor: Actor
    exchange: Any
    changes: list[Change] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)
    _searched: dict[str, str] = field(default_factory=dict)
    _at: int = -1

    @property
    def criteria(self) -> list[tuple[str, Pairs]]:
        """All searches that decide what is written."""
        return [(entry.type, entry.condition) for entry in self.entries if entry.condition]

    def decide(self) -> list[Change]:
        """The changes, in the order that the standard asks for."""
        self._ids, self._searched = {}, {}
        # Patients first, so that what is about them gets an id in their bucket.
        for entry in sorted(self.entries, key=lambda one: one.type != "Patient"):
            self._at = entry.number
            self._name(entry)
        for entry in self.entries:
            self._at = entry.number
            entry.change = self._change(entry)
        self._at = -1
        made = [(METHODS.index(entry.method), entry.change) for entry in self.entries if entry.change]
        self.changes = [change for _, change in sorted(made, key=lambda one: one[0])]
        self._refuse_repeats()
        return self.changes

    @contextmanager
    def about(self, entry: Entry) -> Iterator[None]:
        """What fails in the block is this entry's failure."""
        self._at = entry.number
        yield
        self._at = -1

    def told(self, failure: Failure) -> Failure:
        """A failure with the entry that it is about."""
        if self._at < 0 or len(self.entries) == 1:
            return failure
        place = f"Bundle.entry[{self._at}]"
        issues = [replace(one, expression=f"{place} {one.expression}".strip()) for one in failure.issues]
        return type(failure)(issues=issues)

    def _name(self, entry: Entry) -> None:
        """Which resource an entry is about: asked for by its condition, named by its address, or new."""
        entry.existing = self.ask(entry.type, entry.condition) if entry.condition else None
        if entry.existing is not None:
            entry.fhir_id = entry.existing.id
        elif len(entry.path) > 1:
            entry.fhir_id = entry.path[1]
        elif entry.method == "PUT" and entry.resource and entry.resource.get("id"):
            entry.fhir_id = str(entry.resource["id"])
        elif entry.method in ("POST", "PUT"):
            entry.fhir_id = self._new_id(entry.resource or {})
        if entry.full_url and entry.method in ("POST", "PUT"):
            if entry.full_url in self._ids:
                raise Invalid("Two entries have the same fullUrl", expression="fullUrl", reason="repeated")
            self._ids[entry.full_url] = f"{entry.type}/{entry.fhir_id}"

    def _new_id(self, resource: Resource) -> str:
        named = resource.get("subject") or resource.get("patient") or resource.get("beneficiary")
        reference = named.get("reference") if isinstance(named, dict) else None
        if isinstance(reference, str) and reference in self._ids:
            resource = {"subject": {"reference": self._ids[reference]}}
        return changes.new_id(resource)

    def _change(self, entry: Entry) -> Change | None:
        make = {"DELETE": self._deleted, "POST": self._created, "PUT": self._updated, "PATCH": self._patched}
        return make[entry.method](entry) if entry.method in make else None

    def _deleted(self, entry: Entry) -> Change | None:
        if entry.condition and entry.existing is None:
            return None
        changes.refuse_bad_id(entry.fhir_id)
        version = entry.existing.version if entry.existing else entry.if_match
        entry.existing = None
        return Change(self.actor, "delete", entry.type, entry.fhir_id, expected=version)

    def _created(self, entry: Entry) -> Change | None:
        if entry.existing is not None:
            return None
        resource = {**changes.checked(self._resolved(entry.resource or {})), "id": entry.fhir_id}
        return Change(self.actor, "create", entry.type, entry.fhir_id, resource, create_only=True)

    def _updated(self, entry: Entry) -> Change:
        changes.refuse_bad_id(entry.fhir_id)
        if (entry.resource or {}).get("id", entry.fhir_id) != entry.fhir_id:
            raise Invalid(
                "The id in the body must be that of the address",
                expression="resource.id",
                reason="id-mismatch",
            )
        resource = changes.checked(self._resolved({**(entry.resource or {}), "id": entry.fhir_id}))
        version = entry.existing.version if entry.existing else entry.if_match
        if entry.existing and entry.if_match not in (None, version):
            raise PreconditionFailed("The match has another version than ifMatch names", reason="version")
        entry.existing = None
        return Change(self.actor, "update", entry.type, entry.fhir_id, resource, version)

    def _patched(self, entry: Entry) -> Change:
        resource = changes.checked(entry.resource or {})
        if resource.get("contentType") != patch.JSON_PATCH:
            raise Invalid("A patch is a Binary with a JSON Patch", expression="resource.contentType")
        current = entry.existing
        if current is None:
            if entry.condition:
                raise PreconditionFailed("The condition matches nothing", reason="no-match")
            current = self.exchange.door.read(self.actor, entry.type, entry.fhir_id)
        operations = patch.parsed(base64.b64decode(resource.get("data", "")))
        patched = changes.checked(self._resolved(patch.applied(resources.loads(current.body), operations)))
        entry.existing = None
        version = current.version if entry.if_match is None else entry.if_match
        return Change(self.actor, "update", entry.type, current.id, patched, version)

    def _resolved(self, value: Any) -> Any:
        """A resource with references to entries and to searches made literal."""
        if isinstance(value, dict):
            return {
                name: self._reference(part)
                if name == "reference" and isinstance(part, str)
                else self._resolved(part)
                for name, part in value.items()
            }
        if isinstance(value, list):
            return [self._resolved(part) for part in value]
        if isinstance(value, str) and value.startswith("urn:") and value in self._ids:
            return self._ids[value]
        return value

    def _reference(self, reference: str) -> str:
        if reference in self._ids:
            return self._ids[reference]
        type_, mark, query = reference.partition("?")
        if not mark or type_ not in NUMBER:
            return reference
        if reference not in self._searched:
            match = self.ask(type_, parse_qsl(query))
            if match is None:
                raise PreconditionFailed("A conditional reference matches nothing", reason="no-match")
            self._searched[reference] = match.reference
        return self._searched[reference]

    def _refuse_repeats(self) -> None:
        seen: set[str] = set()
        for change in self.changes:
            if change.reference in seen:
                raise Invalid(
                    "Two entries are about the same resource", expression="Bundle.entry", reason="repeated"
                )
            seen.add(change.reference)
