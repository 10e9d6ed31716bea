"""A small demonstration city, started once by its own command, and a real browser to walk through it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import free_port

HIE = Path(sys.executable).with_name("hie")
CHROMIUM = Path("/usr/bin/chromium")
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class City:
    """The running city: `told` is its demo.json."""

    folder: Path
    told: dict[str, Any]

    @property
    def base(self) -> str:
        return str(self.told["base_url"])

    def card(self, name: str) -> dict[str, Any]:
        """A card of the cast."""
        return next(card for card in self.told["cards"] if card["name"] == name)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of ours on this city."""
        return subprocess.run(
            [HIE, *command, "--data-dir", str(self.folder)], capture_output=True, text=True, check=False
        )

    def client(self, role: str, *options: str) -> httpx.Client:
        """The FHIR API with a token of a role."""
        done = self.run("token", "--role", role, *options)
        assert done.returncode == 0, done.stderr
        headers = {"Authorization": f"Bearer {done.stdout.strip()}", "Accept": "application/fhir+json"}
        return httpx.Client(base_url=self.told["fhir_base"], headers=headers, timeout=30)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    room = tmp_path_factory.mktemp("city")
    folder = room / "data"
    port, mllp_port = free_port(), free_port()
    command = [HIE, "demo", "--data-dir", folder, "--port", port, "--mllp-port", mllp_port, "--residents", 24]
    log = (room / "demo.out").open("wb")
    process = subprocess.Popen(
        [str(part) for part in (*command, "--seed", 11, "--no-browser")],
        stdout=log,
        stderr=log,
        env=dict(os.environ),
    )
    try:
        _await(folder / "demo.json", process, room / "demo.out")
        yield City(folder, json.loads((folder / "demo.json").read_text()))
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _await(file: Path, process: "subprocess.Popen[bytes]", log: Path, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not file.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(log.read_text()[-2000:])
        time.sleep(0.2)


Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed; make system installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=BROWSER_FLAGS)
        yield made
        made.close()


@pytest.fixture
def open_page(browser: Any, city: City) -> Iterator[Open]:
    """A page of a fresh visitor; nothing it asks for may lie outside the city."""
    contexts = []
    strangers: list[str] = []

    def opened(*, language: str = "zh-CN", width: int = 1280) -> Any:
        context = browser.new_context(
            base_url=city.base, locale=language, viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda asked: strangers.append(asked.url) if not asked.url.startswith(city.base) else None,
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert strangers == []


def sign_in(page: Any, city: City, name: str, home: str = "/portal") -> None:
    """Card and PIN in the page."""
    page.goto(f"/sign-in?next={home}")
    use_card(page, city, name)
    page.wait_for_url(lambda url: url.split("?")[0] == f"{city.base}{home}")


def use_card(page: Any, city: City, name: str, form: str = "form[data-card]", pin: str = "") -> None:
    """Put a card and a PIN into a form and send it."""
    card = city.card(name)
    page.locator(f"{form} input[type=file]").first.set_input_files(card["file"])
    page.locator(f"{form} input[type=password]").first.fill(pin or card["pin"])
    page.locator(f"{form} button").first.click()
