"""Small HL7v2 messages of invented people, for tests of the pipeline."""

from datetime import date

from fhir_profiles.identity_numbers import citizen_id

FACILITY = "HOSPITAL-T"


def adt(
    number: int, control: str = "", *, event: str = "A04", name: str = "王^小明", born: str = "19800101"
) -> bytes:
    """A registration of patient `number` at HOSPITAL-T."""
    control = control or f"C{number:06d}"
    identity = citizen_id("370200", date(1980, 1, 1), number % 1000)
    return (
        f"MSH|^~\\&|HIS|{FACILITY}|HIE|CITY|20261101080000||ADT^{event}^ADT_A01|{control}|P|2.5.1\r"
        f"EVN|{event}|20261101080000\r"
        f"PID|1||P{number:06d}^^^{FACILITY}^MR~{identity}^^^&2.16.156.10011.1.3&ISO^NI||{name}||{born}|M|||^^青岛市\r"
        f"PV1|1|O|OPD||||||||||||||||V{number:06d}|||||||||||||||||||||||||20261101080000\r"
    ).encode()


def oru(number: int, control: str, value: str = "5.6", *, report: str = "") -> bytes:
    """A glucose result of patient `number`."""
    return (
        f"MSH|^~\\&|LIS|{FACILITY}|HIE|CITY|20261101090000||ORU^R01^ORU_R01|{control}|P|2.5.1\r"
        f"PID|1||P{number:06d}^^^{FACILITY}^MR||王\r"
        f"PV1|1|O|||||||||||||||||V{number:06d}\r"
        f"OBR|1||{report or 'F' + control}|GLU^葡萄糖^L|||20261101083000|||||||||||||||||LAB|F\r"
        f"OBX|1|NM|2345-7^葡萄糖^LN||{value}|mmol/L|3.9-6.1|N|||F|||20261101083000\r"
    ).encode()


def merge(survivor: int, retired: int, control: str) -> bytes:
    """ADT^A40: patient `retired` is patient `survivor`."""
    return (
        f"MSH|^~\\&|HIS|{FACILITY}|HIE|CITY|20261102080000||ADT^A40^ADT_A39|{control}|P|2.5.1\r"
        f"EVN|A40|20261102080000\r"
        f"PID|1||P{survivor:06d}^^^{FACILITY}^MR||王^小明||19800101|M\r"
        f"MRG|P{retired:06d}^^^{FACILITY}^MR\r"
    ).encode()
