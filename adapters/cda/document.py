"""One document while it is translated: what its entries share, and the resources that they leave."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.cda import datatypes
from adapters.cda.reading import attribute, is_void, texts_by_id
from adapters.safe_xml import Element
from adapters.source import Source, Unmapped
from fhir_profiles import ids
from fhir_profiles.outcome import Issue
from fhir_profiles.resources import dumps

SHARED = frozenset({"Organization", "Practitioner", "Location"})

Resource = dict[str, Any]


@dataclass(slots=True)
class Section:
    """The section that entries stand in: its code (LOINC), title, and the references of what it gave."""

    code: str
    title: str
    take: "Callable[[Document, Section, Element], list[dict[str, str]]]"
    entries: list[dict[str, str]] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)

    def inside(
        self, document: "Document", element: Element, skip: Sequence[Element] = ()
    ) -> list[dict[str, str]]:
        """Take what an act holds (entryRelationship, component), but for the parts its caller has read."""
        found: list[dict[str, str]] = []
        for link in element:
            if link.tag in ("entryRelationship", "component"):
                for act in link:
                    if act not in skip and isinstance(act.tag, str):
                        found += self.take(document, self, act)
        return found


@dataclass(slots=True)
class Document:
    """The state of one translation. `made` keeps resources by `Type/id` in the order of their coming, `rules` where in
    the document each came from (`place`: the header, or a section by its code)."""

    root: Element
    source: Source
    identity: str
    patient_key: str
    texts: dict[str, str]
    date: str | None = None
    made: dict[str, Resource] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    encounter: str = ""
    author: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    place: str = "header"
    rules: dict[str, list[str]] = field(default_factory=dict)
    variants: dict[tuple[str, str], dict[bytes, int]] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        return self.source.zone

    @property
    def subject(self) -> dict[str, str]:
        return {"reference": f"Patient/{self.id_of('Patient', self.patient_key)}"}

    def id_of(self, kind: str, key: str) -> str:
        """The id of a resource of this source, by the house rule for ids of fed resources."""
        if kind in SHARED:
            home = ids.hashed_bucket(kind, self.source.name, key)
        else:
            home = ids.hashed_bucket(self.source.name, self.patient_key)
        return str(ids.fed(home, self.source.name, kind, key))

    def add(self, kind: str, key: str, elements: dict[str, Any]) -> dict[str, str]:
        """Keep a resource and give its reference.

        Elements without a value are left out. The same key with the same content is the same resource; with other
        content it gets a number behind its key, so that nothing is lost to an id that a sender uses twice.
        """
        filled = {name: kept for name, value in elements.items() if (kept := _filled(value)) is not None}
        identity = self.id_of(kind, key)
        earlier = self.made.get(f"{kind}/{identity}")
        if (
            earlier is not None
            and kind not in SHARED
            and earlier != {"resourceType": kind, "id": identity, **filled}
        ):
            others = self.variants.setdefault((kind, key), {})
            number = others.setdefault(dumps(filled), len(others) + 2)
            identity = self.id_of(kind, f"{key}#{number}")
        reference = f"{kind}/{identity}"
        self.made.setdefault(reference, {"resourceType": kind, "id": identity, **filled})
        self.rules.setdefault(reference, [f"cda.{self.place}.{kind}"])
        return {"reference": reference}

    def key(self, element: Element, kind: str) -> str:
        """The key of an act: its own id where it is worldwide unique, else its content within this document."""
        for found in element.findall("id"):
            root, extension = (found.get("root") or "").strip(), (found.get("extension") or "").strip()
            if (
                root
                and (len(root) == 36 or (extension and datatypes.identifier(found)))
                and not found.get("nullFlavor")
            ):
                return f"{root}^{extension}"
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{self.identity}/{kind}/{self.counts[kind]}"

    def concept(self, element: Element | None) -> dict[str, Any] | None:
        return datatypes.concept(element, self.texts)

    def text(self, element: Element) -> str:
        """The narrative of an act (`text`), inline or pointed to."""
        return datatypes.pointed(element.find("text"), self.texts)

    def timing(self, element: Element, name: str = "effective") -> dict[str, Any]:
        return datatypes.timing(element.find("effectiveTime"), self.zone, name)

    def encounter_reference(self) -> dict[str, str] | None:
        return {"reference": self.encounter} if self.encounter else None


def _filled(value: Any) -> Any:
    """A value without its empty parts; None where nothing is left."""
    if isinstance(value, dict):
        return {name: kept for name, inner in value.items() if (kept := _filled(inner)) is not None} or None
    if isinstance(value, list):
        return [kept for item in value if (kept := _filled(item)) is not None] or None
    if isinstance(value, str):
        return value.strip() or None
    return value


def opened(root: Element, payload: bytes, source: Source, patient_key: str) -> Document:
    """The state for a document; one without a usable id gets the digest of its content as its identity."""
    found, extension = attribute(root, "id", "root"), attribute(root, "id", "extension")
    identity = f"{found}^{extension}"
    if not found or is_void(extension) or (not extension and len(found) != 36):
        identity = hashlib.sha256(payload).hexdigest()
    return Document(root, source, identity, patient_key, texts_by_id(root))
