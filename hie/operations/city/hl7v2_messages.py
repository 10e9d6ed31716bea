"""A hospital's messages before they are numbered, and their sending in the order of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hie.operations.city.hl7v2_dialects import Dialect

STRUCTURES: Final = {
    "ADT^A01": "ADT_A01",
    "ADT^A03": "ADT_A03",
    "ADT^A04": "ADT_A01",
    "ADT^A08": "ADT_A01",
    "ADT^A40": "ADT_A39",
    "ORU^R01": "ORU_R01",
    "RDE^O11": "RDE_O11",
    "OMP^O09": "OMP_O09",
    "RDE^O01": "RDE_O01",
    "VXU^V04": "VXU_V04",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """One message: when it is sent, about whom (so that senders can keep the order), its event and its segments but MSH."""

    moment: datetime
    person: int
    event: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """What goes through a door: when, about whom (0: several people), the bytes, and a file name for the folder door."""

    moment: datetime
    person: int
    content: bytes
    name: str = ""


def numbered(dialect: Dialect, drafts: Iterable[Draft]) -> Iterator[Payload]:
    """The drafts in the order of time, each with its MSH; MSH-10 counts up."""
    ordered = sorted(drafts, key=lambda draft: (draft.moment, draft.person, draft.event, draft.segments))
    for count, draft in enumerate(ordered, start=1):
        control_id = f"{dialect.facility[:2]}{count:08d}"
        header = dialect.header(draft.moment, draft.event, STRUCTURES[draft.event], control_id)
        message = "\r".join((header, *draft.segments)) + "\r"
        yield Payload(draft.moment, draft.person, message.encode(dialect.codec))
