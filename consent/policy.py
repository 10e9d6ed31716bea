"""The decision, pure: who asks, what the resident directed, what binds them, and the time; out comes what may be seen.

Layers, the first decisive one wins: 0 floor (claims, purpose, scope) · 1 statute · 2 self and proxy · 3 emergency
(break-glass) · 4 directives · 5 regional default. A hidden *this* is tested below statute and above all else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from consent.actor import Actor
from consent.categories import SENSITIVE, Label
from consent.decision import Decision, Outcome, Relations, Request
from consent.purposes import OF_ROLE
from consent.residual import EVERYTHING, NOTHING, Extent, Residual
from consent.rules import Directives, Rank, Rule, applies
from consent.scopes import allow

READ_ONLY = ("read", "vread", "history", "search", "everything")


@dataclass(slots=True)
class _Heard:
    """The directives that speak about this request, by rank."""

    this: list[Rule] = field(default_factory=list)
    what_and_who: list[Rule] = field(default_factory=list)
    what: list[Rule] = field(default_factory=list)
    who: list[Rule] = field(default_factory=list)
    purpose: list[Rule] = field(default_factory=list)


def decide(request: Request, directives: Directives, relations: Relations, now: datetime) -> Decision:
    """What this caller may see of one resident (or of rows without a resident), why, and until when."""
    question = _Question(request, directives, relations, now)
    for layer in _LAYERS:
        decision = layer(question)
        if decision:
            return decision
    raise AssertionError("the last layer always decides")


def floor(request: Request, relations: Relations) -> str:
    """Layer 0: the coded reason why this caller may not even ask, or nothing. A missing claim denies."""
    actor = request.actor
    institutional = actor.role in ("clinician", "agent", "authority")
    exporter = actor.role in ("authority", "system")
    checks = (
        (not actor.subject, "claim-missing-subject"),
        (institutional and not actor.organisation, "claim-missing-organisation"),
        (actor.role == "resident" and not actor.resident_id, "claim-missing-resident"),
        (actor.purpose not in OF_ROLE[actor.role], "purpose-not-allowed"),
        (actor.role == "system" and not relations.permit, "no-policy-permit"),
        (not allow(actor.scopes, actor.role, request.action, request.type), "scope-insufficient"),
        (request.action == "export" and not exporter, "export-not-allowed"),
    )
    return next((reason for fails, reason in checks if fails), "")


class _Question(NamedTuple):
    request: Request
    directives: Directives
    relations: Relations
    now: datetime


def _floor(question: _Question) -> Decision | None:
    reason = floor(question.request, question.relations)
    return Decision(Outcome.DENY, NOTHING, reasons=(reason,), basis=("policy:floor",)) if reason else None


def _statute(question: _Question) -> Decision | None:
    if question.request.actor.role != "authority":
        return None
    residual = replace(EVERYTHING, statute=int(Label.NOTIFIABLE))
    return Decision(Outcome.PERMIT_FILTERED, residual, basis=("statute:notifiable-diseases",))


def _self(question: _Question) -> Decision | None:
    request, now = question.request, question.now
    actor = request.actor
    if actor.role != "resident" or actor.resident_id != request.resident_id:
        return None
    if request.action == "share" and not _later(actor.card_present.get(request.resident_id), now):
        return Decision(Outcome.STEP_UP, NOTHING, reasons=("card-for-this-step",), basis=("policy:self",))
    return Decision(Outcome.PERMIT, EVERYTHING, basis=("policy:self",))


def _damaged(question: _Question) -> Decision | None:
    if question.directives.intact:
        return None
    return Decision(Outcome.DENY, NOTHING, reasons=("directives-damaged",), basis=("policy:floor",))


def _conformance(question: _Question) -> Decision | None:
    if question.request.actor.role != "system":
        return None
    return _permit(_all_but_hidden(question), basis=(f"policy-permit:{question.relations.permit}",))


def _proxy(question: _Question) -> Decision | None:
    if question.request.actor.role != "resident":
        return None
    until = question.relations.proxy_until
    if not _later(until, question.now):
        return Decision(Outcome.DENY, NOTHING, reasons=("not-own-record",), basis=("policy:self",))
    return _permit(_all_but_hidden(question), basis=("policy:guardian",), valid_until=until)


def _emergency(question: _Question) -> Decision | None:
    until = question.relations.emergency_until
    if not _later(until, question.now) or question.request.action not in READ_ONLY:
        return None
    return _permit(
        _all_but_hidden(question),
        basis=("policy:break-glass",),
        obligations=("watermark", "notify-resident", "review", "no-export"),
        valid_until=until,
    )


def _directed(question: _Question) -> Decision:
    """Layers 4 and 5: the resident's switches, and below them the regional default."""
    request, directives, relations, now = question
    heard = _hear(directives, request.actor, now)
    card_until = _card_until(request, relations)
    extent, basis = _extent(heard, request.actor, relations, _later(card_until, now))
    permitted, denied = _categories(heard)
    rest = Residual(extent=extent, sources=relations.sources, permitted=permitted, denied=denied)
    residual = _this(rest, heard.this)
    valid_until = _next_change(directives, card_until, now)
    if extent is Extent.ALL:
        return _permit(residual, basis=basis, valid_until=valid_until)
    if extent is Extent.OWN:
        way_out, reason = Outcome.NEED_CARD, "no-relation"
    else:
        way_out = Outcome.NEED_BREAK_GLASS if request.actor.role == "clinician" else Outcome.DENY
        reason = "denied-by-resident"
    return Decision(
        Outcome.PERMIT_FILTERED if residual.opens_anything else way_out,
        residual,
        reach=_this(replace(rest, extent=Extent.ALL), heard.this),
        reasons=(reason,),
        basis=basis,
        obligations=(str(way_out),),
        valid_until=valid_until,
    )


_LAYERS: tuple[Callable[[_Question], Decision | None], ...] = (
    _floor,
    _statute,
    _self,
    _damaged,
    _conformance,
    _proxy,
    _emergency,
    _directed,
)


def _all_but_hidden(question: _Question) -> Residual:
    heard = _hear(question.directives, question.request.actor, question.now)
    return _this(EVERYTHING, [rule for rule in heard.this if not rule.permit])


def _card_until(request: Request, relations: Relations) -> datetime | None:
    proofs = (relations.card_until, request.actor.card_present.get(request.resident_id))
    return max((until for until in proofs if until), default=None)


def _extent(heard: _Heard, actor: Actor, relations: Relations, card: bool) -> tuple[Extent, tuple[str, ...]]:
    """How far rows without a more specific switch are seen: who, then purpose, then the regional default."""
    decisive = heard.who or heard.purpose
    if decisive:
        extent = Extent.ALL if all(rule.permit for rule in decisive) else Extent.NONE
        return extent, tuple(f"consent:{rule.consent}/{rule.version}" for rule in decisive)
    if card:
        return Extent.ALL, ("default:card-present",)
    if relations.open_encounter and actor.role == "clinician":
        return Extent.ALL, ("default:open-encounter",)
    return Extent.OWN, ("default:author",)


def _categories(heard: _Heard) -> tuple[int, int]:
    """The sensitive labels that directives open and close: what∧who speaks before what, a denial before a permit."""
    spoken = permitted = denied = 0
    for rules in (heard.what_and_who, heard.what):
        closes = opens = 0
        for rule in rules:
            if rule.permit:
                opens |= rule.labels
            else:
                closes |= rule.labels
        denied |= closes & ~spoken
        permitted |= opens & ~closes & ~spoken
        spoken |= opens | closes
    return permitted & SENSITIVE, denied & SENSITIVE


def _this(residual: Residual, rules: list[Rule]) -> Residual:
    """Single records and visits, shown or hidden; what is both is hidden."""
    return replace(
        residual,
        hidden=tuple(sorted({rule.record for rule in rules if rule.record and not rule.permit})),
        hidden_visits=tuple(
            sorted({rule.visit for rule in rules if rule.visit is not None and not rule.permit})
        ),
        shown=tuple(sorted({rule.record for rule in rules if rule.record and rule.permit})),
        shown_visits=tuple(sorted({rule.visit for rule in rules if rule.visit is not None and rule.permit})),
    )


def _hear(directives: Directives, actor: Actor, now: datetime) -> _Heard:
    heard = _Heard()
    shelf = {
        Rank.THIS: heard.this,
        Rank.WHAT_AND_WHO: heard.what_and_who,
        Rank.WHAT: heard.what,
        Rank.WHO: heard.who,
        Rank.PURPOSE: heard.purpose,
    }
    for rule in directives.rules:
        if applies(rule, actor, now):
            shelf[rule.rank].append(rule)
    return heard


def _permit(
    residual: Residual,
    *,
    basis: tuple[str, ...],
    obligations: tuple[str, ...] = (),
    valid_until: datetime | None = None,
) -> Decision:
    outcome = Outcome.PERMIT if residual.is_everything else Outcome.PERMIT_FILTERED
    return Decision(outcome, residual, basis=basis, obligations=obligations, valid_until=valid_until)


def _later(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now < moment


def _next_change(directives: Directives, until: datetime | None, now: datetime) -> datetime | None:
    moments = [edge for rule in directives.rules for edge in (rule.start, rule.end) if edge and edge > now]
    return min([*moments, *([until] if until else [])], default=None)
