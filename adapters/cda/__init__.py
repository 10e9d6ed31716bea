"""Clinical documents (HL7 CDA R2): the country's shared documents (WS/T 483, WS/T 500) and C-CDA R2.1, to FHIR.

https://www.hl7.org/implement/standards/product_brief.cfm?product_id=7. Read leniently by element name, template and
data-element id; the stock CDA schema refuses every shared document. Not read: digital signatures, regions of interest.
"""

from adapters.cda.translation import translate

__all__ = ["translate"]
