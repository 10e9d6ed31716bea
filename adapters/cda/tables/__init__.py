"""The tables behind shared documents: data elements (WS/T 363), document types (WS/T 483, WS/T 500), section titles.

Codes and names only; read once, when first asked for.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class DataElement:
    """A data element: its name, unit where it has a usual one, LOINC code where one means the same, and its role."""

    code: str
    name: str
    unit: str
    loinc: str
    category: str
    role: str


@lru_cache(maxsize=1)
def data_elements() -> dict[str, DataElement]:
    """Data elements by their id (`DE04.10.174.00`)."""
    return {row["code"]: DataElement(**row) for row in _rows("data_elements.csv")}


@lru_cache(maxsize=1)
def document_titles() -> dict[str, str]:
    """Titles of the shared documents by their code (`C0002`, `HSDB04.01`)."""
    return {row["code"]: row["title"] for row in _rows("documents.csv")}


@lru_cache(maxsize=1)
def document_codes() -> dict[str, str]:
    """Codes of the shared documents by their template OID."""
    return {row["template"]: row["code"] for row in _rows("documents.csv")}


@lru_cache(maxsize=1)
def section_titles() -> dict[str, str]:
    """Chinese titles of sections by their LOINC code."""
    return {row["code"]: row["title"] for row in _rows("sections.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
