"""Which family takes a message: by its code, else the general walk, which maps every segment it knows."""

from functools import lru_cache

from adapters.hl7v2.families import adt, dft, mdm, mfn, orders, oru, pharmacy, ppr, ref, siu, vxu
from adapters.hl7v2.families.family import Family

FAMILIES: tuple[Family, ...] = tuple(
    module.FAMILY for module in (adt, oru, orders, pharmacy, vxu, mdm, siu, ppr, dft, mfn, ref)
)
GENERAL = Family("general", frozenset(), reporting=True)
REPORTLESS = Family("general", frozenset())


@lru_cache(maxsize=256)
def family_of(code: str, *, results: bool) -> Family:
    """The family of a message code; `results` says whether the message holds OBX below OBR."""
    for family in FAMILIES:
        if code in family.codes:
            return family
    return GENERAL if results else REPORTLESS
