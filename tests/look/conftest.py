"""What was found of one small glass, and its page."""

import pytest

from vitrify.look import glass_page
from vitrify.look.looking import asked_by_default, looked_over


@pytest.fixture(scope="package")
def seen(pss_glass):
    """A glass and what was found of it."""
    found, notes = looked_over(pss_glass, asked_by_default(160, modes=6, soft_spots=2, dipoles=6))
    assert notes == []
    return pss_glass, found


@pytest.fixture(scope="package")
def page(seen):
    return glass_page(*seen, title="A glass", source="glass.xyz")


@pytest.fixture(scope="package")
def page_file(page, tmp_path_factory):
    return page.write(tmp_path_factory.mktemp("page") / "glass.html")
