"""VXU and RSP (K11, Z42): immunisation histories. The guide's VXU_V04."""

from adapters.hl7v2.families.family import Family

FAMILY = Family("VXU", frozenset(("VXU", "RSP", "VXR", "VXX")))
