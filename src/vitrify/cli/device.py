"""The device of a command. Where no GPU can be used, one line says so and the CPU does the work."""

from __future__ import annotations

import click

from vitrify.backends import no_gpu


def usable(device: str) -> str:
    """The device that will do the work."""
    reason = no_gpu() if device == "cuda" else None
    if reason is None:
        return device
    click.echo(f"no GPU is used: {reason}; working on the CPU", err=True)
    return "cpu"
