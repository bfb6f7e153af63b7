"""Arrangements that are no glasses: an fcc crystal with a rattler or shaken, a simple cubic saddle."""

import numpy as np

from vitrify.glass import Glass
from vitrify.models import Mixture, Model, catalogue

ONE_KIND = Mixture(composition=(1.0,), lengths=((1.0,),), masses=(1.0,), labels=("A",))


def saddle():
    """A simple cubic crystal of PSS is no minimum."""
    grid = np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), -1).reshape(-1, 3) * 2.0 ** (1 / 6)
    return Glass(grid, 5 * 2.0 ** (1 / 6), np.zeros(125), Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND))


def rattler():
    """An fcc crystal with one particle alone in a hole."""
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    edge = 2.0 ** (1 / 6) * np.sqrt(2.0)
    positions, box = edge * (cells + basis).reshape(-1, 3), 5 * edge
    near = np.linalg.norm(positions - positions[60] - box * np.rint((positions - positions[60]) / box), axis=1)
    caged = positions[(near == 0) | (near > 1.4)]
    return Glass(caged, box, np.zeros(len(caged)), Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND))


def fcc(model, edge, times=2):
    """An fcc crystal of the first species."""
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.stack(np.meshgrid(*[np.arange(times)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    positions = edge * (cells + basis).reshape(-1, 3)
    return Glass(positions, edge * times, np.zeros(len(positions), dtype=int), model)


def shaken(model, edge=4.1, times=2, seed=5, by=0.15):
    """An fcc crystal whose particles stand beside their places, of any species."""
    crystal, rng = fcc(model, edge, times), np.random.default_rng(seed)
    positions = crystal.positions + rng.normal(scale=by, size=crystal.positions.shape)
    species = rng.permutation(np.arange(len(positions)) % model.mixture.n_species)
    return Glass(positions, crystal.box, species, model)
