"""ORU (R01, R30, R40) and OUL (R21 to R24): results, each OBR with its OBX a DiagnosticReport.

The guide maps ORU_R01; OUL is ours, and like ORU but for specimens that come before their orders (R22, R23).
"""

from adapters.hl7v2.families.family import Family

FAMILY = Family("ORU", frozenset(("ORU", "OUL", "ORF", "OSR", "ORA")), reporting=True)
