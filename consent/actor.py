"""Who asks: the facts about a caller that a decision may rest on. Made from tokens and sessions by the layer above."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["clinician", "resident", "authority", "system", "agent", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One authenticated caller for one request.

    `subject` is the stable id of the person or the client; `display` the name shown in a resident's access log;
    `organisation` the code of the institution (the same in every feed and in `source.organisation`); `department`
    a code inside it; `resident_id` the caller's own record (residents alone); `purpose` a code of HL7 v3
    PurposeOfUse; `scopes` SMART scopes (`user/Observation.rs`): a first-party page states its own too, because a
    missing claim denies; `card_present` maps residents whose card was proved present in this session to the end of
    that proof, at most eight hours after it.
    """

    subject: str
    role: Role
    display: str = ""
    organisation: str = ""
    department: str = ""
    resident_id: int | None = None
    purpose: str = ""
    scopes: tuple[str, ...] = ()
    client_id: str = ""
    session: str = ""
    card_present: Mapping[int, datetime] = field(default_factory=dict)
    request_id: str = ""
