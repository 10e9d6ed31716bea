"""One record of a proprietary feed: a flat dictionary of text, whatever it was read from.

Nested JSON and XML are flattened to paths (`person/name`, `Head/JGDM`, attributes as `item/@code`); what repeats
is kept as a list of records beside them, each knowing the record that it stands in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from adapters.safe_xml import Element, local
from fhir_profiles.outcome import Invalid

DEEPEST = 60
MOST_ATTRIBUTES = 500
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(slots=True)
class Record:
    """`values` by path (only text that is not empty), `lists` of repeated children by path, `place` for messages.

    `columns` are the names that the record could have had a value under (a file's header), where those are known.
    """

    values: dict[str, str]
    lists: dict[str, list["Record"]] = field(default_factory=dict)
    parent: "Record | None" = None
    place: str = ""
    columns: frozenset[str] | None = None

    def paths(self) -> frozenset[str]:
        """Every column or path that is there, with a value or without."""
        if self.columns is None:
            return frozenset({*self.values, *self.lists, *(f"{path}/" for path in self.lists)})
        return self.columns

    def children(self, path: str) -> list["Record"]:
        """The records under a path: a repeated element, or the one that stands there."""
        if path in self.lists:
            return self.lists[path]
        prefix = path + "/"
        inner = {key[len(prefix) :]: value for key, value in self.values.items() if key.startswith(prefix)}
        if not inner:
            return []
        lists = {key[len(prefix) :]: value for key, value in self.lists.items() if key.startswith(prefix)}
        names = frozenset(name[len(prefix) :] for name in self.paths() if name.startswith(prefix))
        return [Record(inner, lists, self, self.place, names)]

    def forget(self, nulls: frozenset[str]) -> None:
        """Drop the values that a feed writes where it has none."""
        self.columns = self.paths()
        self.values = {path: value for path, value in self.values.items() if value not in nulls}
        for children in self.lists.values():
            for child in children:
                child.forget(nulls)

    def leaves(self) -> Iterator[tuple[str, str]]:
        """Every path with its value, those of repeated children too."""
        yield from self.values.items()
        for path, children in self.lists.items():
            for child in children:
                for inner, value in child.leaves():
                    yield f"{path}/{inner}", value


def flat(row: dict[str, Any], place: str = "") -> Record:
    """A row of a table or of a database view."""
    return Record(
        {name: text for name, value in row.items() if name and (text := as_text(value))}, place=place
    )


def cleaned(text: str) -> str:
    """Text without the characters that FHIR strings can't hold (control characters, lone surrogates), trimmed."""
    if text.isprintable():
        return text.strip()
    return _FORBIDDEN.sub("", text).strip()


def as_text(value: Any) -> str:
    """A value as the text a map works on: dates in ISO form, numbers with their digits, nothing as empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | int | float):
        return str(value)
    written = getattr(value, "isoformat", None)
    return cleaned(str(written() if written else value))


def from_json(value: Any, parent: Record | None = None, place: str = "") -> Record:
    """A JSON object as a record. Raises ValueError where it nests too deep."""
    record = Record({}, {}, parent, place)
    seen: set[str] = set()
    _flatten(value, "", record, seen, 0)
    record.columns = frozenset(seen)
    return record


def from_xml(element: Element, parent: Record | None = None, place: str = "") -> Record:
    """An XML element as a record; namespaces are left out of the paths."""
    return from_json(_plain(element), parent, place)


def _flatten(value: Any, path: str, record: Record, seen: set[str], depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(inner, f"{path}/{name}" if path else str(name), record, seen, depth + 1)
    elif isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            seen.add(path)
            record.lists[path] = [
                from_json(item, record, f"{record.place} {path}[{number}]")
                for number, item in enumerate(value)
            ]
        else:
            for number, item in enumerate(value):
                _flatten(item, f"{path}[{number}]" if number else path, record, seen, depth + 1)
    else:
        seen.add(path or ".")
        if text := as_text(value):
            record.values[path or "."] = text


def _plain(element: Element) -> Any:
    content: dict[str, Any] = {}
    if len(element.attrib) > MOST_ATTRIBUTES:
        # Reading them takes the square of their number.
        raise Invalid(f"An element has more than {MOST_ATTRIBUTES} attributes.", reason="xml-attributes")
    for name, value in element.attrib.items():
        content["@" + str(name).rpartition("}")[2]] = str(value)
    for child in element:
        name, value = local(child), _plain(child)
        if name not in content:
            content[name] = value
        elif isinstance(content[name], list):
            content[name].append(value)
        else:
            content[name] = [content[name], value]
    text = cleaned(element.text or "")
    if not content:
        return text
    if text:
        content["."] = text
    return content
