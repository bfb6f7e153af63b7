"""Tables that two commands write at one time, and those that cannot be written at the end."""

import threading
import time

import pandas as pd
import pytest

from vitrify.errors import UsageError
from vitrify.measuring import Asked, measure_places, places_of
from vitrify.measuring import many as module


def test_two_commands_on_one_table_lose_no_row(pss_glass, tmp_path, monkeypatch):
    files = [tmp_path / f"{k}.xyz" for k in range(4)]
    for x in files:
        pss_glass.write(x)
    usual = module.write_rows

    def slowly(rows, path):
        time.sleep(0.5)  # so that the other reads the table before it is there
        usual(rows, path)

    monkeypatch.setattr(module, "write_rows", slowly)
    table, asked = tmp_path / "t.csv", Asked(energy_only=True)
    done = [
        threading.Thread(target=measure_places, args=(places_of(x), asked), kwargs={"table": table})
        for x in (files[:2], files[2:])
    ]
    for x in done:
        x.start()
    for x in done:
        x.join()
    assert sorted(pd.read_csv(table)["file"]) == sorted(map(str, files))


def test_what_is_measured_is_kept_where_its_table_cannot_be_written(pss_glass, tmp_path, monkeypatch):
    pss_glass.write(tmp_path / "g.xyz")
    table, usual = tmp_path / "t.csv", module.write_rows

    def full(rows, path):
        if path == table:
            raise UsageError(f"{path} cannot be written: No space left on device")
        usual(rows, path)

    monkeypatch.setattr(module, "write_rows", full)
    with pytest.raises(UsageError, match="No space left on device; the measured glasses are in ") as told:
        measure_places(places_of([tmp_path / "g.xyz"]), Asked(energy_only=True), table=table)
    found = pd.read_csv(str(told.value).rpartition(" are in ")[2])
    assert found["file"].tolist() == [str(tmp_path / "g.xyz")]
