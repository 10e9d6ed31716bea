"""What the command line says when it can't do what was asked."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hie.cli import app


@pytest.mark.parametrize(
    "command", [("inbox", "list"), ("audit", "verify"), ("sources", "list"), ("residents", "status")]
)
def test_a_folder_without_a_database_is_named_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, str]
) -> None:
    monkeypatch.delenv("HIE_DATABASE_URL", raising=False)
    result = CliRunner().invoke(app, [*command, "--data-dir", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{tmp_path} holds no database")
    assert list(tmp_path.iterdir()) == []
