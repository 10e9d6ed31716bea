"""Two languages: Chinese is the source, English the translation (gettext catalogues, read as they are).

The reader's choice is a cookie; without one the browser's Accept-Language decides, and Chinese is the default.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.pofile import read_po

LANGUAGES = ("zh", "en")
COOKIE = "language"
CATALOGUES = Path(__file__).parent / "locale"

Translate = Callable[[str], str]


def chosen(cookie: str | None, accepted: str | None) -> str:
    """The language of a request: `zh` or `en`."""
    if cookie in LANGUAGES:
        return str(cookie)
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in (accepted or "").split(",")]
    short = [tag.partition("_")[0] for tag in wanted if tag]
    return negotiate_locale(short, LANGUAGES) or "zh"


def translator(language: str) -> Translate:
    """From the Chinese source text to the reader's language; a text without translation stays as it is."""
    known = catalogue(language)
    return lambda text: known.get(text, text)


@lru_cache
def catalogue(language: str) -> Mapping[str, str]:
    """All translations into a language."""
    path = CATALOGUES / language / "pages.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {
            str(message.id): str(message.string) for message in read_po(file) if message.id and message.string
        }
