"""OMP, RDE, RDS, RGV, RAS and their answers: prescriptions, dispenses, administrations.

The guide has no message maps for these; segment rules follow RXO[MedicationRequest], the rest is ours.
"""

from adapters.hl7v2.families.family import Family

FAMILY = Family(
    "pharmacy", frozenset(("OMP", "RDE", "RDS", "RGV", "RAS", "ORP", "RRE", "RRD", "RRG", "RRA", "RDY"))
)
