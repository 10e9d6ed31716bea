"""The code tables of the region: what a code is called, what it is in another system, which code a word means.

The tables are TOML under `definitions/terminology/`, one line a code (`code name | English name | unit`). A
system may be named by its URI, by its bare or `urn:oid:` OID, or by the short name of its table (`sex`,
`CV05.01.002`). Codes without a table are not an error: they have no display here.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fhir_profiles.code_systems import MARITAL_STATUS, MARITAL_STATUS_V3
from fhir_profiles.text import normalise

Coding = dict[str, str]

_NOT_TABLES = ("maps.toml", "notifiable_diseases.toml")


@dataclass(frozen=True, slots=True)
class Concept:
    """One code with its names; `unit` is the UCUM unit its values have here, or ''."""

    code: str
    zh: str
    en: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One code system: `name` is short, `concepts` in the order of the standard."""

    name: str
    system: str
    title: str
    concepts: dict[str, Concept]


def table(system: str) -> Table | None:
    """The table of a system (URI, OID or short name), or None."""
    return _tables().get(system)


def systems() -> list[Table]:
    """All tables, each once."""
    return list({found.system: found for found in _tables().values()}.values())


def concept(system: str, code: str) -> Concept | None:
    """A code of a system; a code of ICD-10 with national characters behind it counts as its WHO beginning."""
    found = table(system)
    if found is None:
        return None
    known = found.concepts.get(code)
    if known is None and found.name == "icd-10":
        known = _beginning(found, code.upper())
    return known


def display(system: str, code: str, language: str = "zh") -> str | None:
    """The name of a code in `zh` or `en` (the Chinese one where there is no English one), or None."""
    found = concept(system, code)
    if found is None:
        return None
    return (found.en or found.zh) if language.startswith("en") else found.zh


def coding(system: str, code: str, language: str = "zh") -> Coding:
    """A FHIR Coding with the system's URI, and the display where it is known."""
    found = table(system)
    result = {"system": found.system if found else system, "code": code}
    name = display(system, code, language)
    return result | {"display": name} if name else result


def translate(system: str, code: str, to: str) -> Coding | None:
    """The counterpart of a code in another system, or None where the maps have none."""
    source, target = table(system), table(to)
    pair = (source.system if source else system, target.system if target else to)
    counterpart = _maps().get(pair, {}).get(code)
    return coding(to, counterpart, "en") if counterpart is not None else None


def recognise(system: str, written: str) -> Coding | None:
    """The code that a source means by a code or a name (`1`, `男`, `汉`, `Married`), or None."""
    found = table(system)
    if found is None:
        return None
    code = _names(found.system).get(normalise(written))
    return coding(system, code) if code is not None else None


def gender(written: str) -> str | None:
    """FHIR administrative-gender from GB/T 2261.1, HL7 table 0001 or words; None where it is none of these."""
    return _GENDERS.get(normalise(written))


def marital_status(written: str) -> Coding | None:
    """HL7 v3 MaritalStatus from GB/T 2261.2 codes or words."""
    found = recognise(MARITAL_STATUS, written)
    return translate(MARITAL_STATUS, found["code"], MARITAL_STATUS_V3) if found else None


_GENDERS = {
    word: gender
    for gender, words in {
        "male": "1 m male 男 男性 man",
        "female": "2 f female 女 女性 woman",
        "other": "o a other 其他",
        "unknown": "0 9 u n unknown 未知 不详 未知的性别 未说明的性别 未说明",
    }.items()
    for word in words.split()
}


def _beginning(found: Table, code: str) -> Concept | None:
    code = code.replace("X", "").rstrip(".+*")
    while len(code) >= 3:
        if code in found.concepts:
            return found.concepts[code]
        code = code[:-1].rstrip(".")
    return None


@cache
def _tables() -> dict[str, Table]:
    """Every table under its name, its system and the OIDs it is known by."""
    found: dict[str, Table] = {}
    for path in sorted(
        (files("fhir_profiles") / "definitions" / "terminology").iterdir(), key=lambda p: p.name
    ):
        if not path.name.endswith(".toml") or path.name in _NOT_TABLES:
            continue
        for name, written in tomllib.loads(path.read_text("utf-8")).items():
            entry = Table(name, written["system"], written["title"], _concepts(written["codes"]))
            oid = written.get("oid") or entry.system.removeprefix("urn:oid:")
            for key in (name, entry.system, oid, f"urn:oid:{oid}"):
                found[key] = entry
    return found


def _concepts(lines: str) -> dict[str, Concept]:
    found = {}
    for line in lines.strip().splitlines():
        code, _, names = line.partition(" ")
        found[code] = Concept(code, *(part.strip() for part in names.split(" | ")))
    return found


@cache
def _names(system: str) -> dict[str, str]:
    """Every way to write a code of a table, to the code; an ambiguous name keeps its first code."""
    found: dict[str, str] = {}
    for each in _tables()[system].concepts.values():
        found.setdefault(normalise(each.code), each.code)
    for each in _tables()[system].concepts.values():
        short = each.zh.removesuffix("族").removesuffix("性")
        for name in (each.zh, each.en, short):
            if name:
                found.setdefault(normalise(name), each.code)
    return found


@cache
def _maps() -> dict[tuple[str, str], dict[str, str]]:
    path = files("fhir_profiles") / "definitions" / "terminology" / "maps.toml"
    found: dict[tuple[str, str], dict[str, str]] = {}
    for each in tomllib.loads(path.read_text("utf-8"))["map"]:
        source, target = table(each["from"]), table(each["to"])
        pair = (source.system if source else each["from"], target.system if target else each["to"])
        found[pair] = each["codes"]
    return found
