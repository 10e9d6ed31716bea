"""HL7v2 messages to FHIR R4: `translate` takes bytes as received and gives one Translation per message.

https://hl7.org/fhir/R4, https://build.fhir.org/ig/HL7/v2-to-fhir. A lean reader (`message`) keeps every segment;
hl7apy's tables check the structure (`structure`); rules in `rules/*.toml` map fields, handlers in `segments/`
make the resources, `families/` say what differs between messages. It sends nothing, stores nothing and raises
nothing: what cannot be translated is refused with a reason.

`framing` cuts MLLP frames, `header.peek` reads MSH facts at intake, `acknowledgement` builds answers.
"""

from adapters.hl7v2.translation import coverage, translate

__all__ = ["coverage", "translate"]
