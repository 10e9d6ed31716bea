"""The functions of feed maps for people and links: `identifier`, `name`, `telecom`, `address`, `reference`, `note`."""

import re
from typing import Any

from adapters.feeds.compilation import NOBODYS, SHARED, Make, Run, Scope
from adapters.feeds.record import Record
from adapters.person_names import human_name
from fhir_profiles import identifier_systems

_SYSTEMS = {
    name.lower().replace("_", "-"): value
    for name, value in vars(identifier_systems).items()
    if name.isupper() and isinstance(value, str)
}

_ALPHANUMERIC = re.compile(r"[0-9A-Za-z]")


def identifier(spec: dict[str, Any], scope: Scope) -> Make:
    """An Identifier; `system` is a name of the house (`citizen-id`, `health-record`, ...), `source` or a URI."""
    read, wanted = scope.text(spec["from"]), str(spec.get("system", "source"))
    system = _SYSTEMS.get(wanted, wanted)
    rest = {name: spec[name] for name in ("use", "type") if name in spec}
    upper = wanted in ("citizen-id", "social-credit")

    def make(record: Record, run: Run) -> Any:
        value = "".join(read(record).split()) if upper else read(record)
        if not _ALPHANUMERIC.search(value) or value.upper() in NOBODYS:
            return None
        uri = run.source.identifier_system if system == "source" else system
        return {**rest, "system": uri, "value": value.upper() if upper else value}

    return make


def name(spec: dict[str, Any], scope: Scope) -> Make:
    """A HumanName from one column; a Chinese name is split into family and given name."""
    read = scope.text(spec["from"])
    use = {"use": spec["use"]} if "use" in spec else {}

    def make(record: Record, run: Run) -> Any:
        written = read(record)
        return {**use, **human_name(written)} if written else None

    return make


def telecom(spec: dict[str, Any], scope: Scope) -> Make:
    read, system = scope.text(spec["from"]), str(spec.get("system", "phone"))
    use = {"use": spec["use"]} if "use" in spec else {}
    return lambda record, run: {"system": system, "value": value, **use} if (value := read(record)) else None


def address(spec: dict[str, Any], scope: Scope) -> Make:
    """An Address from `text` and its parts (`state`, `city`, `district`, `line`, `postalCode`, `country`)."""
    parts = {
        part: scope.text(spec[part])
        for part in ("text", "state", "city", "district", "postalCode", "country")
        if part in spec
    }
    if "from" in spec:
        parts["text"] = scope.text(spec["from"])
    line = scope.text(spec["line"]) if "line" in spec else None
    use = {"use": spec["use"]} if "use" in spec else {}

    def make(record: Record, run: Run) -> Any:
        made: dict[str, Any] = {part: value for part, read in parts.items() if (value := read(record))}
        if line and (street := line(record)):
            made["line"] = [street]
        return {**use, **made} if made else None

    return make


def reference(spec: dict[str, Any], scope: Scope) -> Make:
    """A relative reference to a resource of this source, by its type and key; with `display` alone where no key is."""
    kind = str(spec["type"])
    if kind == "Patient" and "key" not in spec:
        return lambda record, run: {"reference": f"Patient/{run.identity('Patient', run.patient_key)}"}
    key, display = scope.text(spec.get("key", "=")), scope.text(spec.get("display", "="))

    def make(record: Record, run: Run) -> Any:
        made: dict[str, Any] = {}
        if wanted := key(record):
            made = {"reference": f"{kind}/{run.identity(kind, wanted)}"}
        if shown := display(record):
            made["display"] = shown
        return made if wanted or (made and kind in SHARED) else None

    return make


def note(spec: dict[str, Any], scope: Scope) -> Make:
    """An Annotation; `label` stands before the text."""
    read, label = scope.text(spec.get("template") or spec["from"]), str(spec.get("label", ""))
    return lambda record, run: {"text": f"{label}{value}"} if (value := read(record)) else None
