"""The notifiable diseases: which diagnosis must be reported, in which class, and how soon.

The list is the law's (42 diseases in classes A, B and C as of 2026-04-01), in
`definitions/terminology/notifiable_diseases.toml`; the ICD-10 codes beside it are our reading. The clock for
`deadline` starts at the diagnosis.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files

from fhir_profiles.code_systems import NOTIFIABLE_DISEASES


@dataclass(frozen=True, slots=True)
class Disease:
    """One disease or sub-type (`parent` is then the disease of the law). `hours` is the time to report."""

    code: str
    zh: str
    en: str
    legal_class: str
    hours: int
    icd10: tuple[str, ...]
    parent: str = ""
    ws364: str = ""

    def deadline(self, diagnosed: datetime) -> datetime:
        """When the report is due."""
        return diagnosed + timedelta(hours=self.hours)

    def coding(self, language: str = "zh") -> dict[str, str]:
        """A FHIR Coding in the exchange's own system of notifiable diseases."""
        name = self.en if language.startswith("en") else self.zh
        return {"system": NOTIFIABLE_DISEASES, "code": self.code, "display": name}


@cache
def diseases() -> dict[str, Disease]:
    """All diseases and sub-types by code, in the order of the law."""
    path = files("fhir_profiles") / "definitions" / "terminology" / "notifiable_diseases.toml"
    return {
        code: Disease(
            code,
            each["zh"],
            each["en"],
            each["class"],
            each["hours"],
            tuple(each["icd10"]),
            each.get("parent", ""),
            each.get("ws364", ""),
        )
        for code, each in tomllib.loads(path.read_text("utf-8")).items()
    }


@lru_cache(maxsize=4096)
def notifiable(icd10: str) -> Disease | None:
    """The disease that an ICD-10 code must be reported as, the sub-type before the disease; None if none.

    National extensions count as their WHO beginning: `A15.001`, `B05.900x001`.
    """
    code = icd10.strip().upper().replace("X", "")
    best: Disease | None = None
    length = 0
    for disease in diseases().values():
        for low, high in _ranges(disease.code):
            narrow = len(low) + (1 if low == high else 0) + (1 if disease.parent else 0)
            if low <= code[: len(low)] and code[: len(high)] <= high and narrow > length:
                best, length = disease, narrow
    return best


def law_disease(disease: Disease) -> Disease:
    """The disease as the law lists it: a sub-type's parent, or the disease itself."""
    return diseases()[disease.parent] if disease.parent else disease


def by_name(written: str) -> Disease | None:
    """A disease by its Chinese name or WS 364 code (CV05.01.017), as report cards carry it; None if unknown."""
    return _by_name().get(re.sub(r"\s", "", written))


@cache
def _by_name() -> dict[str, Disease]:
    found: dict[str, Disease] = {}
    for disease in diseases().values():
        for name in (disease.zh, disease.ws364, disease.code):
            if name:
                found.setdefault(name, disease)
    return found


@cache
def _ranges(code: str) -> list[tuple[str, str]]:
    parts = (pattern.partition("-") for pattern in diseases()[code].icd10)
    return [(low, high or low) for low, _, high in parts]
