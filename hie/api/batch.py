"""batch and transaction: https://hl7.org/fhir/R4/http.html#transaction.

A batch answers entry by entry. A transaction happens as a whole or not at all: DELETE before POST before PUT and
PATCH, in one unit of work; its GETs are answered from what it has made. Conditions of a transaction are held while
they are asked and acted upon.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from consent.actor import Actor
from fhir_profiles import instant, resources
from fhir_profiles.outcome import Failure, Invalid, NotFound
from fhir_profiles.resources import Resource
from hie.api import bundles, conditions, transaction_plan
from hie.api.addresses import changes_of, exchange_of, fhir_base
from hie.api.answers import json_response
from hie.api.bodies import Body, resource_of
from hie.api.outcome_responses import fault_issue, outcome_of, too_deep
from hie.api.preferences import require_json, wants_representation
from hie.api.transaction_plan import Entry, Plan
from hie.api.write import with_version
from hie.auth.actor import CurrentActor
from record_store.draft import Written
from record_store.stored import Found, Stored

router = APIRouter()


@router.post("/")
@router.post("")
def batch(request: Request, actor: CurrentActor, body: Body) -> Response:
    """Carry a Bundle of type batch or transaction out."""
    require_json(request)
    preference = wants_representation(request)
    bundle = resource_of(request, body, "Bundle")
    if bundle.get("type") not in ("batch", "transaction"):
        raise Invalid(
            "Send a Bundle of type batch or transaction", expression="Bundle.type", reason="bundle-type"
        )
    answers = _Answers(request, actor, preference)
    entries = transaction_plan.entries(bundle, fhir_base(request))
    if bundle["type"] == "batch":
        return json_response(bundles.bundle("batch-response", _apart(answers, entries)))
    for entry in entries:
        if isinstance(entry, Failure):
            raise entry
    parts = _transaction(answers, [entry for entry in entries if isinstance(entry, Entry)])
    return json_response(bundles.bundle("transaction-response", parts))


class _Answers:
    """The entries of the answer to one Bundle."""

    def __init__(self, request: Request, actor: Actor, preference: str) -> None:
        self.request = request
        self.actor = actor
        self.exchange = exchange_of(request)
        self.base = fhir_base(request)
        self._with_resource = preference == "representation"

    def written(self, done: Written, resource: Resource | None) -> bytes:
        response: dict[str, Any] = {
            "status": "204 No Content" if resource is None else "201 Created" if done.created else "200 OK",
            "etag": f'W/"{done.version}"',
            "lastModified": instant.text(done.updated),
        }
        if resource is None:
            return resources.dumps({"response": response})
        response["location"] = f"{self.base}/{done.type}/{done.fhir_id}/_history/{done.version}"
        entry: dict[str, Any] = {"fullUrl": f"{self.base}/{done.type}/{done.fhir_id}", "response": response}
        if self._with_resource:
            entry["resource"] = with_version(resource, done)
        return resources.dumps(entry)

    def existing(self, match: Stored) -> bytes:
        response = {
            "status": "200 OK",
            "etag": f'W/"{match.version}"',
            "location": f"{self.base}/{match.reference}/_history/{match.version}",
        }
        return resources.dumps({"fullUrl": f"{self.base}/{match.reference}", "response": response})

    def nothing(self) -> bytes:
        return resources.dumps({"response": {"status": "204 No Content"}})

    def read(self, entry: Entry) -> bytes:
        """The answer to a GET: a resource, a version, a search or a history."""
        found = self._read(entry)
        if isinstance(found, Stored):
            head = {
                "fullUrl": f"{self.base}/{found.reference}",
                "response": {"status": "200 OK", "etag": f'W/"{found.version}"'},
            }
            return resources.dumps(head)[:-1] + b',"resource":' + found.body + b"}"
        page = bundles.searchset(self.base, found, [("self", f"{self.base}/{entry.url}")])
        return resources.dumps({"response": {"status": "200 OK"}})[:-1] + b',"resource":' + page + b"}"

    def failed(self, fault: BaseException) -> bytes:
        """The answer to an entry that cannot be done; a fault of ours is not its neighbours' fault."""
        failure = too_deep() if isinstance(fault, RecursionError) else fault
        if not isinstance(failure, Failure):
            issue = fault_issue(fault, self.actor.request_id)
            return resources.dumps({"response": {"status": "500", "outcome": outcome_of([issue])}})
        outcome = outcome_of(failure.issues)
        return resources.dumps({"response": {"status": str(failure.status), "outcome": outcome}})

    def _read(self, entry: Entry) -> Stored | Found:
        door = self.exchange.door
        match entry.path:
            case [type_, fhir_id]:
                found: Stored | Found = door.read(self.actor, type_, fhir_id)
            case [type_, fhir_id, "_history", version] if version.isascii() and version.isdigit():
                found = door.vread(self.actor, type_, fhir_id, int(version))
            case [type_, fhir_id, "_history"]:
                found = door.history(self.actor, type_, fhir_id)
            case [type_]:
                found = door.search(self.actor, type_, entry.pairs)
            case _:
                raise NotFound("Nothing can be read at this address")
        return found


def _apart(answers: _Answers, entries: list[Entry | Failure]) -> list[bytes]:
    """Every entry by itself. What depends on no search and no version that is read first goes to the database
    together with its neighbours, which costs a tenth."""
    parts: dict[int, bytes] = {}
    plans: dict[int, Plan] = {}
    for number, entry in enumerate(entries):
        if isinstance(entry, Failure):
            parts[number] = answers.failed(entry)
        elif entry.condition or entry.method in ("GET", "PATCH"):
            parts[number] = _alone(answers, entry)
        else:
            plan = Plan([entry], _asking(answers), answers.actor, answers.exchange)
            try:
                plan.decide()
                plans[number] = plan
            except Exception as fault:
                parts[number] = answers.failed(fault)
    outcomes = changes_of(answers.request).carry_out_apart([plan.changes for plan in plans.values()])
    for (number, plan), outcome in zip(plans.items(), outcomes, strict=True):
        if isinstance(outcome, BaseException):
            parts[number] = answers.failed(outcome)
        else:
            parts[number] = _parts(answers, plan, outcome)[0]
    return [parts[number] for number in range(len(entries))]


def _alone(answers: _Answers, entry: Entry) -> bytes:
    try:
        return _transaction(answers, [entry])[0]
    except Exception as fault:
        return answers.failed(fault)


def _transaction(answers: _Answers, entries: list[Entry]) -> list[bytes]:
    plan = Plan(entries, _asking(answers), answers.actor, answers.exchange)
    try:
        if len(entries) > 1:
            _refuse_reads(answers, plan)
        if plan.criteria:
            done = changes_of(answers.request).carry_out_if(plan.criteria, plan.decide)
        else:
            done = changes_of(answers.request).carry_out(plan.decide())
    except Failure as failure:
        raise plan.told(failure) from failure
    return _parts(answers, plan, done)


def _refuse_reads(answers: _Answers, plan: Plan) -> None:
    """Ask what is asked of others than the transaction itself: what cannot be read refuses it before it is done."""
    made = {entry.path[1] for entry in plan.entries if entry.method == "PUT" and len(entry.path) > 1}
    for entry in plan.entries:
        if entry.method == "GET" and not made.intersection(entry.path[1:2]):
            with plan.about(entry):
                answers.read(entry)


def _parts(answers: _Answers, plan: Plan, done: Sequence[Written]) -> list[bytes]:
    outcomes = {id(change): one for change, one in zip(plan.changes, done, strict=True)}
    parts: list[bytes] = []
    for entry in plan.entries:
        if entry.method == "GET":
            parts.append(answers.read(entry))
        elif entry.existing is not None:
            parts.append(answers.existing(entry.existing))
        elif entry.change is None:
            parts.append(answers.nothing())
        else:
            parts.append(answers.written(outcomes[id(entry.change)], entry.change.resource))
    return parts


def _asking(answers: _Answers) -> Callable[[str, list[tuple[str, str]]], Stored | None]:
    return lambda type_, pairs: conditions.sole_match(answers.exchange, answers.actor, type_, pairs)
