"""MDM (T01 to T11): documents. The guide's MDM_T02."""

from adapters.hl7v2.families.family import Family
from adapters.hl7v2.segments import documents

FAMILY = Family("MDM", frozenset(("MDM",)), differing={"OBX": documents.obx})
