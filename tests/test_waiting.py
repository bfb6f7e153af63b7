"""What is told of work that takes long: its words, how far it is, how long it still takes; on a terminal and in a log."""

import io
import time

import pytest

import vitrify
from patience import PATIENCE
from stores import study_text
from vitrify import waiting
from vitrify.campaign import Progress
from vitrify.preparation.stages import Stage, ToldStages
from vitrify.study import parse_study
from vitrify.waiting import Display, Doing, doing, each, is_shown, now_in_words, seconds_in_words


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test moves."""
    now = [1000.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    return now


def until(holds, seconds=PATIENCE):
    end = time.perf_counter() + seconds
    while not holds() and time.perf_counter() < end:
        time.sleep(0.02)
    return holds()


def test_what_is_in_hand_is_told_from_the_outside_in():
    assert now_in_words() == []
    with doing("measuring"), doing("modes"):
        assert now_in_words() == ["measuring", "modes"]
    assert now_in_words() == []


def test_items_are_counted():
    told = [now_in_words() for _ in each("abc", "drawing figure {k} of {n}")]
    assert told == [[f"drawing figure {k} of 3"] for k in (1, 2, 3)]
    assert now_in_words() == []


def test_time_left_comes_from_what_is_done(clock):
    now = Doing("work")
    assert now.sentence == "work"
    clock[0] += 30.0
    now.reached(1, 4)
    assert now.sentence == "work, about 2 min left"  # 90 s
    now.reached(3, 4)
    assert now.sentence == "work, about 10 s left"


def test_time_left_comes_from_the_costs_before_anything_is_done(clock):
    now = Doing("modes", about=100.0)
    clock[0] += 40.0
    assert now.sentence == "modes, about 1 min left"
    clock[0] += 100.0
    assert now.sentence == "modes"  # nobody knows any more


def test_each_stage_has_its_own_time(clock):
    now = Doing("glass")
    told = ToldStages(now)
    told(Stage("pilot", 1, 3))
    told(Stage("liquid", 0.0, 10.0))
    clock[0] += 10.0
    told(Stage("liquid", 5.0, 10.0))
    assert now.sentence == "pilot 1 of 3, liquid, moved 5 of 10 a0^2, about 10 s left"
    told(Stage("quench", 1e-2, 1e-10))
    clock[0] += 20.0
    told(Stage("quench", 1e-6, 1e-10))
    assert now.sentence.endswith("about 20 s left")  # half of the digits
    told(Stage("glass", 1, 1))
    assert now.sentence == "random start"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (59.0, "59 s"), (119.0, "2 min"), (7200.0, "2.0 h")])
def test_times_in_words(seconds, words):
    assert seconds_in_words(seconds) == words


def test_a_terminal_has_one_line_which_is_emptied():
    to = Terminal()
    display = Display(to)
    display.start()
    with doing("liquid"):
        assert until(lambda: "liquid" in to.getvalue())
    display.stop()
    assert "\n" not in to.getvalue()
    assert to.getvalue().endswith("\r")
    assert not is_shown()


def test_a_line_has_no_more_than_fits(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    to = Terminal()
    display = Display(to)
    display.start()
    with doing("x" * 30), doing("compiling kernels for pss(rc=1.2)"):
        assert until(lambda: "compiling kernels" in to.getvalue())
    display.stop()
    assert max(len(x) for x in to.getvalue().split("\r")) < 40


def test_a_log_has_a_line_now_and_then_and_no_control_characters(monkeypatch):
    monkeypatch.setattr(waiting, "FIRST_LINE", 0.05)
    monkeypatch.setattr(waiting, "NEXT_LINE", 0.05)
    to = io.StringIO()
    display = Display(to)
    display.start()
    with doing("reading"):
        assert until(lambda: to.getvalue().count("\n") > 1)
    display.stop()
    assert "\r" not in to.getvalue()
    assert all(x.startswith("reading") for x in to.getvalue().splitlines())


def test_what_is_quick_writes_nothing_to_a_log(capsys):
    with vitrify.show_progress():
        vitrify.models.pss(rc=1.2)
    assert capsys.readouterr().err == ""


def test_measuring_says_what_it_measures(pss_glass, monkeypatch):
    """Each part of a measurement is in hand while it is done."""
    from vitrify.measuring import Asked, measure_asked, one

    told = []

    def noted(words, *, about=None):
        told.append((words, about))
        return doing(words, about=about)

    monkeypatch.setattr(one, "doing", noted)
    monkeypatch.setattr(one, "is_shown", lambda: True)
    measure_asked(pss_glass, Asked(modes=2, elastic_constants=True))
    n = pss_glass.n_particles
    parts = ["energy, forces and moduli", "elastic constants", "the 2 lowest modes"]
    assert [x for x, _ in told] == [f"{part} of {n:,} particles" for part in parts]
    assert told[0][1] > 0.0  # about so long, by the table of costs


def test_nothing_is_shown_of_an_empty_store(monkeypatch, capsys):
    progress = Progress(visible=True)
    progress.start(0, 0, "checking the store")
    progress.stop()
    assert capsys.readouterr().err == ""


def test_looking_at_files_has_no_rate():
    progress = Progress(visible=False)
    progress._silent = False  # as in a log
    progress.start(10, 0, "checking the store")
    progress.step("checking the store", made=5, failed=0)
    assert progress._line().startswith("checking the store: 5 of 10")
    assert "/h" not in progress._line()
    progress.start(10, 0)
    progress.step("A", made=5, failed=1)
    assert "/h" in progress._line()
    assert "1 failed" in progress._line()
    assert "left" in progress._line()
    progress.stop()


def test_a_run_says_what_is_in_hand_before_anything_ends():
    progress = Progress(about=600.0, looks=(lambda: "", lambda: "compiling kernels, once, 3 so far"))
    progress.start(10, 0)
    assert progress._line() == "preparing: 0 of 10, compiling kernels, once, 3 so far, about 10 min left"
    progress.stop()


def test_a_lock_of_a_process_that_was_killed_is_no_compilation(tmp_path, monkeypatch):
    from fcntl import LOCK_EX, flock

    from vitrify.backends import compiling

    monkeypatch.setattr(compiling.config, "CACHE_DIR", str(tmp_path))
    (tmp_path / "kernels").mkdir()
    lock = tmp_path / "kernels" / "k.lock"
    lock.touch()
    (tmp_path / "kernels" / "k.nbi").touch()
    assert not compiling.compiling_now()
    with lock.open("rb") as file:
        flock(file, LOCK_EX)
        assert compiling.compiling_now()
    assert compiling.kernels_kept() == 1


def test_a_run_tells_what_it_costs_before_it_begins(tmp_path, capsys):
    from vitrify.campaign import Store
    from vitrify.cli.run import _told_cost
    from vitrify.study import Ledger

    ledger = Ledger(parse_study(study_text(("A", '"mechanics", "elasticity"'))))
    seconds = _told_cost(ledger, Store.create(tmp_path / "s"), 2)
    assert seconds > 0.0
    said = capsys.readouterr().err
    assert said.startswith("6 results are missing: about ")  # two glasses, each with two observables
    assert "on 2 workers" in said
