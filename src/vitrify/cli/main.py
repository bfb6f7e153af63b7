"""The command `vitrify`. Its commands are imported when they are called, so that help is quick."""

from __future__ import annotations

import errno
import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from vitrify import __version__
from vitrify.errors import VitrifyError, hint

from .bar import said
from .careless import refuse_careless
from .command import Example, write_examples
from .environment import known_environment, require_threads
from .streams import complain, ready_streams, settle_streams

COMMANDS = {
    "study": "List the studies that vitrify brings, or print one to start your own from.",
    "plan": "Show what a study costs before it is run: tasks, core-hours, disk space and wall time.",
    "run": "Make the results that a study asks for and that its store still lacks, and write the report.",
    "import": "Put glasses from files into an ensemble of a store.",
    "status": "Show how far the study in a store has come.",
    "pack": "Pack the results of a store, some hundred to a file.",
    "prune": "Remove from a store the results that its study no longer asks for.",
    "report": "Write the report of a store or of its tables: figures, numbers, and a comparison with the paper.",
    "export": "Write what a store holds to files of other programs: tables and glasses.",
    "make": "Make one glass and write it to a file.",
    "measure": "Measure glasses from files: energy, pressure, moduli, modes and soft spots.",
    "look": "Show one glass on a page: numbers, figures, and its softest modes as arrows that turn in 3D.",
    "schema": "Write the JSON Schema of study files, from which editors complete keys.",
    "models": "List the models and their parameters.",
    "info": "Show the installed versions, the processor, the solvers and the folder of compiled kernels.",
}

FIRST = (
    Example(
        "Make a glass of 500 particles.", 'vitrify make "pss(rc=1.2)" --particles 500 --density 0.6 --output glass.xyz'
    ),
    Example("Measure it.", "vitrify measure glass.xyz --modes 5"),
    Example("Make small versions of the paper's ensembles and their report, in some minutes.", "vitrify run quick"),
)
COMPLETION = (
    Example("bash, in ~/.bashrc:", 'eval "$(_VITRIFY_COMPLETE=bash_source vitrify)"'),
    Example("zsh, in ~/.zshrc:", 'eval "$(_VITRIFY_COMPLETE=zsh_source vitrify)"'),
    Example("fish, in ~/.config/fish/completions/vitrify.fish:", "_VITRIFY_COMPLETE=fish_source vitrify | source"),
)

MODULES = {"import": "importing"}  # of commands whose names are words of Python
UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # errors that only a write meets


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin like this. No command is imported for it, as somebody waits."""
        names = [CompletionItem(x, help=told) for x, told in COMMANDS.items() if x.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        del ctx
        if name not in COMMANDS:
            return None
        require_threads()
        module = MODULES.get(name, name)
        with said("starting") if sys.stderr and sys.stderr.isatty() else nullcontext():  # of no matter in a log
            command: click.Command = getattr(import_module(f"vitrify.cli.{module}"), module)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands to try first, and how a shell completes the rest."""
        del ctx
        write_examples(formatter, "First commands to try", FIRST)
        write_examples(formatter, "Completion by the Tab key, with one line in a file of your shell", COMPLETION)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}{hint(args[0], COMMANDS) or '.'}")
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            refuse_careless(command, rest, ctx)
        return name, command, rest

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line. An error of the operating system is printed as one sentence too, and a closed pipe is
        silent."""
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
            complain(*(error.lines if isinstance(error, VitrifyError) else [_sentence(error)]))
            sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke the command. Errors of ours are one sentence and exit code 2; a traceback shows a defect."""
        try:
            return super().invoke(ctx)
        except VitrifyError as error:
            complain(*error.lines)
            sys.exit(2)
        except KeyboardInterrupt:
            kept = " What was finished is in the store; run the same command again to go on."
            click.echo(f"Stopped.{kept if ctx.invoked_subcommand in ('run', 'import') else ''}", err=True)
            sys.exit(130)


def _sentence(error: OSError | MemoryError) -> str:
    """The error in one sentence for a person."""
    if not isinstance(error, OSError):
        return str(error) or "there is not enough memory"
    said = error.strerror or str(error)
    named = error.filename or ("the output cannot be written" if error.errno in UNWRITTEN else "")
    return f"{named}: {said}" if named else said


def _load(context: click.Context, parameter: click.Parameter, files: tuple[Path, ...]) -> None:
    """Load a plugin before the command is looked up, as the command may offer what the plugin brings."""
    del context, parameter
    for file in files:
        from vitrify.plugin_files import add_file
        from vitrify.study import observables  # noqa: F401  # those of the package first

        add_file(file)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__)
@click.option(
    "--plugin", multiple=True, metavar="FILE.py", type=click.Path(path_type=Path), callback=_load, expose_value=False,
    help="Python file with a plugin of your own, such as an observable. It stands before the name of any command, and may "
    "be repeated.",
)  # fmt: skip
def cli() -> None:
    """Make ensembles of computer glasses and measure their mechanical disorder.

    `vitrify COMMAND --help` explains a command, each of its options, and shows two examples."""
