"""The code in the documentation runs.

Python blocks of one page run in their order, in one namespace and one folder, in which there is a small store under the names
that the pages use and what its export has written. Sizes are made smaller by SMALLER and by nothing else. Of shell blocks each
line that calls `vitrify` is parsed by the command that it names; those of RUN are run. TOML blocks are read by what reads them.

The cells of notebooks (tutorials, gallery) are run by the build of the site, `.ci/docs`, where an error in one ends it. Here
their Python is compiled and the commands that they call are parsed, as of any page.
"""

import ast
import re
import shlex
import shutil
import tomllib
from contextlib import chdir
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import matplotlib as mpl
import pytest
from click.testing import CliRunner

import vitrify
from stores import filled
from vitrify.campaign import read_slurm
from vitrify.cli.main import cli
from vitrify.glass_files import FORMATS
from vitrify.models.registry import FAMILIES, GLASS_FORMERS
from vitrify.plugins import OBSERVABLES, STEPS
from vitrify.report.figures.catalogue import FIGURES
from vitrify.report.paper import ENTRY_POINTS, PAPERS
from vitrify.study import parse_study

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
NOTEBOOKS = [*TUTORIALS, ROOT / "docs" / "gallery.md", ROOT / "docs" / "other-glasses.md"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *TUTORIALS]
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*|\{[\w-]+\}[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
SMALLER = {"n_particles=3000": "n_particles=200", "--particles 3000": "--particles 200"}
STORES = ("quick-store", "store")  # as pages call theirs
ENDS = ("&&", "|", ";", "||", "&", ">", "2>&1")  # of a command in a line of shell
RUN = (
    "info",
    "models",
    "make",
    "measure glass.xyz",
    "look glass.xyz --modes",
    "look quick-store --ensemble",
    "status",
)  # how cheap commands begin
STUDY = """
[study]
name = "small"

[defaults]
parent_temperature = 6.0
melt_msd = 1.0

[[ensemble]]
name = "DSS rho=0.60"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 4
observables = ["mechanics", "elasticity", { name = "modes", number = 4, below = 0.0 }]
"""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; line: of its first line."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.page.name}:{self.line}"

    @property
    def is_cell(self):
        """Tell whether it is a cell of a notebook."""
        return self.language.startswith("{code-cell}")

    @property
    def source(self):
        """The code of a cell, without what the notebook says of it."""
        return re.sub(r"\A(?:---\n.*?^---\n|(?:^:[^\n]*\n)+)", "", self.text, flags=re.MULTILINE | re.DOTALL)

    @property
    def is_shell(self):
        return self.language in ("", "sh", "bash") or (self.is_cell and self.source.startswith("%%sh"))

    @property
    def smaller(self):
        text = self.text
        for size, less in SMALLER.items():
            text = text.replace(size, less)
        return text


def blocks(page):
    text = page.read_text(encoding="utf-8")
    return [Block(page, text.count("\n", 0, x.start()) + 2, x["language"], x["text"]) for x in FENCE.finditer(text)]


BLOCKS = [x for page in PAGES for x in blocks(page)]
OWN_KERNELS = ("formula.md", "many-body.md", "molecules.md", "own-models.md", "potentials.md")  # those of no other test
PYTHON = [
    pytest.param(page, marks=pytest.mark.slow if page.name in OWN_KERNELS else ())
    for page in PAGES
    if any(x.language == "python" for x in blocks(page))
]


def commands(block):
    """The arguments of every `vitrify` that a block calls, and those that blocks without a language list."""
    for line in block.smaller.replace("\\\n", " ").splitlines():
        if not block.language:
            line = re.split(r"  +", line)[0] if line.startswith("vitrify ") else ""
        words = shlex.split(line, comments=True)
        for at, word in enumerate(words):
            if word == "vitrify" or word.endswith("bin/vitrify"):
                rest = words[at + 1 :]
                ends = [i for i, x in enumerate(rest) if x in ENDS]
                yield rest[: ends[0]] if ends else rest


SHELL = [(str(x), arguments) for x in BLOCKS if x.is_shell for arguments in commands(x)]
HERE = [arguments for x in BLOCKS if x.is_shell and not x.is_cell for arguments in commands(x)]  # cells run elsewhere


@pytest.fixture(scope="session")
def small_store(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("documentation") / "store", STUDY)


def furnish(folder, store):
    """Put where a reader of the documentation stands: studies, stores and a glass."""
    shutil.copytree(ROOT / "studies", folder / "studies")
    for name in STORES:
        shutil.copytree(store, folder / name)
    vitrify.open_store(store).glass("DSS rho=0.60", 0).write(folder / "glass.xyz")
    shutil.copy(ROOT / "tests" / "formats" / "files" / "dump_six_digits.lammpstrj", folder / "glass.lammpstrj")


@pytest.fixture
def folder(small_store, tmp_path, monkeypatch):
    """The folder of a reader, who stands in it."""
    furnish(tmp_path, small_store)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def run(small_store, tmp_path_factory):
    """Run the Python blocks of a page, once; what names stand for at its end."""

    @cache
    def namespace_of(page):
        folder = tmp_path_factory.mktemp(page.stem)
        furnish(folder, small_store)
        namespace = {"__name__": "__main__", "vitrify": vitrify}  # pages import it in words, if not in code
        registries = (OBSERVABLES, FORMATS, STEPS, FAMILIES, GLASS_FORMERS, PAPERS)
        registered, figures = (
            [dict(x) for x in registries],
            list(FIGURES),
        )  # a page adds its own, and other tests count them
        with chdir(folder), mpl.rc_context({"backend": "agg"}):
            called(["export", "store", "--table", "t.parquet"])
            for block in blocks(page):
                if block.language == "python":
                    lines = "\n" * (block.line - 1) + block.smaller  # so that a traceback names the line of the page
                    exec(compile(lines, str(page), "exec", dont_inherit=True), namespace)
        for registry, before in zip(registries, registered, strict=True):
            registry.clear()
            registry.update(before)
        FIGURES[:] = figures
        return namespace

    return namespace_of


def called(arguments):
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("page", PYTHON, ids=lambda x: x.name)
def test_python_blocks_run(page, run):
    pytest.importorskip("pyarrow")
    assert run(page)


def test_the_potential_of_ones_own_keeps_its_rules_and_makes_a_glass(run):
    pytest.importorskip("pyarrow")
    names = run(ROOT / "docs" / "potentials.md").values()
    kinds = [x for x in names if isinstance(x, type) and issubclass(x, vitrify.Potential) and x is not vitrify.Potential]
    assert kinds
    assert all(vitrify.models.check(kind(), speed=False).ok for kind in kinds)
    assert [x.is_minimum for x in names if isinstance(x, vitrify.Measurement)] == [True]


@pytest.mark.parametrize(("where", "arguments"), SHELL, ids=[f"{where} {' '.join(x)}" for where, x in SHELL])
def test_commands_exist_and_take_these_options(where, arguments):
    name, *rest = arguments
    command = cli.get_command(click.Context(cli), name)
    assert command, where
    assert command.make_context(name, rest).params.keys() >= {x.name for x in command.params if x.required}


@pytest.mark.parametrize("arguments", [x for x in HERE if " ".join(x).startswith(RUN)], ids=" ".join)
def test_cheap_commands_run(arguments, folder):
    if arguments[0] == "status":
        arguments = ["status", "store", *(x for x in arguments[2:] if x != "--watch")]
    if arguments[0] == "measure" and "--species" in arguments:
        text = Path("glass.xyz").read_text(encoding="utf-8")
        Path("glass.xyz").write_text(
            re.sub(r"^B ", "Zr ", re.sub(r"^A ", "Cu ", text, flags=re.M), flags=re.M), encoding="utf-8"
        )
    called(arguments)


@pytest.mark.parametrize("block", [x for x in BLOCKS if x.language == "toml"], ids=str)
def test_toml_blocks_are_read(block, tmp_path):
    content = tomllib.loads(block.text)
    if "slurm" in content:
        (tmp_path / "cluster.toml").write_text(block.text, encoding="utf-8")
        assert read_slurm(tmp_path / "cluster.toml")
    elif "study" in content:
        assert parse_study(block.text).ensembles
    elif "project" in content:  # of a package that brings a paper
        assert set(content["project"]["entry-points"]) == {ENTRY_POINTS}
    else:  # some keys of an ensemble
        head = STUDY.partition("observables")[0]
        assert parse_study(head.replace("n_particles = 100", "n_particles = 24000") + block.text).ensembles


def test_sizes_that_are_made_smaller_are_those_of_the_pages():
    text = "".join(x.text for x in BLOCKS)
    assert [x for x in SMALLER if x not in text] == []


def test_pages_have_blocks_of_every_kind():
    assert {x.language for x in BLOCKS} >= {"python", "sh", "toml"}
    assert len(SHELL) > 15


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda x: x.name)
def test_a_notebook_is_one_that_the_build_runs(page):
    """Its head makes it a notebook; all of its Python, and all TOML that it needs, is in cells."""
    assert page.read_text(encoding="utf-8").startswith("---\nfile_format: mystnb\nkernelspec:\n  name: python3\n")
    assert any(x.is_cell for x in blocks(page))
    assert [str(x) for x in blocks(page) if x.language in ("python", "toml")] == []


@pytest.mark.parametrize("block", [x for page in NOTEBOOKS for x in blocks(page) if x.is_cell], ids=str)
def test_a_cell_is_python_or_a_shell_that_stops_at_an_error(block):
    first, _, rest = block.source.partition("\n")
    if first.startswith("%%writefile"):
        (ast.parse if first.endswith(".py") else tomllib.loads)(rest)
    elif first.startswith("%%"):
        assert first == "%%sh -e"  # without -e only the last of its commands can fail
    elif not first.startswith("%env "):
        ast.parse(block.source)


def test_the_source_of_a_cell_is_what_follows_its_options():
    text = ":mystnb:\n:  image:\n:    alt: A picture.\nx = 1\ny = 2\n"
    assert Block(ROOT / "x.md", 1, "{code-cell} ipython3", text).source == "x = 1\ny = 2\n"


def test_the_build_runs_notebooks_and_stops_at_an_error():
    settings = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    for said in ('nb_execution_mode = "force"', "nb_execution_in_temp = True", "nb_execution_raise_on_error = True"):
        assert f"\n{said}\n" in settings
