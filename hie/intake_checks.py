"""What an HL7v2 message is refused for before it is acknowledged: what its sender must know at once.

Everything here can be told from the bytes in microseconds. What only the translation finds stays with the message in
the inbox. A refused message is kept too, where its sender is known.
"""

from adapters.charset import decode
from adapters.hl7v2.framing import Oversized
from adapters.hl7v2.header import Header, charset_claim
from fhir_profiles.outcome import Issue
from record_store.sources import Sender

MESSAGE_CODES = frozenset(
    code
    for line in (
        "ACK ADT BAR DFT MDM MFK MFN OMB OMD OMG OMI OML OMN OMP OMS ORB ORD ORF ORG ORI ORL ORM ORN ORP ORR ORS",
        "ORU OUL PEX PGL PIN PMU PPG PPP PPR PPT PPV PRR PTR QBP QRY RAS RDE RDS RDY REF RGV RPI RRI RSP SIU SRM",
        "SRR SSU SUR TCU UDM VXQ VXR VXU VXX",
    )
    for code in line.split()
)
"""Table 0076 as far as a region sends it. ZMG and other codes with Z are local and go on."""


def refusal(message: bytes, header: Header, sender: Sender | None) -> list[Issue]:  # noqa: PLR0911
    """The issues that refuse a message at the door; empty when it may be acknowledged."""
    if sender is None:
        return [
            Issue(
                "security",
                "This sender is not registered; ask the exchange to register MSH-4",
                "MSH-4",
                reason="unknown-sender",
            )
        ]
    if isinstance(message, Oversized):
        return [Issue("too-long", "The message is larger than this door takes; split it", reason="too-long")]
    if not header.found:
        return [
            Issue("structure", "There is no MSH segment; send HL7v2 in ER7 form", "MSH", reason="no-header")
        ]
    if not header.code:
        return [Issue("required", "MSH-9 names no message type", "MSH-9", reason="no-message-type")]
    if not header.control_id:
        return [
            Issue(
                "required",
                "MSH-10 has no control id; give every message its own",
                "MSH-10",
                reason="no-control-id",
            )
        ]
    if header.version[:1] not in ("", "2"):
        return [Issue("not-supported", "The exchange speaks HL7v2 (2.1 to 2.8)", "MSH-12", reason="version")]
    if header.code not in MESSAGE_CODES and not header.code.startswith("Z"):
        return [
            Issue(
                "not-supported",
                "The exchange knows no such message type",
                "MSH-9",
                reason="unknown-message-type",
            )
        ]
    if decode(message, charset_claim(header)) is None:
        return [
            Issue(
                "value",
                "The bytes are neither UTF-8 nor GB18030; check the sender's charset",
                "MSH-18",
                reason="charset",
            )
        ]
    return []
