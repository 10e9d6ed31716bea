"""A real browser to walk through the city."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.city import City

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
