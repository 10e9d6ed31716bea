"""The identifier systems of the region as FHIR writes them (`Identifier.system`), by what they number.

The arc 2.16.156.10011 belongs to the national health statistics centre; shared documents (WS/T 483, WS/T 500)
carry the same OIDs in `id/@root`. What has no published OID gets a URN of the exchange.
"""

from typing import Final

CITIZEN_ID: Final = "urn:oid:2.16.156.10011.1.3"
"""Resident identity number, GB 11643: 18 characters."""
HEALTH_CARD: Final = "urn:oid:2.16.156.10011.1.19"
"""Resident health card; in this city the citizen (social security) card."""
HEALTH_RECORD: Final = "urn:oid:2.16.156.10011.1.2"
"""Resident health record number: 17 digits."""
PASSPORT: Final = "urn:oid:2.16.840.1.113883.4.330.156"
"""Passport number, China."""
SOURCE_PATIENT: Final = "urn:oid:2.16.156.10011.0.2.2"
"""The patient's number in a source's own system; always with an assigner."""

HEALTH_WORKER: Final = "urn:oid:2.16.156.10011.1.4"
INSTITUTION: Final = "urn:oid:2.16.156.10011.1.5"
"""Code of a health institution."""
SOCIAL_CREDIT: Final = "urn:hie:identifier:unified-social-credit-code"
"""Unified social credit code, GB 32100: 18 characters."""
DEPARTMENT: Final = "urn:oid:2.16.156.10011.1.26"
WARD: Final = "urn:oid:2.16.156.10011.1.27"
ROOM: Final = "urn:oid:2.16.156.10011.1.21"
BED: Final = "urn:oid:2.16.156.10011.1.22"

DOCUMENT: Final = "urn:oid:2.16.156.10011.1.1"
OUTPATIENT_VISIT: Final = "urn:oid:2.16.156.10011.1.11"
INPATIENT_STAY: Final = "urn:oid:2.16.156.10011.1.12"
CHART: Final = "urn:oid:2.16.156.10011.1.13"
"""Medical record (chart) number of a hospital."""
SPECIMEN: Final = "urn:oid:2.16.156.10011.1.14"
PATHOLOGY: Final = "urn:oid:2.16.156.10011.1.8"
PRESCRIPTION: Final = "urn:oid:2.16.156.10011.1.20"
ORDER: Final = "urn:oid:2.16.156.10011.1.24"
IMAGING_REPORT: Final = "urn:oid:2.16.156.10011.1.32"
LABORATORY_REPORT: Final = "urn:oid:2.16.156.10011.1.33"
CONSENT_FORM: Final = "urn:oid:2.16.156.10011.1.34"

REGION_WIDE: Final = frozenset({CITIZEN_ID, HEALTH_CARD, HEALTH_RECORD, PASSPORT})
"""Systems whose values name a person wherever they come from; all others need their assigner beside them."""


def from_oid(oid: str) -> str:
    """The system of a bare OID as documents and messages carry it (`2.16...` or `urn:oid:2.16...`)."""
    return oid if oid.startswith("urn:") else f"urn:oid:{oid}"
