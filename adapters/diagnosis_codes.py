"""ICD-10 as the country writes it, as FHIR codings.

The national clinical edition extends WHO's codes to six characters and more (`E11.900`, `I10.x00x002`), with `x`
where WHO has no fourth character. Both codings are kept: the code as sent under the national OID, and the WHO code
that it begins with under `http://hl7.org/fhir/sid/icd-10`, by which surveillance and other regions search.
"""

import re
from typing import Any

WHO = "http://hl7.org/fhir/sid/icd-10"
NATIONAL = "urn:oid:2.16.156.10011.2.3.3.11"

_CODE = re.compile(r"^([A-Z]\d\d)(?:\.?([0-9xX])([0-9A-Za-z]*))?([+*†]?)$")


def codings(code: str, display: str = "") -> list[dict[str, Any]]:
    """The codings of one diagnosis code; a code that isn't ICD-10 keeps the national system alone."""
    code = " ".join(code.split())
    match = _CODE.match(code.upper().replace("X", "x"))
    if not match:
        return [_coding(NATIONAL, code, display)] if code else []
    chapter, fourth, extension, _ = match.groups()
    who = chapter if not fourth or fourth == "x" else f"{chapter}.{fourth}"
    if fourth in (None, "x") and extension:
        who = chapter
    if code in (who, chapter):
        return [_coding(WHO, code, display)]
    return [_coding(NATIONAL, code, display), _coding(WHO, who, "")]


def _coding(system: str, code: str, display: str) -> dict[str, Any]:
    coding = {"system": system, "code": code}
    if display:
        coding["display"] = display
    return coding
