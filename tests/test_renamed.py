"""Names of the last release still work, and say what they are called now."""

import sys
from importlib import import_module

import pytest

import vitrify.models
import vitrify.preparation
import vitrify.study
from vitrify import campaign
from vitrify.study import orphans, status


@pytest.mark.parametrize(("module", "name", "now"), [
    ("vitrify.study", "write_identity", vitrify.study.write_manifest),
    ("vitrify.study.standing", "standing", status.study_status),
    ("vitrify.study.standing", "described", status.described),
    ("vitrify.campaign", "Batch", campaign.WorkUnit),
    ("vitrify.campaign", "Claim", campaign.Lease),
    ("vitrify.campaign", "Presence", campaign.Leases),
    ("vitrify.study.surplus", "not_asked_for", orphans.not_asked_for),
    ("vitrify.study.surplus", "leftovers", orphans.leftovers),
    ("vitrify.study.surplus", "remove", orphans.remove),
    ("vitrify.preparation", "make_glass", vitrify.preparation.prepare_glass),
    ("vitrify.preparation", "make_glasses", vitrify.preparation.prepare_glasses),
])  # fmt: skip
def test_a_name_of_the_last_release_warns_and_works(module, name, now):
    with pytest.warns(DeprecationWarning, match=rf"{module}\.{name} is now vitrify\."):
        assert getattr(import_module(module), name) is now


@pytest.mark.parametrize(
    "module",
    ["vitrify.preparation", "vitrify.study", "vitrify.study.standing", "vitrify.study.columns", "vitrify.campaign"],
)
def test_a_name_that_never_was_is_none(module):
    with pytest.raises(AttributeError, match="has no attribute 'never_was'"):
        import_module(module).never_was  # noqa: B018  # to be asked for is enough


@pytest.fixture
def without_the_old_package():
    """As in a new process: what warns on import does so once in each."""

    def forget():
        for name in [x for x in sys.modules if x == "vitrify.model" or x.startswith("vitrify.model.")]:
            del sys.modules[name]

    forget()
    yield
    forget()


@pytest.mark.usefixtures("without_the_old_package")
@pytest.mark.parametrize(("old", "now"), [
    ("vitrify.model", vitrify.models),
    ("vitrify.model.catalogue", vitrify.models.catalogue),
    ("vitrify.model.potentials.inverse_power", vitrify.models.potentials.inverse_power),
])  # fmt: skip
def test_the_package_of_models_had_another_name(old, now):
    with pytest.warns(DeprecationWarning, match=r"vitrify\.model is now vitrify\.models"):
        assert import_module(old) is now
