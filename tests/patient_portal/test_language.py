"""Nothing on a page stays untranslated, and coded words have words in both languages."""

import re
from pathlib import Path

import pytest

from consent.categories import SENSITIVE, Label
from consent.emergency import REASONS
from consent.purposes import PURPOSES
from patient_portal import language, timeline
from patient_portal.language import catalogue, chosen

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = [*ROOT.glob("patient_portal/templates/*.html"), *ROOT.glob("hie/*/templates/*.html")]
TEXT = re.compile(r"""_\("([^"]+)"\)|_\('([^']+)'\)""")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_every_text_of_a_template_has_its_english(template: Path) -> None:
    texts = {one or other for one, other in TEXT.findall(template.read_text())}
    whole = {text for text in texts if not text.endswith(":")}
    assert {text for text in whole if text not in catalogue("en")} == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_no_chinese_stands_outside_of_translations(template: Path) -> None:
    rest = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", template.read_text(), flags=re.DOTALL)
    assert CHINESE.findall(rest) == []


def test_no_translation_is_the_source() -> None:
    assert [key for key, value in catalogue("en").items() if CHINESE.search(value) and key != "中文"] == []


@pytest.mark.parametrize("name", language.LANGUAGES)
def test_coded_words_have_words(name: str) -> None:
    keys = [f"purpose:{code}" for code in PURPOSES]
    keys += [f"label:{label.name}" for label in Label if label & SENSITIVE]
    keys += [f"glass:{code}" for code in REASONS]
    keys += timeline.LISTED
    assert [key for key in keys if key not in catalogue(name)] == []


@pytest.mark.parametrize(
    ("cookie", "accepted", "language_chosen"),
    [
        (None, None, "zh"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "fr-FR", "zh"),
        ("en", "zh-CN", "en"),
        ("xx", "en", "en"),
    ],
)
def test_the_reader_chooses_then_the_browser_then_chinese(
    cookie: str | None, accepted: str | None, language_chosen: str
) -> None:
    assert chosen(cookie, accepted) == language_chosen
