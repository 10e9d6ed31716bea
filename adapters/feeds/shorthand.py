"""What saves writing in a feed map: presets, and lists of observations. Both become ordinary resources here.

[preset.vital]                       # elements that several resources share
status = "=final"
subject = "@patient"

[[table.observations]]               # one Observation for each column with a value
preset = "vital"
key = "JZLSH"
list = [
  { from = "TW", unit = "℃", text = "体温", loinc = "8310-5", element = "DE04.10.186.00" },
  { from = "FYCX", map = "adherence" },
  { panel = "血压", loinc = "85354-9", parts = [{ from = "SSY", unit = "mmHg", loinc = "8480-6" }, ...] },
]
"""

from typing import Any

LOINC = "http://loinc.org"
DATA_ELEMENT = "urn:oid:2.16.156.10011.2.2.1"


def resources(table: dict[str, Any], presets: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The `[[table.resource]]` entries of a table with presets merged in and observations written out."""
    found = [*table.get("resource", [])]
    for group in table.get("observations", []):
        found += [_observation(group, item) for item in group["list"]]
    return [_with_presets(resource, presets) for resource in found]


def _with_presets(resource: dict[str, Any], presets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    wanted = resource.get("preset", [])
    elements: dict[str, Any] = {}
    for name in [wanted] if isinstance(wanted, str) else wanted:
        elements |= presets[name]
    return {**resource, "elements": {**elements, **resource.get("elements", {})}}


def _observation(group: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    parts = item.get("parts", [])
    columns = [part["from"] for part in parts] or [item["from"]]
    name = item.get("name") or item.get("panel") or item["from"]
    elements: dict[str, Any] = {"code": _code(item)}
    if parts:
        elements["component"] = [{"code": _code(part), **_value(part)} for part in parts]
    else:
        elements |= _value(item)
    for optional in ("interpretation", "referenceRange", "method", "bodySite", "note"):
        if optional in item:
            elements[optional] = item[optional]
    return {
        "type": "Observation",
        "preset": item.get("preset", group.get("preset", [])),
        "key": f"{_in_braces(group['key'])}/{name}",
        "when": item.get("when") or " or ".join(columns),
        "elements": elements,
    }


def _in_braces(key: str) -> str:
    return key if "{" in key else f"{{{key}}}"


def _code(item: dict[str, Any]) -> dict[str, Any]:
    codings: list[dict[str, str]] = []
    if "loinc" in item:
        codings.append({"system": f"={LOINC}", "code": f"={item['loinc']}"})
    if "element" in item:
        codings.append({"system": f"={DATA_ELEMENT}", "code": f"={item['element']}"})
    if "code" in item:
        codings.append({"system": f"={item['system']}", "code": f"={item['code']}"})
    text = item.get("text") or item.get("panel") or item["from"]
    return {"coding": codings, "text": f"={text}"} if codings else {"text": f"={text}"}


def _value(item: dict[str, Any]) -> dict[str, Any]:
    if "map" in item:
        return {"valueCodeableConcept": {"as": "concept", "from": item["from"], "map": item["map"]}}
    if item.get("as") == "boolean":
        return {"valueBoolean": {**item, "as": "boolean"}}
    unit = {"unit": f"={item['unit']}"} if "unit" in item else {}
    return {"value[x]": {"as": "result", "from": item["from"], **unit}}
