"""What intake needs of a message before it is translated: MSH facts and the patient's key, straight from
bytes.
"""

from dataclasses import dataclass

from adapters.hl7v2 import encoding as encodings
from adapters.hl7v2 import patient_key
from adapters.hl7v2.encoding import Encoding

_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Header:
    """MSH of one frame. `found` is false when the frame holds no MSH; the other facts are then empty."""

    encoding: Encoding
    found: bool = False
    application: str = ""
    facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    code: str = ""
    event: str = ""
    control_id: str = ""
    processing_id: str = ""
    version: str = ""
    accept_acknowledgement: str = ""
    application_acknowledgement: str = ""
    country: str = ""
    charset: str = ""
    patient_key: str = ""

    @property
    def enhanced(self) -> bool:
        """Whether the sender asks for enhanced-mode acknowledgements (MSH-15 or MSH-16 is valued)."""
        return bool(self.accept_acknowledgement or self.application_acknowledgement)


def peek(frame: bytes) -> Header:
    """Cut the header out of a frame. Tolerant: never raises, leaves empty what it cannot find."""
    for mark, codec in _BOMS:
        if frame.startswith(mark):
            frame = frame.decode(codec, "replace").encode()
    start = frame.find(b"MSH")
    if start < 0:
        return Header(Encoding())
    line, codec = _line(frame, start)
    encoding = encodings.read(line, codec)
    if len(line) < 4:
        return Header(encoding)
    fields = line.split(encoding.separator)
    text, first = encoding.text, encoding.first
    count = len(fields)
    kind = fields[8].split(encoding.component) if count > 8 else [""]
    charsets = fields[17].split(encoding.repetition) if count > 17 else [""]
    return Header(
        encoding,
        found=True,
        application=first(fields[2]) if count > 2 else "",
        facility=first(fields[3]) if count > 3 else "",
        receiving_application=first(fields[4]) if count > 4 else "",
        receiving_facility=first(fields[5]) if count > 5 else "",
        code=text(kind[0]),
        event=text(kind[1]) if len(kind) > 1 else "",
        control_id=text(fields[9]) if count > 9 else "",
        processing_id=first(fields[10]) if count > 10 else "",
        version=first(fields[11]) if count > 11 else "",
        accept_acknowledgement=text(fields[14]) if count > 14 else "",
        application_acknowledgement=text(fields[15]) if count > 15 else "",
        country=text(fields[16]) if count > 16 else "",
        charset=next((text(name) for name in charsets if name), ""),
        patient_key=_patient_key(frame, start, encoding, patient_key.own_names(["", *fields[:4]], encoding)),
    )


def charset_claim(header: Header) -> str:
    """What the sender says about its bytes: MSH-18, else MSH-17 when it holds no country code.

    HEURISTIC: `gbk` is written one field early by laboratory systems in the field.
    """
    if header.charset:
        return header.charset
    return header.country if len(header.country) > 3 or header.country.islower() else ""


def _patient_key(frame: bytes, start: int, encoding: Encoding, own: frozenset[str]) -> str:
    position = frame.find(b"PID" + encoding.separator.encode(), start)
    while position > 0 and frame[position - 1] not in b"\r\n":
        position = frame.find(b"PID" + encoding.separator.encode(), position + 1)
    if position < 0:
        return ""
    line, _ = _line(frame, position)
    return patient_key.of_fields(line.split(encoding.separator), encoding, own)


def _line(frame: bytes, start: int) -> tuple[str, str]:
    ends = [end for end in (frame.find(b"\r", start), frame.find(b"\n", start)) if end >= 0]
    raw = frame[start : min(ends)] if ends else frame[start : start + 8192]
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace"), "gb18030"
