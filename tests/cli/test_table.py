"""Tables and sentences that fit: names shortened in their midst, columns left out in order, sentences broken between words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrify.cli.table import Column, left_out, sentence, shortened, table, width_of

NAME = Column("ensemble", ["DSS rho=0.55", "DSS rho=0.60"], left=True)
COLUMNS = [Column("wanted", ["1", "22"]), Column("rate", ["3", "4"], spare=2), Column("T", ["a", "bb"], left=True, spare=1)]


def test_a_table_with_room_is_whole():
    assert table(NAME, COLUMNS, 80) == [
        "ensemble     wanted rate T",
        "DSS rho=0.55      1    3 a",
        "DSS rho=0.60     22    4 bb",
    ]
    assert left_out(NAME, COLUMNS, 80) == []


def test_names_are_shortened_and_stay_apart_before_columns_go():
    assert table(NAME, COLUMNS, 25)[1:] == ["DSS ..0.55      1    3 a", "DSS ..0.60     22    4 bb"]
    assert left_out(NAME, COLUMNS, 20) == ["rate"]
    assert left_out(NAME, COLUMNS, 15) == ["rate", "T"]


@pytest.mark.parametrize(("text", "room", "short"), [
    ("abcdefghij", 10, "abcdefghij"), ("abcdefghijk", 10, "abcd..hijk"), ("abcdefghijk", 9, "abcd..ijk"), ("玻璃玻璃玻璃", 9, "玻璃..璃"),
])  # fmt: skip
def test_a_name_keeps_both_ends(text, room, short):
    assert shortened(text, room) == short


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab 玻é"), max_size=200), st.integers(20, 80), st.sampled_from([0, 2]))
def test_a_sentence_fits_and_loses_nothing(text, width, indent):
    lines = list(sentence(text, width, indent=indent))
    assert max(map(width_of, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())
