"""JSON that every parser reads."""

import json

import numpy as np
import pytest

from vitrify.strict_json import strict_json


def refuse(word):
    raise AssertionError(f"{word} is no JSON")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_what_is_no_number_is_null(number):
    text = strict_json({"a": number, "b": [1.5, number], "c": {"d": (number, "NaN")}})
    assert json.loads(text, parse_constant=refuse) == {"a": None, "b": [1.5, None], "c": {"d": [None, "NaN"]}}


def test_all_else_is_as_json_writes_it():
    content = {"z": 1, "a": [True, None, "é", 2.5e-300, 3], "t": (1, 2)}
    assert strict_json(content) == json.dumps(content)
    assert strict_json(content, indent=1, ensure_ascii=False) == json.dumps(content, indent=1, ensure_ascii=False)
    assert strict_json({"x": {1}}, default=repr) == '{"x": "{1}"}'
