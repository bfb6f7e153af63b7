"""How hard inputs are shaken: the same examples each time in the default run, new ones in the long run."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from vitrify.errors import MOST_TOLD, UsageError

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


def fast(examples):
    """The default run: always the same examples."""
    return settings(max_examples=examples, derandomize=True, **CALM)


def long(examples):
    """The long run: new examples each time; what fails is printed with @reproduce_failure to repeat it."""
    return settings(max_examples=examples, derandomize=False, print_blob=True, **CALM)


def outcome(function, *arguments):
    """What the function returns, or None where it refuses with one sentence, or with one that counts mistakes and one for
    each; anything else is a defect."""
    try:
        return function(*arguments)
    except UsageError as error:
        assert str(error).strip()
        first, *rest = str(error).splitlines()
        more = len(error.told_together)
        assert len(rest) == min(more, MOST_TOLD + 1), repr(str(error))
        assert f" {more} mistakes:" in first or not rest
        return None
