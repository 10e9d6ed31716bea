"""What operators look at from the command line, written to the same trace as everybody's looks."""

import getpass
from typing import Any
from uuid import uuid4

from consent import audit
from consent.actor import Actor
from fhir_profiles import instant


def operator() -> Actor:
    """The person at the terminal, by their account on this machine."""
    return Actor(
        subject=f"operator:{getpass.getuser()}", role="admin", purpose="HOPERAT", request_id=uuid4().hex
    )


def looked_at_message(cursor: Any, identity: int) -> None:
    """Somebody read the original of a received message. Raises what the database raised; then nothing is shown."""
    audit.record(
        cursor,
        audit.line(
            operator(), instant.now(), "R", "inbox-show", target=str(identity), basis="policy:operator"
        ),
    )


def looked_at_store(cursor: Any, interaction: str, reason: str, **more: Any) -> None:
    """An operator looked at what is stored, and why; `more` are further fields of the line."""
    audit.record(
        cursor,
        audit.line(
            operator(), instant.now(), "R", interaction, reason=reason, basis="policy:operator", **more
        ),
    )
