"""One request through the door: what it turns out to be about, and its line in the trace."""

from collections import Counter
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
        self._counts: Counter[int] = Counter()
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
        self._counts = Counter(row.resident_id for row in rows)
        if len(seen) > 1:
            self.residents = seen
        else:
            self.resident = (seen or (named if len(named) == 1 else [self.resident]))[0]
        return found

    def close(self, failure: Failure | None = None) -> None:
        """Write the line; a person's look at several residents is a line for each of them, with what concerns that
        one: nobody reads in their own log on what ground somebody else's record was opened."""
        self._closed = True
        if failure or not self.residents or not self._personal:
            self._trail.write(
                self._line(failure, self.judged.basis, self._count, 0 if self.residents else self.resident)
            )
            return
        decisions = self.judged.decisions
        self._trail.write(
            *(
                self._line(
                    None,
                    ";".join(decisions[one].basis) if one in decisions else self.judged.basis,
                    self._counts[one],
                    one,
                )
                for one in self.residents
            )
        )

    @property
    def _personal(self) -> bool:
        """Whether a person looks; programs and exports name all residents in one line."""
        alone = self.actor.role not in ("system", "authority") or not self.actor.client_id
        return alone and self.interaction != "export"

    def _line(self, failure: Failure | None, basis: str, count: int, resident: int) -> audit.Line:
        listing = self.interaction in ("search", "history", "everything", "export")
        return audit.line(
            self.actor,
            self.now,
            "E" if listing else "R",
            self.interaction,
            outcome=REFUSED if failure else DONE,
            reason=_coded(failure) if failure else "",
            basis=basis,
            resident=resident,
            residents=None if resident else self.residents,
            type_name=self.type,
            target=self.target,
            query=self.query,
            count=0 if failure else count,
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
