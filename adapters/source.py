"""What an adapter is told about a source, and what it gives back. Pure data; nothing here reaches a network."""

from dataclasses import dataclass, field
from typing import Any

from fhir_profiles.outcome import Issue


@dataclass(frozen=True, slots=True)
class Source:
    """One registered sender.

    `name` is its stable short name (part of every id made from its feed); `identifier_system` the URI under which
    its own patient numbers and order numbers are unique; `zone` the IANA zone of stamps without an offset;
    `charset` the encoding to try when the bytes are neither UTF-8 nor what they claim; `feed_map` the name of a
    TOML map for proprietary feeds; `strict` asks for conformance to the declared HL7v2 structure.
    """

    name: str
    organisation: str
    identifier_system: str
    zone: str = "Asia/Shanghai"
    charset: str = "gb18030"
    feed_map: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value the map does not know: kept with the message, listed, never dropped silently."""

    path: str
    value: str


@dataclass(slots=True)
class Translation:
    """One message as FHIR: resources with ids and relative references (`Type/id`), and what was noticed.

    `refused` is true when nothing may be stored (the issues say why). `patient_key` is the source's own key of the
    patient the message is about, empty for none. `merges` are (survivor, retired) ids of this source's Patients
    (A34, A40). `rule_set` names the version of the rules that made it. `rules` maps `Type/id` to the ids of the
    rules that filled it, where the adapter was asked to trace.
    """

    kind: str
    control_id: str = ""
    event: str = ""
    patient_key: str = ""
    occurred: str = ""
    rule_set: str = ""
    refused: bool = False
    resources: list[dict[str, Any]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    merges: list[tuple[str, str]] = field(default_factory=list)
    rules: dict[str, list[str]] = field(default_factory=dict)
