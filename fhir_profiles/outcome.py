"""What can go wrong, in FHIR's words: issues, the failures that carry them, and their OperationOutcome.

https://hl7.org/fhir/R4/operationoutcome.html. The same issues feed the API, the ERR segment of an HL7v2
acknowledgement, the inbox and the pages. No issue carries a name, a number or a payload of a resident.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, and what to do next.

    `code` is from the value set issue-type; `text` says the cause and the next step for a person;
    `expression` is a FHIRPath (`Observation.status`) or an HL7v2 location (`PID-7`); `reason` is a stable
    coded word.
    """

    code: str
    text: str
    expression: str = ""
    severity: str = "error"
    reason: str = ""


class Failure(Exception):
    """A refusal that its caller can understand. Anything else that is raised is a fault of ours."""

    code: ClassVar[str] = "processing"
    status: int = 400

    def __init__(
        self, text: str = "", *, expression: str = "", reason: str = "", issues: list[Issue] | None = None
    ):
        self.issues = issues or [Issue(self.code, text, expression, reason=reason)]
        super().__init__(self.issues[0].text)


class Invalid(Failure):
    """The content breaks a rule of the standard or of a profile."""

    code = "invalid"
    status = 400


class NotAuthenticated(Failure):
    """No valid token, card or session came with the request."""

    code = "login"
    status = 401


class Forbidden(Failure):
    """The decision was no; `reason` names the way out (present the card, break the glass)."""

    code = "forbidden"
    status = 403


class NotFound(Failure):
    """There is nothing there, or nothing that this caller may know of."""

    code = "not-found"
    status = 404


class Gone(Failure):
    """The resource was deleted."""

    code = "deleted"
    status = 410


class Conflict(Failure):
    """Somebody else was faster, or a condition matched more than one resource."""

    code = "conflict"
    status = 409


class PreconditionFailed(Conflict):
    """`If-Match` named another version, or a conditional request matched several resources."""

    status = 412


class Unprocessable(Invalid):
    """The resource was understood and breaks a rule of the exchange."""

    code = "business-rule"
    status = 422


class NotSupported(Failure):
    """The exchange does not do this."""

    code = "not-supported"
    status = 400


class TooCostly(Failure):
    """The request would hurt others; the text says how to narrow it."""

    code = "too-costly"
    status = 413


class Throttled(Failure):
    """Too many tries in too short a time; the text says how long to wait."""

    code = "throttled"
    status = 429


def operation_outcome(issues: list[Issue]) -> dict[str, Any]:
    """The OperationOutcome of some issues; without any, the one that says all is well."""
    entries = issues or [Issue("informational", "All is well", severity="information")]
    return {"resourceType": "OperationOutcome", "issue": [_entry(issue) for issue in entries]}


def _entry(issue: Issue) -> dict[str, Any]:
    entry: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "diagnostics": issue.text}
    if issue.reason:
        entry["details"] = {"coding": [{"system": "urn:hie:reason", "code": issue.reason}]}
    if issue.expression:
        entry["expression"] = [issue.expression]
    return entry
