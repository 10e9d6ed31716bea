"""MFN: master files of staff, organisations and places; nobody's record. The guide is silent."""

from adapters.hl7v2.families.family import Family

FAMILY = Family("MFN", frozenset(("MFN", "MFK", "PMU")), patient_needed=False)
