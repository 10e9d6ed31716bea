"""The shapes of a decision: what is asked, what binds the caller to the resident, and the answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.actor import Actor
from consent.residual import NOTHING, Residual


class Outcome(StrEnum):
    PERMIT = "permit"
    PERMIT_FILTERED = "permit-filtered"
    DENY = "deny"
    STEP_UP = "step-up"
    NEED_CARD = "need-card"
    NEED_BREAK_GLASS = "need-break-glass"


@dataclass(frozen=True, slots=True)
class Request:
    """One question: `actor` wants to do `action` on resources of `type` (None: any) of one resident (0: none)."""

    actor: Actor
    action: str
    type: str | None = None
    resident_id: int = 0


@dataclass(frozen=True, slots=True)
class Relations:
    """The evidence that binds a caller to a resident at this moment.

    `sources` are the numbers of the caller's organisation's own feeds; `permit` names the policy row that lets a
    conformance client in (it exists in demos alone).
    """

    sources: tuple[int, ...] = ()
    open_encounter: bool = False
    card_until: datetime | None = None
    emergency_until: datetime | None = None
    proxy_until: datetime | None = None
    permit: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `residual` is what may be seen now; `reach` what the way out would open, so that a refusal names
    the card only for things the card would show. `obligations` are coded duties of the caller's screen; `basis`
    names policy, Consent or statute; `valid_until` the moment at which it must be asked again at the latest.
    """

    outcome: Outcome
    residual: Residual
    reach: Residual = NOTHING
    reasons: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    valid_until: datetime | None = None

    @property
    def permits(self) -> bool:
        return self.outcome in (Outcome.PERMIT, Outcome.PERMIT_FILTERED)
