"""Citizen cards for a handful of named residents: card files with PINs that anybody may know, in the demonstration."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from consent.card_authority import Authority
from fhir_profiles import instant
from fhir_profiles.identifier_systems import CITIZEN_ID
from hie.operations.city import cast
from hie.operations.city.city import City
from hie.operations.demo import staff
from record_store import resident_desk

HOLDERS: Final = {
    cast.WALKER: "246810",
    cast.DOCTOR: "161803",
    cast.OFFICER: "141421",
    cast.AGENT: "173205",
    cast.WIFE: "135791",
    cast.MOTHER: "112358",
    cast.GUARDED: "314159",
    cast.DOUBLED: "271828",
}
"""Who of the cast holds a card, and its PIN."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card as `demo.json` names it; `resident` is the id of the exchange Patient, `work` the role that the
    holder has at work, empty for none."""

    file: Path
    pin: str
    resident: str
    name: str
    role: str
    work: str = ""


def residents(cursor: Any, city: City, secret: bytes) -> dict[str, tuple[int, str]]:
    """Of each member of the cast with an identity number: the resident and the id of the exchange Patient."""
    found = {}
    for role, person in city.expectations.cast.items():
        numbers = (
            resident_desk.find(cursor, CITIZEN_ID, person.citizen_id, secret=secret)
            if person.citizen_id
            else []
        )
        if numbers:
            patient = resident_desk.overview(cursor, numbers[0]).exchange_patient
            found[role] = (numbers[0], patient or "")
    return found


def issue(
    cursor: Any, authority: Authority, city: City, known: dict[str, tuple[int, str]], data_dir: Path
) -> list[Card]:
    """Issue the cards that are missing, publish the revocation list, and give all of them."""
    folder = data_dir / "cards"
    folder.mkdir(mode=0o700, exist_ok=True)
    cards = []
    now = instant.now()
    for role, pin in HOLDERS.items():
        if role not in known:
            continue
        resident, patient = known[role]
        file = folder / f"{role}.card.json"
        if not file.exists():
            issued = authority.issue(cursor, resident, pin, now)
            file.touch(0o600)
            file.write_text(json.dumps(issued.file))
            (folder / f"{role}.puk").write_text(issued.puk)
        work = staff.ROLES[role][0] if role in staff.ROLES else ""
        cards.append(Card(file, pin, patient, city.expectations.cast[role].name, role, work))
    authority.publish(cursor, now)
    return cards
