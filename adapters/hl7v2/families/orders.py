"""ORM, OML, OMG, OMI, OMB, OMD, OMN, OMS, ORG, ORL, ORI, ORR: orders for services, and their answers.

OBR makes a ServiceRequest; OBX under it is supporting information. Drugs in ORM go the way of OMP.
The guide maps ORM_O01 and OML_O21; the others follow them.
"""

from adapters.hl7v2.families.family import Family

FAMILY = Family(
    "orders",
    frozenset(
        ("ORM", "OML", "OMG", "OMI", "OMB", "OMD", "OMN", "OMS", "ORG", "ORL", "ORI", "ORR", "ORD", "OPL")
    ),
)
