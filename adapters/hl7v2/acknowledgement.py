"""Acknowledgements (HL7v2 chapter 2, §2.9): original mode AA, AE, AR and enhanced mode CA, CE, CR.

The answer speaks the sender's delimiters, version and charset, echoes MSH-10 in MSA-2 and nothing else of the
message: issues name places and causes, never content.
"""

from datetime import datetime

from adapters.hl7v2.encoding import Encoding
from adapters.hl7v2.header import Header
from fhir_profiles.outcome import Issue

_CONDITIONS = {
    "structure": ("100", "Segment sequence error"),
    "required": ("101", "Required field missing"),
    "value": ("102", "Data type error"),
    "code-invalid": ("103", "Table value not found"),
    "not-supported": ("200", "Unsupported message type"),
    "not-found": ("204", "Unknown key identifier"),
    "duplicate": ("205", "Duplicate key identifier"),
    "lock-error": ("206", "Application record locked"),
}
_OTHERWISE = ("207", "Application internal error")
_SEVERITIES = {"fatal": "F", "error": "E", "warning": "W", "information": "I"}
MAXIMUM_ERRORS = 20


def acknowledge(
    header: Header,
    code: str,
    issues: list[Issue] | None = None,
    *,
    control_id: str,
    moment: datetime,
    application: str = "HIE",
    facility: str = "",
) -> bytes:
    """The acknowledgement message without framing bytes.

    `code` is AA, AE or AR; in enhanced mode (MSH-15 or MSH-16 valued) give CA, CE or CR for the accept
    acknowledgement. `control_id` is the answer's own MSH-10, `moment` its MSH-7.
    """
    version = header.version if header.version[:1] == "2" and header.version.isascii() else "2.4"
    encoding = _answerable(header.encoding)
    separator, mark = encoding.separator, encoding.component
    escaped = encoding.escaped
    kind = (
        f"ACK{mark}{escaped(header.event)}{mark}ACK"
        if header.event and _at_least(version, "2.3.1")
        else "ACK"
    )
    head = [
        "MSH",
        encoding.component + encoding.repetition + encoding.escape + encoding.subcomponent,
        application,
        facility,
        escaped(header.application),
        escaped(header.facility),
        moment.strftime("%Y%m%d%H%M%S") if version < "2.3" else moment.strftime("%Y%m%d%H%M%S%z"),
        "",
        kind,
        control_id,
        escaped(header.processing_id) or "P",
        version,
        *([""] * 5),
        escaped(header.charset),
    ]
    while not head[-1]:
        head.pop()
    problems = [issue for issue in issues or [] if issue.severity in _SEVERITIES][:MAXIMUM_ERRORS]
    acknowledged = ["MSA", code, escaped(header.control_id)]
    if problems and not _at_least(version, "2.5"):
        acknowledged.append(escaped(problems[0].text)[:80])
    segments = [separator.join(head), separator.join(acknowledged)]
    segments += [_error(issue, encoding, version) for issue in problems]
    return "".join(segment + "\r" for segment in segments).encode(encoding.codec, "replace")


def location(expression: str) -> tuple[str, str, str, str, str, str]:
    """ERL parts (segment, its sequence, field, repetition, component, subcomponent) of `PID[2]-3[1].4`."""
    head, _, tail = expression.partition("-")
    segment, _, sequence = head.partition("[")
    position, _, component = tail.partition(".")
    position, _, repetition = position.partition("[")
    if not (len(segment) == 3 and segment.isalnum() and segment.isupper()):
        return ("", "", "", "", "", "")
    component, _, subcomponent = component.partition(".")
    return (segment, sequence.rstrip("]") or "1", position, repetition.rstrip("]"), component, subcomponent)


def _error(issue: Issue, encoding: Encoding, version: str) -> str:
    mark, separator, escaped = encoding.component, encoding.separator, encoding.escaped
    number, words = _CONDITIONS.get(issue.code, _OTHERWISE)
    if issue.reason == "no-message-type":
        number, words = "101", "Required field missing"
    place = mark.join(location(issue.expression)).rstrip(mark)
    coded = mark.join((number, escaped(words), "HL70357"))
    if not _at_least(version, "2.5"):
        segment, sequence, position, *_ = location(issue.expression)
        nested = coded.replace(mark, encoding.subcomponent)
        return separator.join(["ERR", mark.join((segment, sequence, position, nested))])
    severity = _SEVERITIES.get(issue.severity, "E")
    return separator.join(
        ["ERR", "", place, coded, severity, "", "", escaped(issue.reason), escaped(issue.text)]
    )


def _at_least(version: str, wanted: str) -> bool:
    return _numbers(version) >= _numbers(wanted)


def _numbers(version: str) -> list[int]:
    return [int(piece) for piece in version.split(".") if piece.isascii() and piece.isdigit()]


def _answerable(encoding: Encoding) -> Encoding:
    """The sender's delimiters, or the standard's where the sender's cannot be written unambiguously."""
    marks = encoding.separator + encoding.component + encoding.repetition + encoding.escape
    marks += encoding.subcomponent
    if len(set(marks)) == 5 and marks.isprintable():
        return encoding
    return Encoding(codec=encoding.codec)
