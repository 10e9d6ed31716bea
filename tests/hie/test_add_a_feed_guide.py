"""docs/add-a-feed.md, followed by the letter: its sample, its corrections, its commands."""

import re
from pathlib import Path

from typer.testing import CliRunner, Result

from hie.cli import app

GUIDE = Path(__file__).parents[2] / "docs" / "add-a-feed.md"


def hie(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["feed", *map(str, words)])


def test_the_guide_leads_to_a_map_that_leaves_nothing_unmapped(tmp_path: Path) -> None:
    blocks = re.findall(r"```(\w*)\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    sample, department, glucose, allergy, ignore = (
        blocks[0][1],
        *[text for language, text in blocks if language == "toml"][:4],
    )
    visits, written = tmp_path / "visits.csv", tmp_path / "my-clinic.toml"
    visits.write_text(sample, "utf-8")

    first = hie("new", visits, "--name", "my-clinic").stdout
    written.write_text(first, "utf-8")
    tried = hie("try", "--map", written, visits)
    assert tried.exit_code == 0
    for column in ("科别", "血糖单位", "过敏史", "备注"):
        assert f"visits.csv: not mapped: {column}" in tried.stderr

    corrected = re.sub(r".*from = \"血糖\".*\n", "", first)
    corrected = corrected.replace('status = "=finished"\n', f'status = "=finished"\n{department}', 1)
    corrected = corrected.replace('patient = "病人编号"\n', f'patient = "病人编号"\n{ignore}', 1)
    corrected = corrected.replace("[preset.observation]", f"{glucose}\n{allergy}\n[preset.observation]", 1)
    written.write_text(corrected, "utf-8")
    tried = hie("try", "--map", written, visits)
    assert (tried.exit_code, tried.stderr) == (0, "")
    assert tried.stdout.count('"resourceType":"AllergyIntolerance"') == 1
    assert '"code":"15074-8"' in tried.stdout

    (tmp_path / "my-clinic").mkdir()
    (tmp_path / "my-clinic" / "visits.csv").write_text(sample, "utf-8")
    assert hie("test", written, "--accept").exit_code == 0
    assert hie("test", written).exit_code == 0


def test_the_guide_names_every_function() -> None:
    from adapters.feeds.functions import FUNCTIONS

    text = GUIDE.read_text("utf-8")
    assert [name for name in FUNCTIONS if f"`{name}`" not in text] == []
