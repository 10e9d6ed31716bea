"""GOL: goals of care."""

from adapters.hl7v2.draft import Draft
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover

_ACHIEVEMENT = {"DE": "entered-in-error"}


def gol(draft: Draft, segment: Segment) -> None:
    """A goal, keyed by its own identifier, else by its code."""
    code = draft.value(3) or draft.value(3, 2)
    if not code:
        leftover(draft, segment)
        return
    goal = draft.begin("Goal", draft.value(4) or code)
    goal["lifecycleStatus"] = _ACHIEVEMENT.get(draft.value(1), "active")
    goal["subject"] = draft.subject()
    draft.apply("GOL[Goal]", goal)
    draft.keep(goal)
    draft.noted = goal


HANDLERS = {"GOL": gol}
