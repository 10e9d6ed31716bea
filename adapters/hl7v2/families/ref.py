"""REF and RRI (I12 to I15): referrals. RF1 makes a ServiceRequest; the rest is the general walk."""

from adapters.hl7v2.families.family import Family

FAMILY = Family("REF", frozenset(("REF", "RRI", "RPA", "RQA", "RQI", "RPI")), reporting=True)
