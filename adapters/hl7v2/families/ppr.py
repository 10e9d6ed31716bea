"""PPR, PGL, PPG (PC1 to PCC): problems, goals, pathways. The guide is silent; PRB rules are ours."""

from adapters.hl7v2.families.family import Family

FAMILY = Family("PPR", frozenset(("PPR", "PGL", "PPG", "PPP", "PPT", "PRR", "PTR")))
