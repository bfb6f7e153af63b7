"""How far a liquid must go before its composition has forgotten a random start, wave by wave.

    python studies/composition.py "pss(rc=1.2)" --density 0.6 --temperature 6

S_cc(k) = |Σ_j (δ_jA − x_A) exp(i k·r_j)|²/N begins at x_A x_B, as species are shuffled at random, and goes to its value S∞
in the liquid as exp(−a k² MSD). Prints S_cc by k² MSD, then S∞ and a with errors by bootstrap over liquids, and what
melt_msd that means. Some ten minutes of a core with 30 liquids of N = 3,000.
"""

from __future__ import annotations

import argparse
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit

from vitrify.models.catalogue import parse
from vitrify.preparation.liquid import melt
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start

RANGE = range(-3, 4)
WAVES = np.array([w for w in product(RANGE, repeat=3) if w > (0, 0, 0) and np.dot(w, w) <= 9])  # one of each ±k
SQUARE = np.sum(WAVES**2, axis=1)
RESAMPLES = 100
LEFT = 0.05  # of S∞, to which what is left of the start is to fall


class Relaxation(NamedTuple):
    """S∞ of long waves, and the rate a in S − S∞ ~ exp(−a k² MSD), k in 1/a0 and the MSD in a0²."""

    limit: float
    rate: float


def main() -> None:
    """Melt the liquids, look every 500 steps, print tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("model")
    asked.add_argument("--density", type=float, required=True)
    asked.add_argument("--temperature", type=float, required=True)
    asked.add_argument("--particles", type=int, default=3000)
    asked.add_argument("--liquids", type=int, default=30)
    asked.add_argument("--msd", type=float, default=24.0)
    given = asked.parse_args()
    seen = pd.concat([look(given, k) for k in range(given.liquids)], ignore_index=True)
    seen["k2 MSD"] = pd.cut(seen.k2 * seen.msd, [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, np.inf])
    weighted = seen.assign(value=seen.s * seen.waves).groupby("k2 MSD", observed=True)[["value", "waves"]].sum()
    print((weighted.value / weighted.waves).rename("S_cc").round(4).to_string())
    report(seen)


def look(given: argparse.Namespace, liquid: int) -> pd.DataFrame:
    """S_cc of each |k| of one liquid, from its start to its end."""
    rng, rows = np.random.default_rng([7, liquid]), []
    batch = random_start(parse(given.model), n_particles=given.particles, density=given.density, rng=rng)

    def note(msd: float) -> None:
        glass = batch.glass(0)
        deviation = (glass.species == 0) - np.mean(glass.species == 0)
        power = np.abs(deviation @ np.exp(2j * np.pi * (glass.positions @ WAVES.T) / glass.box)) ** 2 / len(deviation)
        for square in np.unique(SQUARE):
            chosen = square == SQUARE
            k2 = (2.0 * np.pi) ** 2 * square / given.particles ** (2 / 3)
            rows.append((liquid, msd, k2, power[chosen].mean(), chosen.sum()))

    note(0.0)
    melt(
        Samples(batch), temperature=given.temperature, melt_msd=given.msd, rngs=[rng],
        progress=lambda stage: note(stage.done),
    )  # fmt: skip
    return pd.DataFrame(rows, columns=["liquid", "msd", "k2", "s", "waves"])


def fitted(seen: pd.DataFrame, start: float) -> Relaxation:
    """S∞ and a. S∞ is one number for all these waves: in PSS it changes by less than its error up to k a0 = 1.3."""

    def model(x: np.ndarray, limit: float, rate: float) -> np.ndarray:
        return limit + (start - limit) * np.exp(-rate * x)

    found, _ = curve_fit(
        model, seen.k2 * seen.msd, seen.s, p0=[0.8 * start, 0.5], sigma=seen.waves**-0.5, bounds=(0.0, [1.0, 5.0])
    )
    return Relaxation(*found)


def report(seen: pd.DataFrame) -> None:
    """S∞, a, and the way that a liquid has to go."""
    exact = 0.25  # x_A x_B of half and half
    later, rng = seen[seen.msd > 0.0], np.random.default_rng(0)
    parts = [x for _, x in later.groupby("liquid")]
    best = fitted(later, exact)
    drawn = [
        fitted(pd.concat([parts[k] for k in rng.integers(len(parts), size=len(parts))]), exact) for _ in range(RESAMPLES)
    ]
    error = Relaxation(*np.std(drawn, axis=0))
    print(f"start {exact}, S∞ {best.limit:.3f}({error.limit:.3f}), a {best.rate:.2f}({error.rate:.2f})")
    for n in (3000, 50_000, 256_000):
        k2 = (2.0 * np.pi) ** 2 / n ** (2 / 3)
        at_ten = (exact / best.limit - 1.0) * np.exp(-best.rate * k2 * 10.0)
        enough = np.log((exact / best.limit - 1.0) / LEFT) / (best.rate * k2)
        print(f"N = {n}: {100 * at_ten:+.0f} % at an MSD of 10 a0², {100 * LEFT:.0f} % at {enough:.0f} a0²")


if __name__ == "__main__":
    main()
