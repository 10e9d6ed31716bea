"""`hie`, the one command-line tool. Each command lives in its own file under hie/commands."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "demo": "Start the demonstration city: database, doors, workers, pages",
    "serve": "Serve the FHIR API, the pages and the HTTP doors",
    "listen": "Take HL7v2 over MLLP",
    "work": "Turn waiting messages into the record; pull and collect feeds",
    "inbox": "See, explain and retry received messages",
    "residents": "Look into the resident index: links, reviews, merges",
    "store": "Operate the record store: migrate, look, train, dump",
    "sources": "Register the senders of feeds",
    "feed": "Try, scaffold and test the translation of feeds",
    "audit": "Read and verify the trace",
    "token": "Print a bearer token (demonstration city only)",
    "bench": "Measure ingest, API and export against the limits of this machine",
    "settings": "Print the settings, described",
}

COMPLETION = ("install_completion", "show_completion")


class _Lazy(TyperGroup):
    """Imports a command's module when it is named, so that `hie --help` stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"hie.commands.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        command.help = command.help or COMMANDS[cmd_name]
        command.params = [each for each in command.params if each.name not in COMPLETION]
        return command

    def invoke(self, ctx: Any) -> Any:
        """A refusal is one line on stderr and exit code 1; only a fault of ours shows a traceback."""
        from fhir_profiles.outcome import Failure

        try:
            return super().invoke(ctx)
        except Failure as refusal:
            typer.echo(refusal.issues[0].text, err=True)
            raise typer.Exit(1) from None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    cls=_Lazy,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _exchange() -> None:
    """A regional health information exchange: one longitudinal record for each resident, read through consent."""
