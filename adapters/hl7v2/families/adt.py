"""ADT: admission, transfer, discharge, registration, and merges (A18, A30, A34 to A42, A46 to A49).

The trigger event sets Encounter.status (`segments.visit`); a merge makes two linked Patients (`segments.patient`).
The guide maps ADT_A01, A02, A05, A06, A09, A11, A17; A03, A30 and A39 are ours.
"""

from adapters.hl7v2.families.family import Family

FAMILY = Family("ADT", frozenset(("ADT",)), reporting=False)
