"""DFT and BAR: charges and accounts. The guide is silent; FT1 rules are ours."""

from adapters.hl7v2.families.family import Family

FAMILY = Family("DFT", frozenset(("DFT", "BAR")))
