"""Purposes of use (HL7 v3 PurposeOfUse, https://terminology.hl7.org/ValueSet-v3-PurposeOfUse.html) as bits."""

SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

PURPOSES = ("TREAT", "ETREAT", "BTG", "HPAYMT", "HOPERAT", "PUBHLTH", "HRESCH", "PATRQT", "FAMRQT")
BIT = {code: 1 << position for position, code in enumerate(PURPOSES)}
ANY = (1 << len(PURPOSES)) - 1

COVERS = {"TREAT": ("TREAT", "ETREAT", "BTG"), "ETREAT": ("ETREAT", "BTG"), "PATRQT": ("PATRQT", "FAMRQT")}
"""What a directive for a purpose means below it in the value set's hierarchy."""

OF_ROLE: dict[str, tuple[str, ...]] = {
    "clinician": ("TREAT", "ETREAT", "BTG"),
    "agent": ("TREAT", "HOPERAT"),
    "resident": ("PATRQT", "FAMRQT"),
    "authority": ("PUBHLTH",),
    "system": (*PURPOSES, ""),
    "admin": (),
}
"""The purposes a role may state. `system` is the demo's conformance client; administrators see no record."""


def mask(codes: tuple[str, ...]) -> int:
    """The bits of some purposes and of those they cover; none means every purpose. KeyError for an unknown code."""
    if not codes:
        return ANY
    bits = 0
    for code in codes:
        for covered in COVERS.get(code, (code,)):
            bits |= BIT[covered]
    return bits
