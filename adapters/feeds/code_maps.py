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
    values = {key: value for key, value in table.items() if key not in ("system", "target", "source")}
    entries: dict[str, Entry] = {}
    for key, written in values.items():
        origin, value = key, written
        while isinstance(value, str) and value.startswith("="):
            origin = value[1:]
            if origin not in values:
                raise ValueError(f"code map {name}: {key} points to {origin}, which isn't there")
            value = values[origin]
        entry = _entry(origin, value, system, target)
        entries[key] = entries[_folded(key)] = entry
    return CodeMap(name, entries)


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
