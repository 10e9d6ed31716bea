"""The invariants of FHIR R4 that are checked; here those that only ask which elements are there, as a table.

https://hl7.org/fhir/R4/conformance-rules.html#constraints. Rules are `a needs b|c`, `any a b`, `one a b` (exactly
one), `notboth a b`; `value` stands for every `value[x]`. The schema carries them, and the explanation says them.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fhir_profiles.clinical_invariants import CLINICAL
from fhir_profiles.conformance_invariants import CONFORMANCE
from fhir_profiles.invariant import Invariant
from fhir_profiles.structure import choices

INVARIANTS: Final[dict[str, list[Invariant]]] = {**CLINICAL, **CONFORMANCE}
"""Kind of object to the invariants that compare values."""

_TABLE: Final = """
Quantity qty-3 code needs system
Age qty-3 code needs system
Count qty-3 code needs system
Distance qty-3 code needs system
Duration qty-3 code needs system
Attachment att-1 data needs contentType
ContactPoint cpt-2 value needs system
Expression exp-1 any expression reference
DataRequirement.codeFilter drq-1 one path searchParam
DataRequirement.dateFilter drq-2 one path searchParam
ElementDefinition eld-8 notboth pattern fixed
ElementDefinition eld-15 notboth defaultValue meaningWhenMissing
ElementDefinition eld-22 sliceIsConstraining needs sliceName
ElementDefinition.slicing eld-1 any discriminator description
Timing.repeat tim-1 duration needs durationUnit
Timing.repeat tim-2 period needs periodUnit
Timing.repeat tim-6 periodMax needs period
Timing.repeat tim-7 durationMax needs duration
Timing.repeat tim-8 countMax needs count
Timing.repeat tim-9 offset needs when
Timing.repeat tim-10 notboth timeOfDay when
TriggerDefinition trd-1 notboth data timing
TriggerDefinition trd-2 condition needs data
Appointment.participant app-1 any type actor
AppointmentResponse apr-1 any participantType actor
AuditEvent.entity sev-1 notboth name query
CapabilityStatement cpb-1 any rest messaging document
CapabilityStatement cpb-2 any description software implementation
CarePlan.activity cpl-3 notboth detail reference
Composition.section cmp-1 any text entry section
Composition.section cmp-2 notboth emptyReason entry
Condition.stage con-1 any summary assessment
Condition.evidence con-2 any code detail
Consent ppc-1 any policy policyRule
CoverageEligibilityResponse.insurance.item ces-1 one category productOrService
FamilyMemberHistory fhs-1 notboth age born
FamilyMemberHistory fhs-2 estimatedAge needs age
Goal.target gol-1 detail needs measure
Immunization.education imm-1 any documentType reference
ImmunizationRecommendation.recommendation imr-1 any vaccineCode targetDisease
InsurancePlan ipn-1 any identifier name
List lst-1 notboth emptyReason entry
MeasureReport.group.stratifier.stratum mrp-2 one value component
MedicationAdministration.dosage mad-1 any dose rate
MolecularSequence.referenceSeq msq-5 chromosome needs genomeBuild
MolecularSequence.referenceSeq msq-5 genomeBuild needs chromosome
MolecularSequence.referenceSeq msq-6 one genomeBuild referenceSeqId referenceSeqPointer referenceSeqString
Observation obs-6 notboth dataAbsentReason value
Observation.referenceRange obs-3 any low high text
OperationDefinition.parameter opd-1 any type part
Organization org-1 any identifier name
Patient.contact pat-1 any name telecom address organization
Questionnaire.item que-4 notboth answerOption answerValueSet
Questionnaire.item que-11 notboth answerOption initial
QuestionnaireResponse.item qrs-1 notboth answer item
RequestGroup.action rqg-1 one resource action
SearchParameter spd-1 xpath needs xpathUsage
ServiceRequest prr-1 orderDetail needs code
StructureDefinition sdf-6 any snapshot differential
StructureDefinition.mapping sdf-2 any name uri
StructureMap.group.rule.target smp-1 element needs context
StructureMap.group.rule.target smp-2 context needs contextType
TerminologyCapabilities tcp-2 any description software implementation
TestReport.test.action inv-2 one operation assert
TestReport.setup.action inv-1 one operation assert
TestScript.setup.action tst-1 one operation assert
TestScript.test.action tst-2 one operation assert
ValueSet.compose.include vsd-1 any valueSet system
ValueSet.compose.include vsd-2 concept needs system
ValueSet.compose.include vsd-2 filter needs system
ValueSet.compose.include vsd-3 notboth concept filter
ValueSet.expansion.contains vsd-6 any code display
ValueSet.expansion.contains vsd-10 code needs system
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """`form` is needs, any, one or notboth over groups of JSON names that stand for one element each."""

    key: str
    form: str
    elements: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """The rule as a sentence."""
        first, *others = self.elements
        if self.form == "needs":
            return f"{first} needs {' or '.join(others)} beside it ({self.key})."
        quantity = {"any": "At least", "one": "Exactly"}.get(self.form, "At most")
        return f"{quantity} one of {', '.join(self.elements)} may be given here ({self.key})."

    def holds(self, value: dict[str, Any]) -> bool:
        """Whether an object keeps the rule; `_name` counts as `name`."""
        there = [any(name in value or f"_{name}" in value for name in group) for group in self.groups]
        if self.form == "needs":
            return not there[0] or any(there[1:])
        if self.form == "any":
            return any(there)
        return sum(there) == 1 if self.form == "one" else sum(there) <= 1

    def schema(self) -> dict[str, Any]:
        """The rule as JSON Schema."""
        present = [_present(group) for group in self.groups]
        if self.form == "needs":
            return {"anyOf": [{"not": present[0]}, *present[1:]]}
        if self.form == "any":
            return {"anyOf": present}
        if self.form == "one":
            return {"oneOf": present}
        return {"not": {"allOf": present}}


@cache
def rules() -> dict[str, list[Rule]]:
    """Kind of object to its rules."""
    found: dict[str, list[Rule]] = {}
    for line in _TABLE.strip().splitlines():
        kind, key, *words = line.split()
        if words[1] == "needs":
            form, elements = "needs", (words[0], *words[2].split("|"))
        else:
            form, elements = words[0], tuple(words[1:])
        groups = tuple(tuple(choices(kind).get(element, ([element], False))[0]) for element in elements)
        found.setdefault(kind, []).append(Rule(key, form, elements, groups))
    return found


def _present(group: tuple[str, ...]) -> dict[str, Any]:
    if len(group) == 1:
        return {"required": [group[0]]}
    return {"anyOf": [{"required": [name]} for name in group]}
