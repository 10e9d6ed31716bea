"""A small record for tests of the door: two residents, two hospitals, an agency; visits, diagnoses, results."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from consent.actor import Actor
from consent.audit import Trail
from consent.card_signature import sign
from consent.categories import Label
from consent.directive_profile import directive
from consent.directives import Kept, Trust, register
from consent.disclosure import Door
from consent.soft_card import SoftCard
from fhir_profiles import ids, instant
from record_store.database import cursor, unit_of_work
from record_store.draft import Draft
from record_store.sources import Sender
from record_store.sources import register as register_sender
from tests.conftest import Database
from tests.consent.conftest import PIN, SECRET, Wallet, resident
from tests.record_store.drafts import draft, store

LI, WANG = 71, 72
"""Two residents."""


def named(word: str) -> str:
    """The id of something in this city."""
    return str(ids.fed(ids.hashed_bucket(word), word))


@dataclass
class City:
    database: Database
    wallet: Wallet
    door: Door
    sources: dict[str, int]
    cards: dict[int, SoftCard]
    now: datetime

    @property
    def trust(self) -> Trust:
        return Trust(SECRET, (self.wallet.authority.certificate,))

    def direct(self, of: int = LI, by: Actor | None = None, **switch: Any) -> Kept:
        """The resident signs and registers one directive."""
        consent = directive(
            ids.created(0), f"Patient/{named(f'patient-{of}')}", instant.text(instant.now()), **switch
        )
        jws = sign(self.cards[of], consent)
        with unit_of_work(self.database.engine) as connection:
            return register(cursor(connection), self.trust, of, jws, by or resident(of), instant.now())


def build(database: Database, wallet: Wallet) -> City:
    now = instant.now()
    with unit_of_work(database.engine) as connection:
        own = cursor(connection)
        sources = {
            name: register_sender(own, Sender(name, organisation, f"urn:{name}", "mllp"))
            for name, organisation in (("a", "HOSPITAL-A"), ("b", "HOSPITAL-B"), ("cdc", "CDC"))
        }
        for one in (LI, WANG):
            own.execute(
                "insert into resident (id, bucket, patient, created) values (%s, 0, %s::uuid, %s)",
                (one, named(f"patient-{one}"), now),
            )
    store(database, *_record(sources, now), now=now)
    cards = {one: wallet.card(one) for one in (LI, WANG)}
    for card in cards.values():
        card.verify_pin(PIN)
    door = Door(database.engine, Trail(database.engine), SECRET)
    return City(database, wallet, door, sources, cards, now)


def _record(sources: dict[str, int], now: datetime) -> list[Draft]:
    drafts: list[Draft] = []

    def add(type_: str, word: str, who: int, source: str, labels: int = 0, **members: Any) -> None:
        resource = {"resourceType": type_, "id": named(word), **members}
        if who and type_ not in ("Patient",):
            resource["subject"] = {"reference": f"Patient/{named(f'patient-{who}')}"}
        drafts.append(draft(resource, resident_id=who, source=sources[source], labels=labels))

    for who in (LI, WANG):
        add("Patient", f"patient-{who}", who, "a", gender="female")
    add("Organization", "hospital-a", 0, "a", name="A")
    add("Practitioner", "doctor-a", 0, "a", name=[{"text": "A"}])
    for word, who, source, status, days in (
        ("visit-flu", LI, "a", "finished", 90),
        ("visit-hidden", LI, "a", "finished", 60),
        ("visit-psychiatry", LI, "a", "finished", 30),
        ("visit-now", LI, "b", "in-progress", 1),
        ("visit-wang", WANG, "a", "finished", 20),
    ):
        labels = int(Label.MENTAL) if word == "visit-psychiatry" else 0
        start = instant.text(now - timedelta(days=days))
        period = {"start": start} if status != "finished" else {"start": start, "end": start}
        add(
            "Encounter",
            word,
            who,
            source,
            labels,
            status=status,
            **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
            period=period,
        )
    for word, who, source, labels, visit, code in (
        ("flu", LI, "a", 0, "visit-flu", "J00"),
        ("secret", LI, "a", 0, "visit-hidden", "K35"),
        ("depression", LI, "a", int(Label.MENTAL), "visit-psychiatry", "F32"),
        ("hiv", LI, "a", int(Label.HIV_STD | Label.NOTIFIABLE), "visit-flu", "B20"),
        ("tuberculosis", LI, "cdc", int(Label.NOTIFIABLE), "", "A15"),
        ("cold", WANG, "a", 0, "visit-wang", "J00"),
    ):
        more = {"encounter": {"reference": f"Encounter/{named(visit)}"}} if visit else {}
        add("Condition", word, who, source, labels, code=_icd(code), **more)
    for number in range(6):
        add(
            "Observation",
            f"glucose-{number}",
            LI,
            "a",
            status="final",
            code={"coding": [{"system": "http://loinc.org", "code": "2339-0"}]},
            encounter={"reference": f"Encounter/{named('visit-flu')}"},
            effectiveDateTime=instant.text(now - timedelta(days=90 - number)),
            performer=[{"reference": f"Practitioner/{named('doctor-a')}"}],
        )
    add(
        "Observation",
        "secret-result",
        LI,
        "a",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "2345-7"}]},
        encounter={"reference": f"Encounter/{named('visit-hidden')}"},
        effectiveDateTime=instant.text(now - timedelta(days=60)),
        valueQuantity={"value": 999, "unit": "x", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    )
    return drafts


def _icd(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]}


def uuid(word: str) -> UUID:
    return UUID(named(word))
