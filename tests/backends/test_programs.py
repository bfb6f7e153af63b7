"""The function that a program becomes on a CPU, run as plain Python: which body is called for what, and in which order."""

import inspect
from types import SimpleNamespace

import pytest

from vitrify.backends.program import ACTIVE, BEGINS, STOPPED, Line, Program, composed, layout_of, loop_of


class Noted:
    """Bodies that say with which numbers they were called; samples stop at their third call of `count`."""

    def __init__(self):
        self.calls, self.counted = [], 0

    def body(self, name):
        def noted(*arguments):
            self.calls.append((name, *(x for x in arguments if not isinstance(x, SimpleNamespace) and x is not None)))

        return noted

    def count(self, s, view):
        self.counted += 1
        if self.counted == 3:
            view.layout.active[s] = STOPPED


def a_view():
    """Samples of 3 and 5 particles, in chunks of 2."""
    return SimpleNamespace(
        layout=layout_of([3, 5], SimpleNamespace(chunk_size=lambda n: 2, rows_of_sample=lambda sizes: 0, put=lambda x: x)),
        width=16,
    )


def plain(function):
    return function


def test_each_kind_of_line_runs_over_all_of_its_sample():
    noted, view = Noted(), a_view()
    kinds = ("particles", "chunks", "samples", "particle columns", "chunk columns", "sample columns")
    run = composed(Program(tuple(Line(x, noted.body(x)) for x in kinds), repeats=False), plain)
    view.layout.active[1] = ACTIVE
    run(1, view, None)
    chunks = [(2, 3, 5), (3, 5, 7), (4, 7, 8)]
    assert noted.calls == [
        *[("particles", i, 1) for i in range(3, 8)],
        *[("chunks", *x, 1) for x in chunks],
        ("samples", 1),
        *[("particle columns", i, 1, c) for c in (0, 8) for i in range(3, 8)],
        *[("chunk columns", *x, 1, c) for x in chunks for c in (0, 8)],
        *[("sample columns", 1, c) for c in range(16)],
    ]


def test_a_line_over_a_part_of_a_sample():
    noted, view = Noted(), a_view()
    loop_of(Line("particles", noted.body("part")), plain)(4, 6, 1, view, None)
    loop_of(Line("chunk columns", noted.body("columns")), plain)(3, 4, 1, view, None)
    assert noted.calls == [("part", 4, 1), ("part", 5, 1), ("columns", 3, 5, 7, 1, 0), ("columns", 3, 5, 7, 1, 8)]


def test_a_program_is_repeated_until_its_sample_stops_and_then_no_line_runs():
    noted, view = Noted(), a_view()
    lines = (Line("samples", noted.body("first")), Line("samples", noted.count), Line("samples", noted.body("last")))
    run = composed(Program(lines, (Line("samples", noted.body("opening")),)), plain)
    view.layout.active[0] = BEGINS
    run(0, view, None)
    names = ["opening", "first", "last", "first", "last", "first"]
    assert [x for x, _ in noted.calls] == names
    noted.calls, noted.counted = [], 0
    view.layout.active[0] = ACTIVE  # it was interrupted: the opening is over
    run(0, view, None)
    assert [x for x, _ in noted.calls] == names[1:]
    noted.calls = []
    run(0, view, None)
    assert noted.calls == []


def test_an_opening_may_stop_its_sample():
    noted, view = Noted(), a_view()
    noted.counted = 2
    run = composed(Program((Line("samples", noted.body("line")),), (Line("samples", noted.count),)), plain)
    view.layout.active[0] = BEGINS
    run(0, view, None)
    assert noted.calls == []
    assert view.layout.active.tolist() == [STOPPED, STOPPED]


def test_a_text_is_not_taken_for_lines_of_the_file_that_it_is_kept_by():
    """Numba looks for a function's source; lines from anywhere in a file are an error since Python 3.13."""
    for made in (composed(Program((Line("samples", plain),)), plain), loop_of(Line("samples", plain), plain)):
        with pytest.raises(OSError, match="out of bounds|could not get source"):
            inspect.getsourcelines(made)
