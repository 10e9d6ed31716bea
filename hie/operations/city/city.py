"""The whole city: residents, institutions, what happened, and the eight feeds that tell of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from hie.operations.city import (
    cast,
    clinic_csv,
    clinic_view,
    health,
    histories,
    hl7v2_dialects,
    hospital_feed,
    maternity_documents,
    people,
    report_cards,
    vaccination_batches,
)
from hie.operations.city.desks import Desks
from hie.operations.city.events import History
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.city.institutions import (
    DISEASE_CONTROL,
    HOSPITALS,
    MATERNITY,
    VACCINATION,
    Institution,
    institutions,
)
from hie.operations.city.people import Person
from hie.operations.city.registrations import Registration

DEFAULT_SEED = 11
DEFAULT_RESIDENTS = 200

Door = Literal["mllp", "csv", "view", "soap", "json", "cda"]


@dataclass(frozen=True, slots=True)
class Feed:
    """One sender as it is registered, and what it sends.

    `name` is the source's stable name; `organisation` its institution code; `credential` how it names itself at its
    door: MSH-4 for MLLP, the sub-folder for CSV, empty where the demonstration makes one.
    """

    name: str
    organisation: str
    title: str
    identifier_system: str
    door: Door
    charset: str
    zone: str
    feed_map: str
    credential: str
    payloads: tuple[Payload, ...]

    def messages(self) -> Iterator[bytes]:
        """The bytes of each message, file or document in the order of time."""
        return (payload.content for payload in self.payloads)


@dataclass(frozen=True, slots=True)
class Expectations:
    """Facts about the city that hold after it was brought in.

    `registrations` are all patients that institutions know, `true_pairs` those of one resident at several of them;
    `cast` finds people by role.
    """

    residents: int
    registrations: tuple[Registration, ...]
    merged: tuple[tuple[str, str, str], ...]
    cast: dict[str, Person]
    notifiable_cases: int

    def patients_of(self, role: str) -> dict[str, str]:
        """Patient number of a member of the cast by institution."""
        number = self.cast[role].number
        firsts = [
            known
            for known in self.registrations
            if known.person == number and "duplicate" not in known.defects
        ]
        return {known.institution: known.patient_number for known in firsts}


@dataclass(frozen=True, slots=True)
class City:
    """Everything there is. `clinic_rows` are the rows of the second clinic's database by view."""

    seed: int
    today: date
    people: tuple[Person, ...]
    institutions: dict[str, Institution]
    history: History
    feeds: tuple[Feed, ...]
    clinic_rows: dict[str, list[clinic_view.Row]]
    expectations: Expectations

    def feed(self, name: str) -> Feed:
        """The feed of a source."""
        return next(feed for feed in self.feeds if feed.name == name)


def build_city(seed: int, residents: int, today: date) -> City:
    """The city of a seed, a number of residents and a day. The same three give the same bytes."""
    staff = institutions(seed)
    folk = [
        health.endowed(seed, person, today)
        for person in people.residents(seed, residents, today, cast.households())
    ]
    history = histories.history(seed, folk, today, staff)
    desks = Desks(seed, folk, history, datetime.combine(today, time()))
    rows = clinic_view.rows(seed, history, desks, staff[clinic_view.KEY])
    expectations = Expectations(
        residents=len(folk),
        registrations=tuple(desks.registrations()),
        merged=tuple(
            (merge.survivor.institution, merge.survivor.patient_number, merge.retired.patient_number)
            for merge in desks.merges
        ),
        cast={person.role: person for person in folk if person.role},
        notifiable_cases=len(history.cases),
    )
    feeds = tuple(_feeds(history, desks, staff, rows))
    return City(seed, today, tuple(folk), staff, history, feeds, rows, expectations)


def _feeds(
    history: History, desks: Desks, staff: dict[str, Institution], rows: dict[str, list[clinic_view.Row]]
) -> Iterator[Feed]:
    dialects = hl7v2_dialects.dialects(staff)
    for key in HOSPITALS:
        dialect = dialects[key]
        sent = tuple(hospital_feed.payloads(dialect, history, desks))
        yield _feed(staff[key], "mllp", dialect.facility, sent, charset=dialect.codec)
    files = tuple(clinic_csv.payloads(history, desks))
    yield _feed(staff[clinic_csv.KEY], "csv", clinic_csv.KEY, files, charset="gb18030", feed_map="clinic-csv")
    pulled = tuple(clinic_view.payloads(rows))
    yield _feed(staff[clinic_view.KEY], "view", "", pulled, feed_map="clinic-view")
    cards = tuple(report_cards.payloads(history, desks, staff))
    yield _feed(staff[DISEASE_CONTROL], "soap", DISEASE_CONTROL, cards, feed_map="notifiable-card")
    batches = tuple(vaccination_batches.payloads(history, desks, staff[VACCINATION]))
    yield _feed(staff[VACCINATION], "json", VACCINATION, batches, feed_map="immunisation-json")
    documents = tuple(maternity_documents.payloads(history, desks, staff[MATERNITY]))
    yield _feed(staff[MATERNITY], "cda", MATERNITY, documents)


def _feed(
    institution: Institution,
    door: Door,
    credential: str,
    payloads: tuple[Payload, ...],
    *,
    charset: str = "utf-8",
    feed_map: str = "",
) -> Feed:
    return Feed(
        name=institution.key,
        organisation=institution.code,
        title=institution.name,
        identifier_system=f"urn:hie:source:{institution.key}",
        door=door,
        charset=charset,
        zone="Asia/Shanghai",
        feed_map=feed_map,
        credential=credential,
        payloads=payloads,
    )
