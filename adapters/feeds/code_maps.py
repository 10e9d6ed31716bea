"""Code maps: how a source's codes and words become FHIR codes.

[codes.sex]                                  # no system: the value is the FHIR code
"1" = "male"
"男" = "=1"                                  # the same as 1

[codes.route]                                # a system: the code is kept, the value is its display
system = "urn:oid:2.16.156.10011.2.3.1.158"
"401" = "皮下注射"

[codes.visit_kind]                           # a target: translated, with the source's own coding beside it
system = "urn:oid:2.16.156.10011.2.3.1.183"
target = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
"1" = { code = "AMB", display = "ambulatory", own = "门诊" }
"""

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fhir_profiles import terminology

_SHIPPED = Path(__file__).parent / "codes"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one code of a source means: the FHIR code, all codings, and the words."""

    code: str
    codings: list[dict[str, str]]
    text: str


@dataclass(frozen=True, slots=True)
class CodeMap:
    """A named code map."""

    name: str
    entries: dict[str, Entry]

    def get(self, written: str) -> Entry | None:
        """The entry of a code or word as written; case, width and blanks are forgiven."""
        return self.entries.get(written) or self.entries.get(_folded(written))


def code_maps(tables: dict[str, dict[str, Any]]) -> dict[str, CodeMap]:
    """The shipped code maps with a feed's own put over them. Raises ValueError where an alias leads nowhere."""
    return {**shipped(), **{name: _compiled(name, table) for name, table in tables.items()}}


@lru_cache(maxsize=1)
def shipped() -> dict[str, CodeMap]:
    """The code maps that every feed may use, read once from `codes/*.toml`."""
    found: dict[str, CodeMap] = {}
    for path in sorted(_SHIPPED.glob("*.toml")):
        for name, table in tomllib.loads(path.read_text("utf-8")).items():
            found[name] = _compiled(name, table)
    return found


def _compiled(name: str, table: dict[str, Any]) -> CodeMap:
    system, target = str(table.get("system", "")), str(table.get("target", ""))
    values = {key: value for key, value in table.items() if key not in ("system", "target", "table", "to")}
    entries = _known(str(table["table"]), str(table.get("to", ""))) if "table" in table else {}
    given = {key: _entry(key, value, system, target) for key, value in values.items() if not _is_alias(value)}
    entries |= given | {_folded(key): entry for key, entry in given.items()}
    for key, value in values.items():
        if _is_alias(value):
            if value[1:] not in entries:
                raise ValueError(f"code map {name}: {key} points to {value[1:]}, which isn't there")
            entries[key] = entries[_folded(key)] = entries[value[1:]]
    return CodeMap(name, entries)


def _is_alias(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _known(name: str, to: str) -> dict[str, Entry]:
    """The entries of a table of the region's terminology, by code and by name; `to` translates them."""
    found = terminology.table(name)
    if found is None:
        raise ValueError(f"the terminology has no table {name}")
    entries: dict[str, Entry] = {}
    for code, concept in found.concepts.items():
        own = terminology.coding(found.system, code)
        translated = terminology.translate(found.system, code, to) if to else None
        codings = [translated, own] if translated else [own]
        entry = Entry(codings[0]["code"], codings, concept.zh)
        entries[code] = entries[_folded(code)] = entry
        entries.setdefault(_folded(concept.zh), entry)
    return entries


def _entry(code: str, value: Any, system: str, target: str) -> Entry:
    if isinstance(value, dict):
        translated = {"system": str(value.get("system", target)), "code": str(value["code"])}
        translated |= {"display": str(value["display"])} if "display" in value else {}
        own = {"system": system, "code": code, "display": str(value.get("own", ""))}
        codings = [translated, own] if system else [translated]
        text = str(value.get("own") or value.get("display") or code)
        return Entry(translated["code"], [_filled(coding) for coding in codings], text)
    if system:
        return Entry(code, [_filled({"system": system, "code": code, "display": str(value)})], str(value))
    return Entry(str(value), [_filled({"system": target, "code": str(value)})], str(value))


def _filled(coding: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in coding.items() if value}


def _folded(written: str) -> str:
    return unicodedata.normalize("NFKC", written).strip().lower()
