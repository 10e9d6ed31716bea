"""Make the compact tables under fhir_profiles/definitions/ from HL7's own R4 (4.0.1) package.

    python scripts/build_definitions.py [--package DIRECTORY]

Without `--package` the package `hl7.fhir.r4.examples` (CC0; it carries the definitions beside the examples)
is fetched with `npm pack` into a temporary directory and thrown away afterwards. Four files come out, each
with one definition a line so that a change reads well:

- structures.json: type or backbone path -> {element: "min..max type|type!value-set"}
- codes.json: required value set -> {code system: [codes]}
- search_parameters.json: type -> {parameter: [kind, expression, targets, definition, text, components]}
- compartments.json: compartment -> {type: [parameters]}
"""

import argparse
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "hl7.fhir.r4.examples"
RELEASE = "4.0.1"
OUT = Path(__file__).parent.parent / "fhir_profiles" / "definitions"
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
FHIR_TYPE = STRUCTURE + "structuredefinition-fhir-type"
ISO_4217 = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD GNF GTQ GYD
HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG
QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX
YER ZAR ZMW ZWL
"""
ABSTRACT = {"Resource", "DomainResource", "Element", "BackboneElement"}

Json = dict[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--package", type=Path, help="an unpacked package instead of a download")
    given = arguments.parse_args().package
    with tempfile.TemporaryDirectory() as scratch:
        build(given or download(Path(scratch)))


def download(scratch: Path) -> Path:
    """Fetch and unpack the package; returns the directory with its files."""
    subprocess.run(["npm", "pack", PACKAGE], cwd=scratch, check=True, capture_output=True)  # noqa: S603, S607
    with tarfile.open(next(scratch.glob("*.tgz"))) as archive:
        archive.extractall(scratch, filter="data")
    return scratch / "package"


def build(package: Path) -> None:
    structures = {s["id"]: s for s in read(package, "StructureDefinition") if is_specification(s)}
    sets = {s["url"]: s for s in read(package, "ValueSet")}
    systems = {s["url"]: s for s in read(package, "CodeSystem")}
    codes: Json = {}
    elements: Json = {}
    for name in sorted(structures):
        if name not in ABSTRACT - {"Element"} and structures[name]["kind"] != "primitive-type":
            elements |= definitions(structures[name], codes, sets, systems)
    write("structures.json", elements)
    write("codes.json", dict(sorted(codes.items())))
    resources = {n for n, s in structures.items() if s["kind"] == "resource" and n not in ABSTRACT}
    write("search_parameters.json", parameters(list(read(package, "SearchParameter")), resources))
    compartments = {c["code"]: c for c in read(package, "CompartmentDefinition") if "example" not in c["id"]}
    write("compartments.json", {code: members(c) for code, c in sorted(compartments.items())})


def read(package: Path, kind: str) -> Iterator[Json]:
    for path in sorted(package.glob(f"{kind}-*.json")):
        yield json.loads(path.read_bytes())


def write(name: str, table: Json) -> None:
    lines = (
        f"{json.dumps(k)}:{json.dumps(v, ensure_ascii=False, separators=(',', ':'))}"
        for k, v in table.items()
    )
    (OUT / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def is_specification(structure: Json) -> bool:
    kinds = ("resource", "complex-type", "primitive-type")
    return (
        structure["kind"] in kinds
        and structure.get("derivation") != "constraint"
        and structure.get("fhirVersion") == RELEASE
    )


def definitions(structure: Json, codes: Json, sets: Json, systems: Json) -> Json:
    """`{path: {element: notation}}` for a type and the backbone elements inside it."""
    found: Json = {structure["id"]: {}}
    for element in structure["snapshot"]["element"][1:]:
        parent, name = element["path"].rsplit(".", 1)
        found.setdefault(parent, {})[name] = notation(element, codes, sets, systems)
    return found


def notation(element: Json, codes: Json, sets: Json, systems: Json) -> str:
    cardinality = f"{element['min']}..{element['max']} "
    if "contentReference" in element:
        return cardinality + element["contentReference"].removeprefix("#")
    types = "|".join(type_notation(kind, element["path"]) for kind in element["type"])
    binding = element.get("binding", {})
    if binding.get("strength") == "required" and "valueSet" in binding:
        url = binding["valueSet"].split("|")[0]
        expansion = expand(url, sets, systems)
        if expansion:
            name = url.rsplit("/", 1)[1]
            codes[name] = expansion
            types += f"!{name}"
    return cardinality + types


def type_notation(kind: Json, path: str) -> str:
    code: str = kind["code"]
    if code.startswith("http://hl7.org/fhirpath/"):
        code = next(e["valueUrl"] for e in kind["extension"] if e["url"] == FHIR_TYPE)
        return code
    if code in ("BackboneElement", "Element"):
        return path
    targets = sorted(profile.removeprefix(STRUCTURE) for profile in kind.get("targetProfile", []))
    if code == "Reference" and targets and targets != ["Resource"]:
        return f"Reference({','.join(targets)})"
    return code


def expand(url: str, sets: Json, systems: Json) -> Json | None:
    """`{system: [codes]}` of a value set, or None where its content cannot be listed (media types, UCUM)."""
    compose = sets.get(url.split("|", 1)[0], {}).get("compose", {})
    found: dict[str, list[str]] = {}
    for include in compose.get("include", []):
        for nested in include.get("valueSet", []):
            inner = expand(nested, sets, systems)
            if inner is None:
                return None
            for system, codes in inner.items():
                found.setdefault(system, []).extend(codes)
        if "system" in include:
            listed = concepts(include, systems)
            if listed is None:
                return None
            found.setdefault(include["system"], []).extend(listed)
    return found if found and "exclude" not in compose else None


def concepts(include: Json, systems: Json) -> list[str] | None:
    if "concept" in include:
        return [concept["code"] for concept in include["concept"]]
    if include["system"] == "urn:iso:std:iso:4217":
        return ISO_4217.split()
    system = systems.get(include["system"], {})
    if system.get("content") != "complete" or "filter" in include:
        return None
    return list(flatten(system.get("concept", [])))


def flatten(nested: list[Json]) -> Iterator[str]:
    for concept in nested:
        yield concept["code"]
        yield from flatten(concept.get("concept", []))


def parameters(definitions: list[Json], resources: set[str]) -> Json:
    """Search parameters by type; `Resource` and `DomainResource` hold those that every type has."""
    by_url = {d["url"]: d for d in definitions}
    table: dict[str, Json] = {}
    for definition in sorted(definitions, key=lambda d: (d.get("code", ""), d["url"])):
        if (
            definition.get("version") != RELEASE
            or "expression" not in definition
            or "example" in definition["id"]
        ):
            continue
        for base in definition.get("base", []):
            table.setdefault(base, {})[definition["code"]] = row(definition, base, by_url, resources)
    return dict(sorted(table.items()))


def row(definition: Json, base: str, by_url: Json, resources: set[str]) -> list[Any]:
    components = [[by_url[c["definition"]]["code"], c["expression"]] for c in definition.get("component", [])]
    expression = branches(definition["expression"], base, resources)
    targets = definition.get("target", [])
    if set(targets) >= resources:
        targets = []
    documentation = described(definition["description"], base)
    line = [definition["type"], expression, targets, definition["id"], documentation]
    return [*line, components] if components else line


def branches(expression: str, base: str, resources: set[str]) -> str:
    """The branches of a union that start at one type."""
    parts = [part.strip() for part in re.split(r"\s\|\s", expression)]
    if any("(" in p and p.count("(") != p.count(")") for p in parts):
        return expression
    own = [p for p in parts if re.match(r"\(?(\w+)", p).group(1) == base]  # type: ignore[union-attr]
    return " | ".join(own or parts)


def described(text: str, base: str) -> str:
    listed = re.search(rf"\* \[{base}\]\([^)]*\): (.*)", text)
    return " ".join((listed.group(1) if listed else text).split())


def members(compartment: Json) -> Json:
    return {r["code"]: r["param"] for r in compartment["resource"] if r.get("param")}


if __name__ == "__main__":
    main()
