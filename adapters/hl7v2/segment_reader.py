"""Source paths of HL7v2 rules (`PID-3`, `PID-5.1`) as Python expressions over a segment's raw fields."""

import re
from typing import Any

from adapters.hl7v2.encoding import Encoding
from adapters.mapping import RuleError

_PATH = re.compile(r"[A-Z][A-Z0-9]{2}-(\d{1,3})(?:\.(\d{1,2}))?$")


class SegmentReader:
    """Functions get one raw repetition; text is unescaped. A field's repetitions are visited one by one."""

    def preamble(self) -> list[str]:
        return [
            "fields = record.fields",
            "count = len(fields)",
            "encoding = context.encoding",
            "repetition = encoding.repetition",
        ]

    def names(self) -> dict[str, Any]:
        return {"_text": _text, "_each": _each, "_texts": _texts, "_raw": _raw}

    def first(self, path: str, *, plain: bool) -> str:
        position, component = place(path)
        if plain:
            return f"(_text(fields[{position}], encoding, {component}) if count > {position} and fields[{position}] else '')"
        if component > 1:
            return f"(_raw(fields[{position}], encoding, {component}) if count > {position} and fields[{position}] else '')"
        return f"(fields[{position}].split(repetition, 1)[0] if count > {position} else '')"

    def each(self, path: str, *, plain: bool) -> str:
        position, component = place(path)
        call = (
            f"_texts(fields[{position}], encoding, {component})"
            if plain
            else f"_each(fields[{position}], repetition)"
        )
        return f"({call} if count > {position} and fields[{position}] else ())"


def place(path: str) -> tuple[int, int]:
    """Field number and component number (1 by default) of a path."""
    match = _PATH.match(path)
    if match is None:
        raise RuleError(f"{path!r} is not an HL7v2 location")
    return int(match[1]), int(match[2] or 1)


def _raw(field: str, encoding: Encoding, component: int) -> str:
    pieces = field.split(encoding.repetition, 1)[0].split(encoding.component)
    return pieces[component - 1] if len(pieces) >= component else ""


def _text(field: str, encoding: Encoding, component: int) -> str:
    if encoding.repetition in field:
        field = field.split(encoding.repetition, 1)[0]
    if component > 1:
        field = _raw(field, encoding, component)
    return encoding.first(field)


def _each(field: str, repetition: str) -> list[str]:
    return [piece for piece in field.split(repetition) if piece] if repetition in field else [field]


def _texts(field: str, encoding: Encoding, component: int) -> list[str]:
    texts = [_text(piece, encoding, component) for piece in _each(field, encoding.repetition)]
    return [text for text in texts if text]
