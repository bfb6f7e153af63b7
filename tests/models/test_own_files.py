"""Models in Python files of a user's own: what they may be, what is wrong with them, and that nobody but a person has them
run."""

import hashlib
import pickle
import subprocess
import sys

import pytest
from click.testing import CliRunner

import vitrify
from own_models import FILE, MARKED
from vitrify import Glass, Mixture, Model, models
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.models.catalogue import model_of, parse
from vitrify.models.registry import FAMILIES, OWN_MODELS

WRONG = """
import vitrify

class NoCutoff(vitrify.Potential):
    pass

number = 3
def gives(): return 3
def fails(): raise ValueError("no luck")
def refuses(): raise vitrify.errors.UsageError("rc is too long")
def needs(rc): return rc
def whole(n=3): return n
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "wrong.py").write_text(WRONG)
    return tmp_path


def digest(text=FILE):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("text", "name", "height", "lengths"), [
    ("mine.py:mine", "mine", 2.0, "1,1.2,1.4"),
    ("mine.py:mine(height=3)", "mine", 3.0, "1,1.2,1.4"),
    (" mine.py:mine( height = 3.0 ) [1; lengths 1]", "mine", 3.0, "1"),
    ("mine.py:Soft(height=3)", "Soft", 3.0, "1,1.18,1.4"),
    ("mine.py:bare", "bare", 1.0, "1,1.18,1.4"),
    ("mine.py:whole", "whole", 4.0, "1"),
])  # fmt: skip
def test_a_model_a_potential_or_a_function_that_gives_one(folder, text, name, height, lengths):
    model = model_of(text)
    assert model.potential.numbers() == (height,)
    assert f"lengths {lengths}]" in model.in_full
    assert str(model).startswith(f"mine.py:{name}(")
    assert f'digest="{digest()}")' in str(model)
    assert parse(str(model)) == model
    assert model_of(str(model)) == model  # as a person copies it


def test_from_file_is_the_same_model(folder):
    mixture = Mixture(composition=(1.0,), lengths=((1.0,),))
    found = models.from_file(folder / "mine.py", "mine", height=3, mixture=mixture)
    assert found == model_of(f"{folder}/mine.py:mine(height=3) [1; lengths 1]")
    with pytest.raises(UsageError, match="height is nan, must be a finite number"):
        models.from_file("mine.py", "mine", height=float("nan"))


@pytest.mark.parametrize(("text", "told"), [
    ("absent.py:mine", "model 'absent.py:mine': the file absent.py is not there, or is no file"),
    ("mine.py", "model 'mine.py' names a file and nothing in it; write it like mine.py:mine"),
    ("folder/mine.py:", "model 'folder/mine.py:' names a file and nothing in it"),
    ("[x].py:mine", "model '[x].py:mine' cannot be read"),
    (".:mine", "model '.:mine': '.' must be a Python file, whose name ends in .py"),
    ("mine.txt:mine", "'mine.txt' must be a Python file, whose name ends in .py"),
    ("prose.py:mine", "file prose.py is not Python: SyntaxError: invalid syntax (prose.py, line 1)"),
    ("bytes.py:mine", "the file bytes.py cannot be read: it is no text in UTF-8"),
    ("huge.py:mine", "has 1,048,577 bytes, must have at most 1,048,576"),
    ("raises.py:mine", "file raises.py cannot be imported: ZeroDivisionError: division by zero"),
    ("leaves.py:mine", "file leaves.py cannot be imported: SystemExit"),
    ("imports.py:mine", "file imports.py, line 2 imports 'my_package.x', whose changes no digest of the file would tell"),
    ("beside.py:mine", "file beside.py, line 1 imports '.other'"),
    ("mine.py:min", "file mine.py has no 'min', did you mean 'mine'?; it has Soft, mine, whole, bare, Reaching, reaches"),
    ("mine.py:mine(hight=3)", "file mine.py: mine() has no parameter 'hight', did you mean 'height'?; it takes height"),
    ("mine.py:mine(3)", "'3' cannot be read; write name=number, like rc=1.2"),
    ("mine.py:mine(height=1, height=2)", "'height' is given twice"),
    ("mine.py:bare(height=3)", "file mine.py: 'bare' takes no parameters, as it is no function; leave height out"),
    ("mine.py:mine [0.5:0.5]", "lacks its interaction lengths"),
    ("wrong.py:number", "'number' is something of the type int, must be a Model, a Potential, or a function without"),
    ("wrong.py:gives", "gives() gives something of the type int, must be a Model"),
    ("wrong.py:fails", "file wrong.py: fails() fails: ValueError: no luck (wrong.py, line 9)"),
    ("wrong.py:refuses", "file wrong.py: refuses(): rc is too long"),
    ("wrong.py:needs", "file wrong.py: needs() needs a value for 'rc'; write wrong.py:needs(rc=...)"),
    ("wrong.py:whole(n=1.5)", "whole(): n is 1.5, must be an integer"),
    ("wrong.py:NoCutoff", "potential NoCutoff has no cutoff"),
    ('mine.py:mine(digest="0123456789abcdef")', "so the file has changed"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(folder, text, told):
    for name, content in {
        "prose": "This is no Python.", "raises": "1 / 0", "leaves": "exit()", "imports": "import math\nimport my_package.x",
        "beside": "from .other import thing", "huge": "#" * (2**20 + 1),
    }.items():  # fmt: skip
        (folder / f"{name}.py").write_text(content)
    (folder / "bytes.py").write_bytes(b"# \xff")
    done = CliRunner().invoke(cli, ["models", "--check", text])
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_another_text_is_another_model(folder):
    first = model_of("mine.py:mine")
    (folder / "mine.py").write_text(FILE.replace("y**4", "y**4 + 0.0"))
    assert str(model_of("mine.py:mine")) != str(first)
    (folder / "mine.py").write_bytes(FILE.replace("\n", "\r\n").encode())  # as another editor ends its lines
    assert model_of("mine.py:mine") == first


def test_it_travels_by_its_text_to_a_process_that_has_no_such_file(folder):
    """A model of a function, its potential, and one with another cutoff."""
    model = model_of("mine.py:reaches")
    sent = (model, model.potential, model.potential.with_cutoff(1.5))
    program = "import pickle, sys; print([getattr(x, 'potential', x).cutoff for x in pickle.load(sys.stdin.buffer)])"
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(sent), capture_output=True, cwd="/", check=True
    )
    assert done.stdout.decode().strip() == "[2.0, 2.0, 1.5]"
    assert pickle.loads(pickle.dumps(sent)) == sent


# --- who may run it -------------------------------------------------------------------------------------------------


@pytest.fixture
def marked(tmp_path, monkeypatch):
    """A file that leaves a mark where it is run, and another where its `other` is called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    (tmp_path / "marked.py").write_text(f"{MARKED}# {tmp_path}")  # one that no other test ran in this process
    return tmp_path / "mark"


def said_of(marked, name):
    """The readable form of a name in the file, with its digest."""
    return f'marked.py:{name}(digest="{digest((marked.parent / "marked.py").read_text())}")'


def test_a_text_that_no_person_gave_runs_nothing(marked):
    """Not even by its digest, in a folder where the file lies."""
    for text in ("marked.py:mine", said_of(marked, "mine")):
        with pytest.raises(UsageError, match=r"runs only where you name that file: give --model marked\.py:mine"):
            _ = parse(text).cutoff
    assert not marked.exists()


def test_a_molecule_of_the_file_is_part_of_its_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bound = "{sites 5; bonds harmonic(k=9, r0=1) chain}"
    text = f"import vitrify\n\ndef chains():\n    return vitrify.models.parse('lennard_jones() [1; lengths 1] {bound}')\n"
    (tmp_path / "chains.py").write_text(text)
    found = vitrify.models.from_file("chains.py", "chains")
    assert str(found.molecule) == bound
    assert str(found).endswith(bound)
    assert vitrify.models.parse(str(found)) == found
    other = "{sites 2; bonds harmonic(k=9, r0=1) chain}"
    assert str(model_of(f"chains.py:chains {other}").molecule) == other


def test_a_name_of_the_file_that_no_person_gave_is_not_called(marked):
    model_of("marked.py:mine")
    assert marked.read_text() == "run"
    with pytest.raises(UsageError, match="runs only where you name that file"):
        _ = parse(said_of(marked, "other")).cutoff
    assert marked.read_text() == "run"


def test_a_glass_names_its_model_and_runs_nothing(marked, tmp_path, pss_glass):
    pss_glass.write("glass.xyz")
    count, comment, *rows = (tmp_path / "glass.xyz").read_text(encoding="utf-8").splitlines()
    for text in ("marked.py:mine", said_of(marked, "mine").replace('"', '\\"')):
        said = comment.replace('model="pss(rc=1.2)"', f'model="{text}"')
        assert said != comment
        (tmp_path / "theirs.xyz").write_text("\n".join([count, said, *rows, ""]), encoding="utf-8")
        done = CliRunner().invoke(cli, ["measure", "theirs.xyz", "--energy-only"])
        assert done.exit_code == 2
        assert "give --model marked.py:mine" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        with pytest.raises(UsageError, match=r"in Python model='marked\.py:mine'"):
            Glass.read("theirs.xyz")
    assert not marked.exists()


def test_a_plugin_is_named_for_models_too(marked, tmp_path, monkeypatch):
    """A command that reads a store or a glass has no --model: the same file as a plugin stands for it."""
    monkeypatch.setenv("VITRIFY_PLUGINS", str(tmp_path / "marked.py"))
    assert parse(said_of(marked, "mine")).cutoff == 1.4
    assert marked.read_text() == "run"  # as a plugin, and not once more


# --- by a name of its own -------------------------------------------------------------------------------------------


@pytest.fixture
def registries():
    before = dict.copy(FAMILIES), dict.copy(OWN_MODELS)
    yield
    for registry, content in zip((FAMILIES, OWN_MODELS), before, strict=True):
        for name in set(registry.there()) and [x for x in dict.keys(registry) if x not in content]:
            dict.__delitem__(registry, name)


def test_register_takes_a_class_a_potential_and_a_model(folder, registries):
    bare = model_of("mine.py:bare").potential
    models.register("own_family", type(bare))
    assert models.parse("own_family(height=3)").potential.numbers() == (3.0,)
    models.register("own_potential", bare)
    assert models.own_potential() == models.parse("own_potential()") == Model("own_potential()", bare)
    models.register("own_model", Model("any", bare, Mixture(lengths=((1.0, 1.2), (1.2, 1.4)))))
    assert str(models.parse("own_model")) == "own_model() [0.5:0.5; lengths 1,1.2,1.4]"
    assert str(models.parse("own_model() [1; lengths 1]")) == "own_model() [1; lengths 1]"
    assert "write: own_model()" in CliRunner().invoke(cli, ["models"]).output
    with pytest.raises(UsageError, match="'own_model' has no parameters, but height is given"):
        models.parse("own_model(height=3)")


@pytest.mark.parametrize(("name", "what", "told"), [
    ("pss", models.pss(), "name is 'pss', must be one that is not taken"),
    ("Own", models.pss().potential, "must be a word of small letters"),
    ("own", 3, "what is 3, must be a class below vitrify.Potential, a Potential or a Model"),
    ("own", int, "one below vitrify.Potential"),
])  # fmt: skip
def test_what_cannot_be_registered(name, what, told):
    with pytest.raises(UsageError, match=told):
        models.register(name, what)


# --- what a check tells ---------------------------------------------------------------------------------------------


def test_a_check_times_the_force(folder):
    report = vitrify.models.check("mine.py:mine")
    assert report.ok
    assert report.smooth_to == 3
    assert 0.01 < report.nanoseconds < 1000.0
    assert 0.02 < report.relative_time < 50.0  # of a polynomial; timed beside other tests
    for shown in (str(report), repr(report), report._repr_html_()):
        assert "ns a pair" in shown
    slow = vitrify.models.check('formula("exp(-r) + exp(-2*r) + exp(-3*r) + exp(-4*r) + exp(-5*r) + exp(-6*r)", cutoff=2)')
    assert slow.relative_time > 2.0 * report.relative_time


def test_a_check_without_the_time(folder):
    report = vitrify.models.check("mine.py:mine", speed=False)
    assert report.ok
    assert "ns a pair" not in str(report)


def test_what_cannot_be_compiled_is_a_fault(folder):
    (folder / "text.py").write_text(FILE.replace("y = 1.0 - u", "y = 1.0 - float(str(u))"))
    report = vitrify.models.check("text.py:mine")
    assert not report.ok
    assert "its function cannot be compiled" in report.faults[0]


def test_the_command_tells_and_its_exit_code_says_whether_it_is_ok(folder):
    done = CliRunner().invoke(cli, ["models", "--check", "mine.py:mine"])
    assert (done.exit_code, "smooth at the cutoff to φ'''" in done.output) == (0, True)
    (folder / "wrong_slope.py").write_text(FILE.replace("-24.0", "-25.0"))
    done = CliRunner().invoke(cli, ["models", "--check", "wrong_slope.py:mine"])
    assert done.exit_code == 1
    assert "φ_uuu is not the slope of φ_uu" in done.output
