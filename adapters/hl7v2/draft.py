"""The record that a message becomes while its segments are read: resources by id, references, issues.

Every resource is kept under a key of the source, so the same thing told twice in one message is one resource, and
a correction in a later message is a new version of it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from adapters.hl7v2.encoding import Encoding
from adapters.hl7v2.message import Message, Segment
from adapters.hl7v2.patient_key import own_names
from adapters.hl7v2.stamps import ordered_period, parsed
from adapters.mapping import Mapper
from adapters.source import Source, Unmapped
from fhir_profiles import ids
from fhir_profiles.outcome import Issue

if TYPE_CHECKING:
    from adapters.hl7v2.order import Order

Resource = dict[str, Any]


class Draft:
    """The context of all mapping functions and segment handlers of one message.

    `patient` and `encounter` are the references that new resources get as subject and encounter; `order` is the
    order group being read; `noted` the resource that a following NTE talks about. `fired` collects rule ids where
    somebody traces.
    """

    def __init__(
        self,
        message: Message,
        source: Source,
        maps: Mapping[str, Mapper],
        *,
        reporting: bool,
        trace: bool = False,
    ) -> None:
        self.message = message
        self.encoding: Encoding = message.encoding
        self.source = source
        self.zone = source.zone
        self.own = own_names(message.header.fields, message.encoding)
        self.maps = maps
        self.reporting = reporting
        self.resources: dict[str, Resource] = {}
        self.issues: list[Issue] = list(message.issues)
        self.unmapped_values: list[Unmapped] = []
        self.merges: list[tuple[str, str]] = []
        self.rules: dict[str, list[str]] = {}
        self.fired: list[str] | None = [] if trace else None
        self.segment: Segment = message.segments[0]
        self.patient = ""
        self.patient_key = ""
        self.home = 0
        self.encounter = ""
        self.order: Order | None = None
        self.noted: Resource | None = None
        self.code = message.value(message.header, 9)
        self.event = message.value(message.header, 9, 2)
        self.control_id = message.value(message.header, 10)
        self.sent = message.value(message.header, 7)
        self.happened = ""
        self.placed: dict[str, tuple[str, str]] = {}
        self.waiting_specimens: list[str] = []
        self.document: Resource | None = None
        self.lines: list[str] = []
        self.appointment: Resource | None = None
        self.booking: Segment | None = None
        self.staff: Resource | None = None
        self.entry_action = ""
        self.master_file = ""
        self.left_over = 0
        self.people: dict[str, Resource | None] = {}
        self.units: dict[str, Resource] = {}
        self._counts: dict[str, int] = {}

    def be_about(self, patient_key: str) -> str:
        """Set the patient that what follows belongs to; gives `Patient/id`."""
        self.patient_key = patient_key
        self.home = ids.hashed_bucket(self.source.name, patient_key)
        self.patient = f"Patient/{ids.fed(self.home, self.source.name, 'Patient', patient_key)}"
        return self.patient

    def identity(self, kind: str, key: str) -> str:
        """The id of a resource in the patient's record (of one without a resident while there is no patient)."""
        if self.patient:
            return str(ids.fed(self.home, self.source.name, kind, f"{self.patient_key}\x1f{key}"))
        return self.shared_identity(kind, key)

    def shared_identity(self, kind: str, key: str) -> str:
        """The id of a resource without a resident: Organization, Practitioner, Location, Medication."""
        return _shared(self.source.name, kind, key)

    def begin(self, kind: str, key: str) -> Resource:
        """A resource of the patient's record: the one already there under its key, or a new one, not yet kept."""
        identity = self.identity(kind, key)
        held = self.resources.get(f"{kind}/{identity}")
        return held if held is not None else {"resourceType": kind, "id": identity}

    def keep(self, resource: Resource) -> str:
        """Put a resource into the record; merges with one that has its id already. Gives `Type/id`."""
        name = f"{resource['resourceType']}/{resource['id']}"
        if span := resource.get("period"):
            resource["period"] = self.span(span.get("start"), span.get("end"))
        held = self.resources.setdefault(name, resource)
        if held is not resource:
            merge(held, resource)
        if self.fired:
            self.rules.setdefault(name, []).extend(self.fired)
            self.fired.clear()
        return name

    def apply(self, map_name: str, resource: Resource) -> bool:
        """Run a map over the current segment into a resource; whether it read anything."""
        return self.maps[map_name](self.segment, self, resource) is not None

    def element(self, map_name: str) -> Resource | None:
        """What a map of a plain element makes of the current segment."""
        return self.maps[map_name](self.segment, self)

    def subject(self) -> Resource:
        """The reference to the patient."""
        return {"reference": self.patient}

    def within(self, resource: Resource, name: str = "encounter") -> None:
        """Point a resource to the encounter of the message, where there is one."""
        if self.encounter:
            resource.setdefault(name, {"reference": self.encounter})

    def held(self, reference: str) -> Resource | None:
        """A resource of this record by its reference."""
        return self.resources.get(reference)

    def stamp(self, position: int, component: int = 1) -> str | None:
        """A stamp of the current segment as FHIR dateTime, or None."""
        return parsed(self.value(position, component), self.zone)

    def sent_at(self) -> str:
        """MSH-7 as FHIR dateTime; empty where it is none."""
        return parsed(self.sent, self.zone) or ""

    def span(self, start: str | None, end: str | None) -> Resource | None:
        """A Period; an end before its start is left out, and said."""
        found = ordered_period(start, end)
        if end and found and "end" not in found:
            self.unmapped(self.segment.name, end)
            text = "A period ends before it starts; its end was left out"
            self.warn("value", text, self.segment.name, "period-order")
        return found

    def occurrence(self, key: str) -> int:
        """How many times this key was asked for before in this message: tells equal things apart."""
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        return count

    def unmapped(self, path: str, value: str) -> None:
        """List a value that no rule knows."""
        text = value if len(value) <= 2000 else f"{value[:2000]}… ({len(value)} characters)"
        self.unmapped_values.append(Unmapped(path, text))

    def warn(self, code: str, text: str, expression: str, reason: str) -> None:
        """Note a problem that does not stop the translation."""
        self.issues.append(Issue(code, text, expression, severity="warning", reason=reason))

    def value(self, position: int, component: int = 1) -> str:
        """The text of a component of the current segment."""
        return self.message.value(self.segment, position, component)


@lru_cache(maxsize=32768)
def _shared(source: str, kind: str, key: str) -> str:
    """Few staff and places come again and again; their ids are worked out once."""
    return str(ids.fed(ids.hashed_bucket(kind, source, key), source, kind, key))


_CHOICES = (
    "multipleBirth",
    "deceased",
    "onset",
    "abatement",
    "value",
    "effective",
    "occurrence",
    "performed",
)


def merge(held: Resource, more: Resource) -> None:
    """Add to a resource what another telling of the same thing has beside it; what is there stays."""
    for name, value in more.items():
        present = held.get(name)
        if present is None:
            if not _chosen(held, name):
                held[name] = value
        elif isinstance(present, list) and isinstance(value, list):
            present.extend(entry for entry in value if entry not in present)
        elif isinstance(present, dict) and isinstance(value, dict) and name != "code":
            merge(present, value)


def _chosen(held: Resource, name: str) -> bool:
    """Whether another type of the same choice element (`onset[x]`) is there already."""
    for choice in _CHOICES:
        if name.startswith(choice) and name[len(choice) :][:1].isupper():
            return any(other.startswith(choice) and other[len(choice) :][:1].isupper() for other in held)
    return False
