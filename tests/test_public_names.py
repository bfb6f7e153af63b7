"""What completion and `help` show: public names alone, and each model with its parameters."""

import inspect
import subprocess
import sys
import types
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

import vitrify
from vitrify.models.potential import Potential
from vitrify.models.registry import FAMILIES, GLASS_FORMERS, register_potential

PACKAGES = [name for name in dir(vitrify) if isinstance(getattr(vitrify, name), types.ModuleType)]
USER = """
import vitrify

reveal_type(vitrify.__version__)
reveal_type(vitrify.models.pss(rc=1.2))
reveal_type(vitrify.make_glass("pss(rc=1.2)", n_particles=200, density=0.6))
reveal_type(vitrify.measure("glass.xyz").shear_modulus)
reveal_type(vitrify.observables.soft_spots(vitrify.Glass.read("glass.xyz"), 3).spots[0].frequency)
vitrify.models.pss(rx=1.3)
vitrify.make_glas
"""


def test_packages_are_there_without_an_import_of_their_own():
    assert {"models", "observables", "ensemble", "statics", "errors", "plugins"} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_shows_its_public_names_alone(package):
    module = getattr(vitrify, package)
    shown, more = dir(module), {*FAMILIES, *GLASS_FORMERS} if package == "models" else set()
    assert set(shown) == set(module.__all__) | more
    assert not [x for x in shown if x.startswith("_") or x == "annotations"]
    assert not [x for x in shown if isinstance(getattr(module, x), types.ModuleType)] or package == "formats"


def test_the_package_shows_no_module_that_is_not_public():
    assert not [x for x in dir(vitrify) if x in ("annotations", "lazy_loader", "making", "opening", "renamed")]
    assert vitrify.__version__.count(".") == 2


@pytest.mark.parametrize("family", [*FAMILIES])
def test_help_on_a_family_names_each_parameter(family):
    model = getattr(vitrify.models, family)
    text, parameters = inspect.getdoc(model), inspect.signature(model).parameters
    assert list(parameters)[-1] == "mixture"
    assert FAMILIES[family].summary in text
    for name, x in list(parameters.items())[:-1]:
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name}: ")]
        assert f"default {x.default}" in line
        assert line.count(";") == 2  # meaning, range, default
    assert str(model()) == str(model(**{name: x.default for name, x in parameters.items()}))


@pytest.mark.parametrize("former", [*GLASS_FORMERS])
def test_help_on_a_glass_former_says_what_it_stands_for(former):
    text = inspect.getdoc(getattr(vitrify.models, former))
    assert f"It is {vitrify.models.parse(former)}." in text
    assert all(f"{mark}: " in text for mark in ("(V)", "(S)", "(M)") if mark in text)


def test_a_family_of_a_plugin_has_a_signature_too():
    @register_potential("of_this_test")
    @dataclass(frozen=True)
    class OfThisTest(Potential):
        """A formula."""

        strength: float = vitrify.plugins.parameter(2.0, "how strong it is", "positive")
        summary = "nothing much"

    try:
        model = vitrify.models.of_this_test
        assert str(inspect.signature(model)).startswith("(*, strength: float = 2.0, mixture: ")
        assert "strength: how strong it is; positive; default 2.0." in inspect.getdoc(model)
    finally:
        del FAMILIES["of_this_test"]


def test_editors_know_the_same_signatures():
    """The stub's signatures are those of the registries."""
    namespace = {"__name__": "stub"}
    stub = (Path(vitrify.__file__).parent / "models" / "__init__.pyi").read_text().partition("def __dir__")[2]
    exec("from __future__ import annotations\ndef __dir__" + stub, namespace)
    for name in (*FAMILIES, *GLASS_FORMERS):
        real, told = (inspect.signature(x).parameters for x in (getattr(vitrify.models, name), namespace[name]))
        assert {k: x.default for k, x in real.items()} == {k: x.default for k, x in told.items()}
        assert all(x.kind is x.KEYWORD_ONLY for x in told.values())


@pytest.mark.slow
def test_a_type_checker_sees_the_names(tmp_path):
    (tmp_path / "user.py").write_text(USER)
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(tmp_path / "user.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = [x.partition("user.py:")[2] for x in done.stdout.splitlines()]
    told = [x.partition("Revealed type is ")[2].strip('"').rpartition(".")[2] for x in lines if "Revealed" in x]
    assert told == ["str", "Model", "Glass", "float", "float"]
    assert any('Unexpected keyword argument "rx" for "pss"' in x for x in lines)
    assert any('"make_glas"' in x for x in lines)


def test_the_stub_names_what_the_package_has():
    for name in dir(vitrify):
        assert getattr(vitrify, name) is not None
    assert import_module("vitrify.models").pss is not None
