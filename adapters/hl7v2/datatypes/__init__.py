"""HL7v2 datatypes to FHIR datatypes; each function takes a raw repetition and the draft."""
