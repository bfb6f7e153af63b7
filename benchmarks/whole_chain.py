"""Glasses an hour on one core, the speed of each stage and the peak memory.

    taskset -c 0 python -m benchmarks.whole_chain [--model "pss(rc=1.2)"] [--particles 3000] [--density 0.6]

Medians over samples, after one that compiles and warms up. One process, one thread.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from vitrify.model.catalogue import parse
from vitrify.observables import measure
from vitrify.preparation import Recipe, make_glass


def main() -> None:
    """Make and measure glasses, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="pss(rc=1.2)")
    parser.add_argument("--particles", type=int, default=3000)
    parser.add_argument("--density", type=float, default=0.60)
    parser.add_argument("--temperature", type=float, default=5.4)
    parser.add_argument("--samples", type=int, default=7)
    chosen = parser.parse_args()
    rows = np.array([_sample(chosen, k) for k in range(-1, chosen.samples)][1:])
    liquid, quench, measured, steps, evaluations = np.median(rows, axis=0)
    whole = np.median(rows[:, :3].sum(axis=1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{chosen.model}, N = {chosen.particles}, rho = {chosen.density}, {chosen.samples} samples")
    print(f"liquid   {liquid:7.2f} s  {steps:7.0f} steps, {1e-6 * steps * chosen.particles / liquid:.1f} M atom-steps/s")
    print(f"quench   {quench:7.2f} s  {evaluations:7.0f} force evaluations")
    print(f"measure  {measured:7.2f} s")
    print(f"whole    {whole:7.2f} s  {3600 / whole:7.0f} glasses an hour on one core, peak memory {peak:.0f} MB")


def _sample(chosen: argparse.Namespace, k: int) -> tuple[float, ...]:
    glass = make_glass(
        parse(chosen.model),
        n_particles=chosen.particles,
        density=chosen.density,
        parent_temperature=chosen.temperature,
        rng=np.random.default_rng(k + 1),
        recipe=Recipe(),
    )
    started = time.perf_counter()
    measure(glass)
    spent, made = time.perf_counter() - started, glass.provenance
    liquid, total = float(made["seconds_liquid"]), float(made["seconds"])
    return liquid, total - liquid, spent, float(made["liquid_steps"]), float(made["force_evaluations"])


if __name__ == "__main__":
    main()
