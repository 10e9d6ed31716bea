"""The decision as tables: who asks, what was directed, what binds them; and the outcome."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from consent import purposes
from consent.actor import Actor
from consent.categories import SENSITIVE, Label, named
from consent.decision import Outcome, Relations, Request
from consent.directive_profile import compiled, directive
from consent.policy import decide
from consent.residual import Extent, Residual
from consent.rules import NO_DIRECTIVES, Directives
from consent.scopes import allow, granted
from fhir_profiles import ids
from tests.consent.conftest import authority, clinician, resident

NOW = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
SOON, PAST = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)
RESIDENT = 7
AGENT = clinician(role="agent", subject="helper", organisation="COMMUNITY")
CLIENT = Actor(subject="c", role="system", scopes=("system/*.cruds",))


def directed(*switches: dict[str, Any]) -> Directives:
    consents = [
        directive(ids.fed(1, str(number)), "Patient/1", "2026-01-01T00:00:00Z", **switch)
        for number, switch in enumerate(switches)
    ]
    return Directives(tuple(compiled(consent, 1) for consent in consents))


def outcome(
    actor: Actor, directives: Directives = NO_DIRECTIVES, bound: Relations | None = None, action: str = "read"
) -> tuple[str, str]:
    decision = decide(Request(actor, action, "Condition", RESIDENT), directives, bound or Relations(), NOW)
    return str(decision.outcome), (decision.reasons or decision.basis)[0].split(":")[-1].split("/")[0]


DENY_ALL = {"permit": False}
SHARE_ALL = {"permit": True, "purpose": "TREAT"}
DENY_B = {"permit": False, "who": ("organisation", "HOSPITAL-B")}
PERMIT_B = {"permit": True, "who": ("organisation", "HOSPITAL-B")}
DENY_DOCTOR = {"permit": False, "who": ("clinician", "doctor-b")}
CARD, VISIT = Relations(card_until=SOON), Relations(open_encounter=True)
GLASS, OWN = Relations(emergency_until=SOON), Relations(sources=(3,))

DEFAULTS = [
    # the region's default: nothing without a relation
    (clinician(), (), Relations(), ("need-card", "no-relation")),
    (clinician(), (), OWN, ("permit-filtered", "no-relation")),
    (clinician(), (), CARD, ("permit-filtered", "card-present")),
    (clinician(), (), VISIT, ("permit-filtered", "open-encounter")),
    (clinician(), (), Relations(card_until=PAST), ("need-card", "no-relation")),
    (clinician(card_present={RESIDENT: SOON}), (), Relations(), ("permit-filtered", "card-present")),
    (clinician(card_present={8: SOON}), (), Relations(), ("need-card", "no-relation")),
    # a community agent has the card or nothing
    (AGENT, (), VISIT, ("need-card", "no-relation")),
    (AGENT, (), CARD, ("permit-filtered", "card-present")),
]


@pytest.mark.parametrize(("actor", "switches", "bound", "expected"), DEFAULTS)
def test_the_default_follows_the_relation(
    actor: Actor, switches: tuple[dict[str, Any], ...], bound: Relations, expected: tuple[str, str]
) -> None:
    assert outcome(actor, directed(*switches), bound) == expected


DIRECTED = [
    # who beats the default, in both directions
    ((DENY_B,), VISIT, "need-break-glass"),
    ((DENY_B,), CARD, "need-break-glass"),
    ((PERMIT_B,), Relations(), "permit-filtered"),
    # who beats purpose, equal rank denies
    ((DENY_ALL, PERMIT_B), Relations(), "permit-filtered"),
    ((SHARE_ALL, DENY_B), VISIT, "need-break-glass"),
    ((PERMIT_B, DENY_DOCTOR), VISIT, "need-break-glass"),
    # a sharing consent opens, a refusal of a purpose closes
    ((SHARE_ALL,), Relations(), "permit-filtered"),
    (({"permit": False, "purpose": "TREAT"},), VISIT, "need-break-glass"),
    (({"permit": False, "purpose": "HRESCH"},), VISIT, "permit-filtered"),
    # broken glass opens what who and purpose closed
    ((DENY_B,), GLASS, "permit"),
    ((DENY_ALL,), GLASS, "permit"),
    ((DENY_B,), Relations(emergency_until=PAST), "need-break-glass"),
    # a period that is over says nothing
    (({**DENY_B, "end": "2026-11-23"},), VISIT, "permit-filtered"),
    (({**DENY_B, "start": "2026-11-25"},), VISIT, "permit-filtered"),
    (({**DENY_B, "start": "2026-11-24", "end": "2026-11-24"},), VISIT, "need-break-glass"),
]


@pytest.mark.parametrize(("switches", "bound", "expected"), DIRECTED)
def test_directives_beat_the_default(
    switches: tuple[dict[str, Any], ...], bound: Relations, expected: str
) -> None:
    assert outcome(clinician(), directed(*switches), bound)[0] == expected


def residual(*switches: dict[str, Any], bound: Relations = VISIT, actor: Actor | None = None) -> Residual:
    request = Request(actor or clinician(), "read", "Condition", RESIDENT)
    return decide(request, directed(*switches), bound, NOW).residual


HIV_NO: dict[str, Any] = {"permit": False, "category": "HIV_STD"}
HIV_YES: dict[str, Any] = {"permit": True, "category": "HIV_STD"}
AT_B: dict[str, Any] = {"who": ("organisation", "HOSPITAL-B")}


@pytest.mark.parametrize(
    ("switches", "permitted", "denied"),
    [
        ((), 0, 0),
        ((HIV_YES,), Label.HIV_STD, 0),
        ((HIV_NO,), 0, Label.HIV_STD),
        ((HIV_NO, {**HIV_YES, **AT_B}), Label.HIV_STD, 0),
        ((HIV_YES, {**HIV_NO, **AT_B}), 0, Label.HIV_STD),
        (({**HIV_YES, "who": ("organisation", "ELSEWHERE")},), 0, 0),
        (({**HIV_YES, **AT_B}, {**HIV_NO, "who": ("clinician", "doctor-b")}), 0, Label.HIV_STD),
    ],
)
def test_a_category_is_opened_and_closed_by_the_most_specific_switch(
    switches: tuple[dict[str, Any], ...], permitted: int, denied: int
) -> None:
    found = residual(*switches)
    assert (found.permitted, found.denied) == (int(permitted), int(denied))


def test_a_hidden_record_stays_hidden_from_broken_glass_and_not_from_its_resident() -> None:
    hide = {"permit": False, "record": f"Condition/{ids.fed(1, 'x')}"}
    assert residual(hide, bound=GLASS).hidden == (ids.fed(1, "x"),)
    own = decide(Request(resident(RESIDENT), "read", "Condition", RESIDENT), directed(hide), Relations(), NOW)
    assert own.residual.is_everything


def test_broken_glass_reads_and_nothing_else() -> None:
    writer = clinician(scopes=("user/*.cruds",))
    assert outcome(writer, directed(DENY_B), GLASS, "update")[0] == "need-break-glass"
    assert outcome(writer, directed(DENY_B), GLASS, "search")[0] == "permit"


def test_statute_alone_beats_a_hidden_record() -> None:
    hide = {"permit": False, "record": f"Condition/{ids.fed(1, 'x')}"}
    decision = decide(Request(authority(), "export", "Condition"), directed(hide, DENY_ALL), Relations(), NOW)
    assert decision.residual.statute == Label.NOTIFIABLE
    assert decision.residual.hidden == ()
    assert decision.basis == ("statute:notifiable-diseases",)


def test_the_conformance_client_needs_its_policy_row() -> None:
    assert outcome(CLIENT) == ("deny", "no-policy-permit")
    assert outcome(CLIENT, bound=Relations(permit="1"))[0] == "permit"


def test_residents_see_their_own_and_their_wards_record() -> None:
    assert outcome(resident(RESIDENT))[0] == "permit"
    assert outcome(resident(8)) == ("deny", "not-own-record")
    guardian = resident(8, purpose="FAMRQT")
    assert outcome(guardian, bound=Relations(proxy_until=SOON))[0] == "permit"
    assert outcome(guardian, bound=Relations(proxy_until=NOW)) == ("deny", "not-own-record")


def test_sharing_with_outsiders_wants_the_card_again() -> None:
    assert outcome(resident(RESIDENT), action="share")[0] == "step-up"
    assert outcome(resident(RESIDENT, card_present={RESIDENT: SOON}), action="share")[0] == "permit"


def test_damaged_directives_close_the_record_for_all_but_resident_and_statute() -> None:
    damaged = replace(directed(), intact=False)
    for actor, bound in ((clinician(), VISIT), (clinician(), GLASS), (CLIENT, Relations(permit="1"))):
        assert outcome(actor, damaged, bound) == ("deny", "directives-damaged")
    assert outcome(resident(RESIDENT), damaged)[0] == "permit"
    assert outcome(authority(), damaged)[0] == "permit-filtered"


def test_a_decision_says_until_when_it_holds() -> None:
    request = Request(clinician(), "read", "Condition", RESIDENT)
    assert decide(request, NO_DIRECTIVES, CARD, NOW).valid_until == SOON
    later = directed({**DENY_B, "start": "2026-11-25"})
    assert decide(request, later, VISIT, NOW).valid_until == datetime.fromisoformat(
        "2026-11-24T16:00:00+00:00"
    )


SCOPES = [
    ("user/*.rs", "clinician", "read", "Condition", True),
    ("user/*.read", "clinician", "search", "Condition", True),
    ("user/*.read", "clinician", "create", "Condition", False),
    ("user/*.write", "clinician", "update", "Condition", True),
    ("user/Condition.r", "clinician", "read", "Condition", True),
    ("user/Condition.r", "clinician", "search", "Condition", False),
    ("user/Condition.rs", "clinician", "read", "Observation", False),
    ("user/Condition.rs", "clinician", "search", None, False),
    ("user/Condition.rs?category=x", "clinician", "read", "Condition", False),
    ("system/*.rs", "clinician", "read", "Condition", False),
    ("system/*.rs", "system", "read", "Condition", True),
    ("patient/*.rs", "resident", "read", "Condition", True),
    ("patient/*.rs", "clinician", "read", "Condition", False),
    ("launch/patient", "clinician", "read", "Condition", False),
    ("user/*.", "clinician", "read", "Condition", False),
    ("user/*.sr", "clinician", "read", "Condition", False),
]


@pytest.mark.parametrize(("scope", "role", "action", "type_", "expected"), SCOPES)
def test_scopes_only_narrow(scope: str, role: str, action: str, type_: str | None, expected: bool) -> None:
    assert allow((scope,), role, action, type_) is expected


def test_unknown_scopes_grant_nothing() -> None:
    assert [granted(text) for text in ("", "openid", "fhirUser", "user/x", "user/*.rs extra")] == [None] * 5


def test_a_purpose_covers_what_lies_below_it() -> None:
    assert purposes.mask(("TREAT",)) == sum(purposes.BIT[code] for code in ("TREAT", "ETREAT", "BTG"))
    assert purposes.mask(()) == purposes.ANY


def test_the_sensitive_labels_are_named() -> None:
    assert "NOTIFIABLE" not in named(SENSITIVE)
    assert named(int(Label.HIV_STD | Label.NOTIFIABLE)) == ["HIV_STD", "NOTIFIABLE"]
    assert Outcome.PERMIT == "permit"
    assert Extent.ALL.value == "all"
