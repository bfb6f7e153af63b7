"""`vitrify`: commands are imported when they are called, so that help is quick."""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from vitrify.errors import VitrifyError

from .careless import refuse_careless
from .environment import known_environment, require_threads
from .streams import complain, ready_streams, settle_streams

COMMANDS = {
    "plan": "Show what STUDY will cost before it is run: tasks, core-hours, disk, wall time.",
    "run": "Make what STUDY asks for and its store still lacks, then write the report.",
    "status": "Show how far the study in a store has come.",
    "prune": "Remove from a store what its study no longer asks for.",
    "report": "Write the report of a store or of its tables: figures, numbers, checks against the paper.",
    "export": "Write the samples of a store as a table, its glasses as files, its results as tables.",
    "make": "Make one glass and write it to a file.",
    "measure": "Measure a glass from a file.",
    "models": "List the models and their parameters.",
    "info": "Show versions, processor, solvers and the kernel cache.",
}

UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # what only a write meets


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        del ctx
        if name not in COMMANDS:
            return None
        require_threads()
        command: click.Command = getattr(import_module(f"vitrify.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            refuse_careless(command, rest, ctx)
        return name, command, rest

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """The door: what the system refuses is one sentence too, and whoever stops reading is not told so."""
        ready_streams()
        try:
            try:
                with known_environment():
                    return super().main(*args, **kwargs)
            finally:
                settle_streams()
        except BrokenPipeError:
            sys.exit(1)
        except (VitrifyError, OSError, MemoryError) as error:
            complain(_sentence(error))
            sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        """Errors of ours are one sentence and exit code 2; a traceback is for defects."""
        try:
            return super().invoke(ctx)
        except VitrifyError as error:
            complain(str(error))
            sys.exit(2)
        except KeyboardInterrupt:
            kept = " What was finished is in the store; run the same command again to go on."
            click.echo(f"Stopped.{kept if ctx.invoked_subcommand == 'run' else ''}", err=True)
            sys.exit(130)


def _sentence(error: VitrifyError | OSError | MemoryError) -> str:
    """What went wrong, for a person."""
    if not isinstance(error, OSError):
        return str(error) or "there is not enough memory"
    said = error.strerror or str(error)
    named = error.filename or ("the output cannot be written" if error.errno in UNWRITTEN else "")
    return f"{named}: {said}" if named else said


def _load(context: click.Context, parameter: click.Parameter, files: tuple[Path, ...]) -> None:
    """Before the command is looked up: it may offer what a plugin brings."""
    del context, parameter
    for file in files:
        from vitrify.plugin_files import add_file
        from vitrify.study import observables  # noqa: F401  # those of the package first

        add_file(file)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vitrify")
@click.option(
    "--plugin", multiple=True, metavar="FILE.py", type=click.Path(path_type=Path), callback=_load, expose_value=False,
    help="Python file with observables or formats of your own, for any command; may be given again.",
)  # fmt: skip
def cli() -> None:
    """Make ensembles of computer glasses and measure their mechanical disorder."""
