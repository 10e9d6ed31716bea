"""The one place where failures become responses: with an OperationOutcome, or in the form of their channel.

https://hl7.org/fhir/R4/http.html#Status-Codes. A `Failure` says its own status and issues; what the framework
refuses becomes one. Anything else is a fault of ours: 500 with the request's id and nothing of the exception.
"""

from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from fhir_profiles import resources
from fhir_profiles.outcome import Failure, Invalid, Issue, NotAuthenticated, operation_outcome
from hie import log

FHIR_JSON = "application/fhir+json"
CONTENT_TYPE = f"{FHIR_JSON}; charset=utf-8"

_HTTP_ISSUES = {
    404: ("not-found", "There is nothing at this address; /fhir/metadata says what there is"),
    405: ("not-supported", "This method is not routed here; /fhir/metadata says what is"),
    406: ("not-supported", "The exchange answers in JSON: send Accept: application/fhir+json"),
    413: ("too-long", "The body is larger than the exchange takes"),
    415: ("not-supported", "The exchange reads JSON: send Content-Type: application/fhir+json"),
}

Form = Callable[[Request, Failure], Response | None]
"""The answer to a failure as one channel speaks it; None for requests of other channels."""

_log = structlog.get_logger("hie.api")


def outcome_of(issues: list[Issue]) -> dict[str, Any]:
    """The OperationOutcome of some issues, where it stands inside of another answer."""
    return operation_outcome(issues)


def outcome_response(status: int, issues: list[Issue], headers: dict[str, str] | None = None) -> Response:
    """A response with the OperationOutcome of some issues."""
    return Response(resources.dumps(outcome_of(issues)), status, headers=headers, media_type=CONTENT_TYPE)


def failure_response(failure: Failure) -> Response:
    """The response to a refusal. 401 says how to authenticate; a busy 429 or 503 is not made here."""
    headers = {}
    if isinstance(failure, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="fhir"'
    return outcome_response(failure.status, failure.issues, headers)


def fault_issue(error: BaseException, request_id: str) -> Issue:
    """What is told of a fault of ours; the log gets a line about it."""
    _log.error("request failed", request_id=request_id, **log.whereabouts(error))
    return Issue("exception", f"The exchange failed; its operators find the cause under request {request_id}")


def fault_response(request: Request, error: BaseException, request_id: str) -> Response:
    """The response to a fault of ours."""
    return _told(request, _with_status(500, fault_issue(error, request_id)))


def too_deep() -> Failure:
    """Nothing of ours nests without end: whoever runs out of stack was sent something that does."""
    return Invalid("The content nests too deep", reason="too-deep")


def install(app: FastAPI, *forms: Form) -> None:
    """Answer every failure and every refusal of the framework in the first form that fits, else with an
    OperationOutcome."""
    app.state.forms_of_failure = forms

    async def refused(request: Request, error: Any) -> Response:
        return _told(request, error)

    async def not_routed(request: Request, error: Any) -> Response:
        code, text = _HTTP_ISSUES.get(error.status_code, ("processing", "The request cannot be answered"))
        answer = _told(request, _with_status(error.status_code, Issue(code, text)))
        answer.headers.update(error.headers or {})
        return answer

    async def malformed(request: Request, error: Any) -> Response:
        names = sorted({str(each["loc"][-1])[:64] for each in error.errors()})
        return _told(
            request,
            Invalid("A field is missing or malformed", expression=", ".join(names), reason="malformed"),
        )

    async def out_of_stack(request: Request, error: Any) -> Response:
        return _told(request, too_deep())

    app.add_exception_handler(Failure, refused)
    app.add_exception_handler(HTTPException, not_routed)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(RecursionError, out_of_stack)


def _told(request: Request, failure: Failure) -> Response:
    forms: tuple[Form, ...] = getattr(request.app.state, "forms_of_failure", ())
    for form in forms:
        if (answer := form(request, failure)) is not None:
            return answer
    return failure_response(failure)


def _with_status(status: int, issue: Issue) -> Failure:
    failure = Failure(issues=[issue])
    failure.status = status
    return failure
