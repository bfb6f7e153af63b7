"""How hard inputs are shaken: the same examples each time in the default run, new ones in the long run."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from vitrify.errors import UsageError

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


def fast(examples):
    """The default run: always the same examples."""
    return settings(max_examples=examples, derandomize=True, **CALM)


def long(examples):
    """The long run: new examples each time; what fails is printed with @reproduce_failure to repeat it."""
    return settings(max_examples=examples, derandomize=False, print_blob=True, **CALM)


def outcome(function, *arguments):
    """What the function returns, or None where it refuses with one sentence; anything else is a defect."""
    try:
        return function(*arguments)
    except UsageError as error:
        assert str(error).strip()
        assert len(str(error).splitlines()) == 1, repr(str(error))
        return None
