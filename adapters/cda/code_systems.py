"""OIDs of code systems and identifiers in documents, as the URIs that FHIR knows them by.

The alias table is needed because the same table travels under several OIDs (ICD-10 as .2.3.3.11 and .11.1 to .11.5;
payment source as .2.3.1.248 and .269). An OID without an alias stays `urn:oid:...`.
"""

import tomllib
from functools import lru_cache
from pathlib import Path

_TABLE = Path(__file__).parent / "tables" / "code_systems.toml"


NATIONAL = "2.16.156."
"""The arc of the country's own OIDs."""


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(_TABLE.read_text("utf-8"))


def system(oid: str) -> str:
    """The URI of a code system."""
    oid = "".join(oid.split())
    if not oid:
        return ""
    if ":" in oid:
        return oid
    return _tables()["code"].get(oid) or f"urn:oid:{_tables()['alias'].get(oid, oid)}"


def is_national(oid: str) -> bool:
    """Whether an OID is of the country's arc."""
    return oid.startswith(NATIONAL)


def is_icd10(oid: str) -> bool:
    """Whether codes under this OID are ICD-10 in the national edition."""
    return oid.startswith("2.16.156.10011.2.3.3.11")


def identifier_system(root: str) -> str:
    """The URI under which an `id` with a root and an extension is unique."""
    root = "".join(root.split())
    if ":" in root:
        return root
    if len(root) == 36 and root.count("-") == 4:
        return f"urn:uuid:{root.lower()}"
    return _tables()["identifier"].get(root) or f"urn:oid:{root}"
