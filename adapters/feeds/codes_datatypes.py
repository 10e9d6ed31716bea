"""The functions of feed maps that make codes: `code`, `concept`, `coding`, `diagnosis`."""

import re
from typing import Any

from adapters import diagnosis_codes
from adapters.feeds.code_maps import CodeMap
from adapters.feeds.compilation import Make, MapFault, Run, Scope
from adapters.feeds.record import Record


def code(spec: dict[str, Any], scope: Scope) -> Make:
    """A code of a required FHIR value set through a code map; `default` where the map doesn't know it."""
    column, table, default = str(spec["from"]), _code_map(spec, scope), spec.get("default")
    read = scope.text(column)

    def make(record: Record, run: Run) -> Any:
        written = read(record)
        if not written:
            return default
        entry = table.get(written)
        if entry is None:
            _unknown(run, record, column, written, table)
            return default
        return entry.code

    return make


def concept(spec: dict[str, Any], scope: Scope) -> Make:
    """A CodeableConcept: through a code map (`map`), or from `from`, `display`, `system` and `text`.

    `split = "[,;，；、]"` makes one of each part of a list in one column; `only_known` leaves out a code that the map
    lacks, where FHIR takes no words for it (a required value set).
    """
    if "map" in spec:
        return _mapped_concept(spec, scope)
    read = scope.text(spec.get("from", "="))
    display, words = scope.text(spec.get("display", "=")), scope.text(spec.get("text", "="))
    system = scope.text(spec.get("system", "="))

    def make(record: Record, run: Run) -> Any:
        written, shown = " ".join(read(record).split()), display(record)
        made: dict[str, Any] = {}
        if written:
            coding = {"system": "".join(system(record).split()), "code": written, "display": shown}
            made["coding"] = [{name: value for name, value in coding.items() if value}]
        if label := words(record) or shown:
            made["text"] = label
        return made or None

    return make


def coding(spec: dict[str, Any], scope: Scope) -> Make:
    """A Coding: the first that `concept` makes."""
    whole = concept(spec, scope)

    def make(record: Record, run: Run) -> Any:
        made = whole(record, run)
        if not made:
            return None
        return made["coding"][0] if "coding" in made else {"display": made["text"]}

    return make


def components(spec: dict[str, Any], scope: Scope) -> Make:
    """Observation components, one for each code of a list in one column: the code as `code`, true as its value."""
    whole = _mapped_concept({"split": "[,;，；、]", **spec}, scope)

    def make(record: Record, run: Run) -> Any:
        found = whole(record, run) or []
        return [{"code": entry, "valueBoolean": True} for entry in found] or None

    return make


def diagnosis(spec: dict[str, Any], scope: Scope) -> Make:
    """A CodeableConcept of an ICD-10 code in the national edition, with WHO's code beside it."""
    read, display = scope.text(spec["from"]), scope.text(spec.get("display", "="))

    def make(record: Record, run: Run) -> Any:
        shown = display(record)
        made: dict[str, Any] = {}
        if codings := diagnosis_codes.codings(read(record), shown):
            made["coding"] = codings
        if shown:
            made["text"] = shown
        return made or None

    return make


def _mapped_concept(spec: dict[str, Any], scope: Scope) -> Make:
    column, table = str(spec["from"]), _code_map(spec, scope)
    read, words = scope.text(column), scope.text(spec.get("text", "="))
    separators = re.compile(str(spec["split"])) if "split" in spec else None

    only_known = bool(spec.get("only_known"))

    def one(written: str, record: Record, run: Run) -> dict[str, Any] | None:
        entry = table.get(written)
        if entry is None:
            _unknown(run, record, column, written, table)
            return None if only_known else {"text": words(record) or written}
        return {"coding": [dict(found) for found in entry.codings], "text": words(record) or entry.text}

    def make(record: Record, run: Run) -> Any:
        written = read(record)
        if not written:
            return {"text": label} if (label := words(record)) else None
        if separators:
            parts = [one(part.strip(), record, run) for part in separators.split(written) if part.strip()]
            return [part for part in parts if part] or None
        return one(written, record, run)

    return make


def _unknown(run: Run, record: Record, column: str, written: str, table: CodeMap) -> None:
    run.unknown(
        column, written, f"{record.place} {column} holds a code that the map {table.name} lacks.".strip()
    )


def _code_map(spec: dict[str, Any], scope: Scope) -> CodeMap:
    table = scope.codes.get(str(spec["map"]))
    if table is None:
        raise MapFault(f"{scope.path}: there is no code map {spec['map']}")
    return table
