"""One request through the door: what it turns out to be about, and its line in the trace."""

from typing import Any

from consent import audit, judgement
from consent.actor import Actor
from consent.audit import DONE, REFUSED, Trail
from consent.judgement import Judged
from fhir_profiles import instant
from fhir_profiles.outcome import Failure
from record_store.stored import Found, Stored


class Ask:
    """One request on its way: what it turns out to be about, and its line in the trace, written when the block ends.

    The block around the reading transaction is this one: the line is durable after the transaction has ended and
    before the caller has the answer. A failure is traced as a refusal and goes on.
    """

    def __init__(self, trail: Trail, actor: Actor, interaction: str, type_: str | None, target: str) -> None:
        self.actor = actor
        self.interaction = interaction
        self.type = type_
        self.target = target
        self.now = instant.now()
        self.judged = Judged(judgement.NOTHING_VISIBLE)
        self.resident = 0
        self.residents: list[int] | None = None
        self.query = ""
        self._count = 0
        self._trail = trail
        self._closed = False

    @property
    def caller(self) -> str:
        """Whom a page token is good for."""
        actor = self.actor
        return "|".join((actor.subject, actor.client_id, actor.organisation, actor.role, actor.purpose))

    def give(self, found: Stored) -> Stored:
        self.resident, self._count = found.resident_id, 1
        return found

    def give_page(self, found: Found) -> Found:
        rows = [*found.matches, *found.included]
        seen = sorted({row.resident_id for row in rows} - {0})
        named = [resident for resident in self.judged.decisions if resident]
        self._count = len(rows)
        if len(seen) > 1:
            self.residents = seen
        else:
            self.resident = (seen or (named if len(named) == 1 else [self.resident]))[0]
        return found

    def close(self, failure: Failure | None = None) -> None:
        """Write the line."""
        self._closed = True
        listing = self.interaction in ("search", "history", "everything", "export")
        self._trail.write(
            audit.line(
                self.actor,
                self.now,
                "E" if listing else "R",
                self.interaction,
                outcome=REFUSED if failure else DONE,
                reason=_coded(failure) if failure else "",
                basis=self.judged.basis,
                resident=0 if self.residents else self.resident,
                residents=self.residents,
                type_name=self.type,
                target=self.target,
                query=self.query,
                count=0 if failure else self._count,
            )
        )

    def __enter__(self) -> "Ask":
        return self

    def __exit__(self, kind: Any, failure: BaseException | None, trace: Any) -> None:
        if self._closed:
            return
        if failure is None or isinstance(failure, Failure):
            self.close(failure)


def _coded(failure: Failure) -> str:
    issue = failure.issues[0]
    return issue.reason or issue.code
