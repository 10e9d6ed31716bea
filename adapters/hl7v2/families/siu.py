"""SIU and SRM (S12 to S26): appointments. The guide's SIU_S12."""

from adapters.hl7v2.families.family import Family

FAMILY = Family("SIU", frozenset(("SIU", "SRM", "SQR", "SRR")))
