"""What the demonstration tells when it is ready: a short table for people, `demo.json` for programs."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hie.operations.city.city import City
from hie.operations.demo.cards import Card
from hie.operations.demo.clients import APP, REDIRECTS, Registered
from hie.operations.demo.findings import Findings
from hie.settings import Settings

FILE = "demo.json"
WIDTH = 120
"""Addresses and commands are worth more unbroken than in a narrow window's width."""
_PAGES = {"clinician": "/workspace", "agent": "/workspace", "authority": "/public-health"}


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that the table and the file are made of."""

    settings: Settings
    city: City
    cards: list[Card]
    clients: dict[str, Registered]
    findings: Findings


def write(ready: Ready) -> None:
    """`DIR/demo.json`, in one step, so that who waits for it never reads half of it."""
    settings = ready.settings
    drops = {
        feed.name: settings.drop_folder / feed.credential for feed in ready.city.feeds if feed.door == "csv"
    }
    content: dict[str, Any] = {
        "base_url": settings.base_url,
        "fhir_base": settings.fhir_base,
        "mllp": {"host": "localhost", "port": settings.mllp_port},
        "doors": {
            **{door: f"{settings.base_url}/doors/{door}" for door in ("soap", "json", "cda", "hl7v2")},
            "csv_dir": str(next(iter(drops.values()))),
        },
        "cards": [
            {
                "file": str(card.file),
                "pin": card.pin,
                "resident": card.resident,
                "name": card.role,
                "work": card.work,
            }
            for card in ready.cards
        ],
        "clients": {
            role: {"client_id": client.client_id, "key_file": str(client.key_file) if client.key_file else ""}
            | ({"redirect_uris": REDIRECTS} if role == APP else {})
            for role, client in ready.clients.items()
        },
    }
    file = settings.data_dir / FILE
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.rename(file)


def show(ready: Ready, console: Console) -> None:
    """The table: addresses, who to sign in as, what to try."""
    settings = ready.settings
    console = Console(file=console.file, width=max(console.width, WIDTH))
    places = Table(box=None, show_header=False, padding=(0, 2))
    places.add_row("Pages", f"{settings.base_url}/")
    places.add_row("FHIR R4 API", settings.fhir_base)
    places.add_row("API description", f"{settings.fhir_base}/metadata")
    places.add_row("HL7v2 (MLLP)", f"localhost:{settings.mllp_port}")
    places.add_row("Doors of feeds", f"{settings.base_url}/doors/soap, .../json, .../cda, .../hl7v2 (POST)")
    places.add_row("Files taken from", _relative(settings.drop_folder / "clinic-csv"))
    places.add_row("Addresses, clients", _relative(settings.data_dir / FILE))
    console.print(places)
    if ready.cards:
        folder = _relative(ready.cards[0].file.parent)
        console.print(f"\n[bold]Who to sign in as[/bold], with a card file of {folder} and its PIN")
        people = Table("who", "signs in as", "card file", "PIN", "page", box=None, padding=(0, 2))
        for card in ready.cards:
            page = _PAGES.get(card.work, "/portal")
            address = f"{settings.base_url}/sign-in?next={page}"
            people.add_row(card.name, card.work or "resident", card.file.name, card.pin, address)
        console.print(people)
    _found(ready.findings, console)
    _tour(ready, console)


def _found(found: Findings, console: Console) -> None:
    counts = ", ".join(f"{number} {name}" for name, number in found.counts.items())
    console.print(f"\n[bold]Resident index[/bold]: {counts}")
    if found.example:
        console.print(f"  how the institutions' records of “{found.example_of}” came together:")
        for line in found.example[:6]:
            console.print(f"    {line}", soft_wrap=True)
    if found.undecided:
        console.print(f"  left for a person to decide, among others: {found.undecided}", soft_wrap=True)


def _tour(ready: Ready, console: Console) -> None:
    """Commands to copy, one line each."""
    settings = ready.settings
    hie = _relative(Path(sys.executable).with_name("hie"))
    data = f"--data-dir {_relative(settings.data_dir)}"
    patient = ready.cards[0].resident if ready.cards else ""
    console.print("\n[bold]What to try next[/bold]")
    steps = [
        (
            "as a clinician of hospital B, where a resident is in bed:",
            "clinician",
            f"Patient/{patient}/$everything?_count=20",
        ),
        (
            "the same record as the resident:",
            "resident",
            f"Observation?patient={patient}&_sort=-date&_count=5",
        ),
        ("as the health authority, the notifiable cases alone:", "authority", "Condition?_count=5"),
    ]
    for title, role, query in steps if patient else []:
        bearer = f'"Authorization: Bearer $({hie} token {data} --role {role})"'
        console.print(f"  # {title}")
        console.print(
            f"  curl -s -H {bearer} '{settings.fhir_base}/{query}'",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
    console.print("  # what the index left for people to decide, what came in, whether the trace is whole:")
    for command in ("residents review list", "inbox list", "audit verify"):
        console.print(f"  {hie} {command} {data}", soft_wrap=True, highlight=False)
    console.print("\nCtrl-C stops everything; the next start keeps the data.", style="dim")


def _relative(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
