"""The help of every command: whole sentences, defaults in words, and examples that are real."""

import re
import shlex
import shutil
import subprocess
from functools import cache

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from vitrify.cli.command import Command
from vitrify.cli.main import COMMANDS, COMPLETION, FIRST, cli

LONGEST = 100  # columns of an example
CONTEXT = click.Context(cli)
NAMES = list(COMMANDS)


def command(name):
    return cli.get_command(CONTEXT, name)


def typed(line):
    """The arguments of a line as a shell would give them, without a plugin before the command and a file behind it."""
    words = shlex.split(line)
    assert words.pop(0) == "vitrify"
    if words[0] == "--plugin":
        del words[:2]
    return words[: words.index(">")] if ">" in words else words


EXAMPLES = [(name, x) for name in NAMES if isinstance(command(name), Command) for x in command(name).examples]


@cache
def helped(*name):
    result = CliRunner().invoke(cli, [*name, "--help"])
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("name", NAMES)
def test_a_command_has_two_examples_or_more_of_itself(name):
    assert isinstance(command(name), Command), "@click.command(cls=Command, examples=[...])"
    assert len(command(name).examples) >= 2
    assert {typed(x.line)[0] for x in command(name).examples} == {name}
    assert "\nExamples:\n" in helped(name)


@pytest.mark.parametrize(("name", "example"), [*EXAMPLES, *((typed(x.line)[0], x) for x in FIRST)], ids=str)
def test_an_example_is_parsed_by_its_command_and_stands_whole_in_the_help(name, example):
    assert command(name).make_context(name, typed(example.line)[1:])
    assert len(example.line) <= LONGEST
    assert f"\n    {example.line}\n" in helped(*([name] if (name, example) in EXAMPLES else []))
    assert example.sentence[0].isupper()
    assert example.sentence.endswith(".")


def test_an_example_that_the_command_does_not_take_is_found():
    with pytest.raises(click.UsageError, match="--no-such"):
        command("plan").make_context("plan", ["quick", "--no-such"])


@pytest.mark.parametrize("name", NAMES)
def test_help_is_in_sentences_and_explains_every_option(name):
    told = command(name)
    for paragraph in told.help.split("\n\n"):
        assert re.match("[A-Z`]", paragraph.strip()), paragraph
        assert paragraph.strip().endswith("."), paragraph
    options = [x for x in told.params if isinstance(x, click.Option)]
    assert [x.opts for x in options if not x.help or not x.help[0].isupper() or not x.help.endswith(".")] == []
    assert "[default: (" not in helped(name)  # click's brackets for a default that is told in words


def test_defaults_and_limits_are_told_in_words():
    told = re.sub(r"\s+", " ", helped("status"))
    assert "[default: 5.0; 0.2 to 86400.0]" in told
    assert "[default: that of the model, mostly 3; 2 to 3]" in re.sub(r"\s+", " ", helped("make"))
    assert "[default: one per core; at least 1]" in re.sub(r"\s+", " ", helped("run"))


def test_the_first_page_names_the_next_ones():
    assert "vitrify COMMAND --help" in helped()
    assert all(x.line in helped() for x in (*FIRST, *COMPLETION))


def completed(*words):
    """What a shell is offered for the last word."""
    *before, begun = words
    found = ShellComplete(cli, {}, "vitrify", "_VITRIFY_COMPLETE").get_completions(before, begun)
    return [x.value if x.type == "plain" else f"({x.type})" for x in found]


def test_a_shell_completes_commands_options_and_studies():
    assert completed("st") == ["study", "status"]
    assert completed("plan", "q") == ["(file)", "quick"]  # in this order, or bash would show files alone
    assert completed("study", "gl") == ["glass_formers"]
    assert completed("plan", "--cor") == ["--cores"]
    assert completed("--plu") == ["--plugin"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_for_a_shell_is_one_that_it_takes(shell):
    line = next(x.line for x in COMPLETION if x.sentence.startswith(shell))
    assert f"_VITRIFY_COMPLETE={shell}_source vitrify" in line
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = CliRunner().invoke(cli, [], prog_name="vitrify", env={"_VITRIFY_COMPLETE": f"{shell}_source"}).output
    assert "_VITRIFY_COMPLETE" in script
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_a_mistyped_command_gets_the_one_that_was_meant():
    result = CliRunner().invoke(cli, ["mesure", "glass.xyz"])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        2,
        "Error: No such command 'mesure', did you mean 'measure'?",
    )
    result = CliRunner().invoke(cli, ["xyzzy"])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: No such command 'xyzzy'.")
