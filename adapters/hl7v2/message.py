"""A lean, tolerant, lossless reader of HL7v2 (ER7) text.

It splits lines into fields and leaves components alone until somebody asks. It accepts CR, LF and CRLF, line
breaks inside text, four or five encoding characters and missing ones, batches (FHS, BHS), and continuations
(ADD, DSC with MSH-14); nothing is dropped. https://www.hl7.eu/HL7v2x/v251/std251/ch02.html
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from adapters.hl7v2 import encoding as encodings
from adapters.hl7v2.encoding import Encoding
from fhir_profiles.outcome import Issue

_BREAK = re.compile(r"\r\n?|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")


class Segment:
    """One line: `name`, and `fields` by their HL7 number (`fields[0]` is the name; MSH-1 is the separator).

    Fields are raw text; a field that holds only the HL7 null is empty and listed in `nulls`.
    """

    __slots__ = ("fields", "name", "nulls", "number")

    def __init__(self, name: str, fields: list[str], number: int, nulls: tuple[int, ...] = ()) -> None:
        self.name, self.fields, self.number, self.nulls = name, fields, number, nulls

    def raw(self, position: int) -> str:
        """A field as it was sent, all repetitions; empty when it is absent."""
        return self.fields[position] if position < len(self.fields) else ""


@dataclass(slots=True)
class Message:
    """The segments of one message in order, MSH first, and what was odd about reading them."""

    encoding: Encoding
    segments: list[Segment]
    issues: list[Issue] = field(default_factory=list)

    def ends_in(self, name: str) -> bool:
        """Whether the last segment is of this name."""
        return self.segments[-1].name == name

    @property
    def header(self) -> Segment:
        return self.segments[0]

    def value(self, segment: Segment, position: int, component: int = 1) -> str:
        """The text of a component of a field's first repetition."""
        fields = segment.fields
        raw = fields[position] if position < len(fields) else ""
        if not raw:
            return ""
        if raw.isalnum():
            return raw if component == 1 else ""
        if self.encoding.repetition in raw:
            raw = raw[: raw.index(self.encoding.repetition)]
        if component == 1:
            return self.encoding.first(raw)
        pieces = raw.split(self.encoding.component)
        return self.encoding.first(pieces[component - 1]) if len(pieces) >= component else ""

    def named(self, name: str) -> list[Segment]:
        """All segments of a name."""
        return [segment for segment in self.segments if segment.name == name]

    def text(self) -> str:
        """The message in ER7 form with CR after each segment, as it was sent."""
        separator = self.encoding.separator
        return "".join(_line(segment, separator) + "\r" for segment in self.segments)


def read(text: str, codec: str = "utf-8") -> list[Message]:
    """All messages of a payload: one, or those of a batch. An empty list means there is no MSH in it.

    Control characters, which FHIR's strings cannot hold, read as blanks.
    """
    cleaned = _CONTROL.sub(" ", text.lstrip("\ufeff\x0b\x1c \t\r\n").rstrip("\x1c\r\n"))
    messages: list[Message] = []
    current: Message | None = None
    separator, start = "", _segment_start("|")
    for line in _lines(cleaned):
        head = line if line[3:4] == separator else line.lstrip("\ufeff\x0b\x1c \t")
        name = head[:3]
        if name == "MSH" and len(head) > 3 and not head[3].isalnum():
            current = _begin(head, codec)
            separator = current.encoding.separator
            start = _segment_start(separator)
            messages.append(current)
        elif (name in _ENVELOPE and len(head) > 3 and not head[3].isalnum()) or current is None:
            continue
        elif start.match(head):
            _take(current, head)
        elif line.strip():
            _glue(current, line)
    return (
        _continued(messages) if len(messages) > 1 or (messages and messages[0].ends_in("DSC")) else messages
    )


def _lines(text: str) -> list[str]:
    return _BREAK.split(text) if "\n" in text else text.split("\r")


@lru_cache(maxsize=64)
def _segment_start(separator: str) -> re.Pattern[str]:
    return re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(separator)}|\s*$)")


def _begin(line: str, codec: str) -> Message:
    encoding = encodings.read(line, codec)
    separator = encoding.separator
    fields = ["MSH", separator, *line[4:].split(separator)]
    message = Message(encoding, [_segment(fields, 0)])
    if encoding.defaulted:
        message.issues.append(
            Issue(
                "structure",
                "MSH-2 does not name four different encoding characters; the standard's were assumed",
                "MSH-2",
                severity="warning",
                reason="encoding-characters",
            )
        )
    return message


def _take(message: Message, line: str) -> None:
    fields = line.split(message.encoding.separator)
    fields[0] = fields[0].strip()
    if fields[0] == "ADD" and len(message.segments) > 1:
        _append(message.segments[-1], fields)
    else:
        message.segments.append(_segment(fields, len(message.segments)))


def _glue(message: Message, line: str) -> None:
    """A line that starts no segment is text with a line break in it: it belongs to the field before."""
    last = message.segments[-1]
    pieces = line.split(message.encoding.separator)
    last.fields[-1] += "\n" + pieces[0]
    last.fields.extend(pieces[1:])


def _append(segment: Segment, fields: list[str]) -> None:
    """ADD continues the last field of the segment before it (§2.10.2)."""
    if len(fields) > 1:
        segment.fields[-1] += fields[1]
        segment.fields.extend(fields[2:])


def _segment(fields: list[str], number: int) -> Segment:
    if '""' in fields:
        nulls = tuple(position for position, value in enumerate(fields) if value == '""')
        return Segment(fields[0], ["" if value == '""' else value for value in fields], number, nulls)
    return Segment(fields[0], fields, number)


def _continued(messages: list[Message]) -> list[Message]:
    """Joins a message that ends in DSC with the one whose MSH-14 names its pointer (§2.10.2)."""
    whole: list[Message] = []
    waiting: dict[str, Message] = {}
    for message in messages:
        pointer = message.value(message.header, 14)
        earlier = waiting.pop(pointer, None) if pointer else None
        if earlier is None:
            target = message
            whole.append(message)
        else:
            target = earlier
            for segment in message.segments[1:]:
                if segment.name == "ADD":
                    _append(target.segments[-1], segment.fields)
                else:
                    target.segments.append(segment)
        last = target.segments[-1]
        if last.name == "DSC" and (key := target.value(last, 1)):
            if len(messages) > 1:
                target.segments.pop()
            waiting[key] = target
    for target in waiting.values():
        target.issues.append(
            Issue(
                "incomplete",
                "The message ends in DSC and its continuation is not in the same payload",
                "DSC-1",
                severity="warning",
                reason="continuation-missing",
            )
        )
    return whole


def _line(segment: Segment, separator: str) -> str:
    fields = segment.fields
    if segment.nulls:
        fields = ['""' if position in segment.nulls else value for position, value in enumerate(fields)]
    if segment.name == "MSH":
        return "MSH" + separator + separator.join(fields[2:])
    return separator.join(fields)
