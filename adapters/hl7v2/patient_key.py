"""Which of a patient's numbers is the source's own key: the same rule at intake and at translation.

PID-3 lists numbers in any order: the hospital's own, the card, the citizen's. The key is the hospital's own
number where one is marked, else the first that is not known to be something else.
"""

from adapters.hl7v2.encoding import Encoding

OWN = frozenset(
    ["PI", "MR", "PT", "PN", "MRN", "PATIENTNO", "PATIENTID", "LOCALID", "PATNO", "EPI", "EMPI", "21"]
)
"""Type codes of numbers that the source itself gave to the patient: table 0203, and habits seen in the
field.
"""
NOT_OWN = frozenset(
    [
        "NI",
        "NNCHN",
        "SS",
        "PPN",
        "DL",
        "VN",
        "AN",
        "ACSN",
        "HC",
        "MB",
        "MC",
        "MA",
        "PHR",
        "IDCARD",
        "CARD_NO",
        "CARDNO",
        "IDENTIFYNO",
        "01",
        "1",
        "25",
        "51",
    ]
) | {"身份证", "医保卡", "就诊卡"}
"""Type codes of numbers that others gave, or that number a visit or an account."""
PLACEHOLDERS = frozenset(("无", "未知", "NULL", "NONE", "UNKNOWN", "N/A", "NA", "-", "/", "0"))


def placeholder(value: str) -> bool:
    """Whether a number is none: 无, NULL, or zeros only."""
    return not value or value.upper() in PLACEHOLDERS or not value.strip("0")


def number(components: list[str]) -> str:
    """The number of a CX.

    HEURISTIC: analysers leave CX.1 empty and write the number into CX.2.
    """
    value = components[0]
    if not value and len(components) > 1 and len(components[1]) > 2:
        value = components[1]
    return value


def of_identifiers(raw: str, encoding: Encoding, own: frozenset[str]) -> str:
    """The key from a raw PID-3 (or MRG-1): `authority|number`, or the number alone; empty for none.

    The assigning authority belongs to the key: the same number from two of them is two patients. `own` are the
    sender's names for itself (MSH-3, MSH-4), which say no more than no authority does.
    """
    if not raw:
        return ""
    best, best_rank = "", 9
    for repetition in raw.split(encoding.repetition):
        pieces = repetition.split(encoding.component)
        value = number([encoding.text(piece) for piece in pieces[:2]])
        if placeholder(value):
            continue
        kind = encoding.text(pieces[4]).upper() if len(pieces) > 4 else ""
        rank = 0 if kind in OWN else 2 if kind in NOT_OWN else 1
        if rank < best_rank:
            best_rank = rank
            best = _with_authority(value, pieces[3] if len(pieces) > 3 else "", encoding, own)
    return best


def own_names(msh: list[str], encoding: Encoding) -> frozenset[str]:
    """The sender's names for itself from the fields of MSH (by HL7 number): application and facility."""
    return frozenset(name for name in (encoding.first(field) for field in msh[3:5]) if name)


def of_fields(fields: list[str], encoding: Encoding, own: frozenset[str]) -> str:
    """The key from the fields of a PID: PID-3, else PID-2, PID-4, PID-18, PID-19."""
    for position in (3, 2, 4, 18, 19):
        if position < len(fields) and (key := of_identifiers(fields[position], encoding, own)):
            return key
    return ""


def _with_authority(value: str, authority: str, encoding: Encoding, own: frozenset[str]) -> str:
    if not authority:
        return value
    names = [encoding.text(piece) for piece in authority.split(encoding.subcomponent)]
    name = names[0] or (names[1] if len(names) > 1 else "")
    return f"{name}|{value}" if name and name not in own else value
