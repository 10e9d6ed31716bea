"""`hie settings`: what this deployment is set to, one line each with its description; secrets masked."""

import typer
from pydantic import SecretStr

from hie.settings import Settings

app = typer.Typer(help="Print the settings, described")


@app.command()
def show() -> None:
    """Print every setting: variable, value, description."""
    settings = Settings()
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "********" if isinstance(value, SecretStr) else "" if value is None else value
        typer.echo(f"HIE_{name.upper()}={shown}\n    {field.description}")
