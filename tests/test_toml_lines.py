"""Lines of keys in TOML: everything that tomllib finds has one, and it is the one on which it stands."""

import tomllib
from pathlib import Path

import pytest

from vitrify.toml_lines import lines_of

STUDIES = sorted((Path(__file__).parents[1] / "studies").glob("*.toml"))
ODD = '''# a comment with [brackets] = 1
"quoted key" = 1
'a.b' = 2
a . "b.c" . d = 3
3.14 = "pi"
text = """
[no.table]
x = 1 \\""" "quoted""""
plain = \'\'\'
y = 2\'\'\'
date = 1979-05-27 07:32:00.5
long = [ # comment, with ] in it
  1.5,
  { x = 1, y.z = [2, "]"] },

  [3, 4], "}",
]
[table]
"\\u00e9" = 1e-3
[[entry]]
name = "a"
[entry.sub]
deep = { list = [[1], [2]] }
[[entry.more]]
k = 1
[[entry.more]]
k = 2
[[entry]]
name = "b\u2028"
[entry.sub]
deep = true
'''


def paths(value, here=()):
    """The paths of all that is in a value."""
    found = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for name, inner in found for path in [(*here, name), *paths(inner, (*here, name))]]


@pytest.mark.parametrize(
    "text", [ODD, ODD.replace("\n", "\r\n"), *(x.read_text(encoding="utf-8") for x in STUDIES)], ids=range(2 + len(STUDIES))
)
def test_all_that_is_in_a_file_has_a_line(text):
    lines = lines_of(text)
    assert set(lines) == set(paths(tomllib.loads(text)))
    rows = text.split("\n")
    for path, line in lines.items():
        if isinstance(path[-1], str) and path[-1].isascii():
            assert path[-1] in rows[line - 1]


@pytest.mark.parametrize(("path", "line"), [
    (("quoted key",), 2), (("a.b",), 3), (("a", "b.c", "d"), 4), (("3", "14"), 5), (("plain",), 9), (("date",), 11),
    (("long", 0), 13), (("long", 1, "y", "z", 1), 14), (("long", 2, 1), 16), (("long", 3), 16), (("table", "é"), 19),
    (("entry", 0, "sub", "deep", "list", 1, 0), 23), (("entry", 0, "more", 1, "k"), 27), (("entry", 1, "sub", "deep"), 31),
])  # fmt: skip
def test_the_line_is_the_one_on_which_it_stands(path, line):
    assert lines_of(ODD)[path] == line
