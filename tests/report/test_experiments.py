"""A user's table of laboratory glasses."""

import pytest

from vitrify.errors import UsageError
from vitrify.report.experiments import read_experiments


def test_table_is_read_and_mistakes_are_told(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("alloy,poisson_ratio,stz_size,source\nX,0.33,250,somewhere\n")
    (found,) = read_experiments(path)
    assert (found.alloy, found.poisson_ratio, found.stz_size, found.source) == ("X", 0.33, 250.0, "somewhere")
    path.write_text("alloy,poisson_ratio\nX,0.33\n")
    with pytest.raises(UsageError, match="lacks the column 'stz_size'"):
        read_experiments(path)
    path.write_text("alloy,poisson_ratio,stz_size,source\nX,much,250,somewhere\n")
    with pytest.raises(UsageError, match="much"):
        read_experiments(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_experiments(tmp_path / "none.csv")
