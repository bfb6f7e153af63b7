"""Glass formers of the literature under the names that people give them: a potential of the catalogue with its mixture.

A name is a short way of writing: kob_andersen() is lennard_jones(rc=2.5) with its mixture, which is what files and digests
say. How sure a number is: (V) its energy and forces were computed here for configurations that others published; (S) read
in a public source; (M) known by memory.
"""

from __future__ import annotations

from typing import Any

from .mixture import PAPERS, Mixture
from .molecule import Molecule
from .potentials.stillinger_weber import StillingerWeber
from .registry import GLASS_FORMERS, GlassFormer, register_glass_former
from .sizes import Sizes

__all__ = ["GLASS_FORMERS", "GlassFormer"]
KOB_ANDERSEN_PAIRS: dict[str, Any] = {"lengths": ((1.0, 0.8), (0.8, 0.88)), "energies": ((1.0, 1.5), (1.5, 0.5))}
LARGEST_OVER_LEAST = 2.219  # of the sizes of Ninarello, Berthier and Coslovich, whose mean is 1
LEAST = (1.0 + 1.0 / LARGEST_OVER_LEAST) / 2.0  # p ~ λ⁻³ has mean 2 a b/(a + b)


@register_glass_former
def kob_andersen() -> GlassFormer:
    """The 80:20 Lennard-Jones mixture of Kob and Andersen, PRE 51, 4626 (1995): ε 1, 1.5, 0.5; λ 1, 0.8, 0.88; cut at 2.5
    λ_ij. Usual density 1.2 (S).

    The original is truncated and shifted. Here φ, φ' and φ'' vanish at the cutoff, as moduli and modes need; theirs is
    "lennard_jones(rc=2.5, smooth_to=0)" with the same mixture."""
    return GlassFormer(
        "lennard_jones", {"rc": 2.5}, Mixture(composition=(0.8, 0.2), **KOB_ANDERSEN_PAIRS), 1.2,
        summary="Kob and Andersen's 80:20 Lennard-Jones mixture, smooth at 2.5 λ_ij",
    )  # fmt: skip


@register_glass_former
def kob_andersen_2d() -> GlassFormer:
    """The 65:35 mixture of Kob and Andersen's pairs that does not crystallise in two dimensions: Brüning, St-Onge,
    Patterson and Kob, J. Phys.: Condens. Matter 21, 035117 (2009). Usual density 1.2 in two dimensions (M)."""
    return GlassFormer(
        "lennard_jones", {"rc": 2.5}, Mixture(composition=(0.65, 0.35), **KOB_ANDERSEN_PAIRS), 1.2, 2,
        summary="Kob and Andersen's pairs 65:35, for two dimensions",
    )  # fmt: skip


@register_glass_former
def bipl() -> GlassFormer:
    """The 50:50 mixture of inverse-power-law spheres (BIPL) of Lerner and co-workers: (λ/r)^10, value and three derivatives
    zero at 1.48 λ_ij; λ 1, 1.18, 1.4 (V). Usual density 0.82; 0.86 in two dimensions (V)."""
    return GlassFormer(
        "inverse_power", {"exponent": 10, "rc": 1.48, "smooth_to": 3}, PAPERS, 0.82,
        summary="50:50 soft spheres (λ/r)^10, smooth to φ''' at 1.48 λ_ij",
    )  # fmt: skip


@register_glass_former
def polydisperse_ipl() -> GlassFormer:
    """Polydisperse soft spheres (POLY) of Lerner and co-workers: (λ/r)^10, value and three derivatives zero at 1.4 λ_ij
    (S); p(λ) ~ λ⁻³ from 1 to 2.22, n_a = 0.1 (V, in two dimensions). Usual density 0.58 (M, not sure)."""
    return GlassFormer(
        "inverse_power", {"exponent": 10, "rc": 1.4, "smooth_to": 3},
        Mixture(sizes=Sizes.power_law(1.0, 2.22), nonadditivity=0.1), 0.58,
        summary="soft spheres (λ/r)^10 with sizes p ~ λ⁻³ from 1 to 2.22",
    )  # fmt: skip


@register_glass_former
def polydisperse_ipl_2d() -> GlassFormer:
    """Polydisperse soft disks of Lerner and co-workers: as polydisperse_ipl, smooth at 1.5 λ_ij. Usual density 0.65 in two
    dimensions (V)."""
    return GlassFormer(
        "inverse_power", {"exponent": 10, "rc": 1.5, "smooth_to": 3},
        Mixture(sizes=Sizes.power_law(1.0, 2.22), nonadditivity=0.1), 0.65, 2,
        summary="soft disks (λ/r)^10 with sizes p ~ λ⁻³ from 1 to 2.22, for two dimensions",
    )  # fmt: skip


@register_glass_former
def ninarello() -> GlassFormer:
    """Polydisperse soft spheres of Ninarello, Berthier and Coslovich, PRX 7, 021039 (2017), which swap Monte Carlo brings
    to equilibrium at very low temperatures: (λ/r)^12, value and two derivatives zero at 1.25 λ_ij; p(λ) ~ λ⁻³ with largest
    over least 2.219 and mean 1; n_a = 0.2 (S). Usual density 1 (M)."""
    sizes = Sizes.power_law(round(LEAST, 6), round(LEAST * LARGEST_OVER_LEAST, 6))
    return GlassFormer(
        "inverse_power", {"exponent": 12, "rc": 1.25}, Mixture(sizes=sizes, nonadditivity=0.2), 1.0,
        summary="soft spheres (λ/r)^12 with sizes p ~ λ⁻³ of mean 1, nonadditive, made for swap Monte Carlo",
    )  # fmt: skip


@register_glass_former
def hertzian_spheres() -> GlassFormer:
    """50:50 Hertzian spheres (HRZ) with contact distances 1, 1.2, 1.4 (S); φ = (2/5)(1 − r/λ)^(5/2), whose prefactor, which
    only scales temperature and moduli, is (M). Usual density 0.938 (S)."""
    return GlassFormer(
        "hertzian",
        {},
        Mixture(lengths=((1.0, 1.2), (1.2, 1.4))),
        0.938,
        summary="50:50 Hertzian spheres, contacts at 1, 1.2, 1.4",
    )


@register_glass_former
def mw_water() -> GlassFormer:
    """Coarse-grained water (mW), one particle per molecule: Stillinger and Weber's potential with stronger angles, Molinero
    and Moore, J. Phys. Chem. B 113, 4008 (2009): strength 23.15 (S). In their units λ is 2.3925 Å and ε is 6.189 kcal/mol
    (S). Usual density 0.44, amorphous ice of 0.96 g/cm³ (M)."""
    return GlassFormer(
        "stillinger_weber", {"strength": 23.15}, StillingerWeber.usual_mixture, 0.44,
        summary="coarse-grained water of Molinero and Moore, tetrahedral, one particle per molecule",
    )  # fmt: skip


@register_glass_former
def cu_zr() -> GlassFormer:
    """Cu50Zr50 in the second-moment approximation of tight binding: copper and zirconium of Cleri and Rosato, Phys. Rev. B
    48, 22 (1993): A, ξ, p and q (M), which their cohesive energies confirm (V); r0 of zirconium is a of its crystal. λ is
    1 Å and ε is 1 eV. Usual density 0.056 in Å⁻³, where its glasses have little pressure.

    The numbers of unlike atoms are this package's, not published: the geometric means of A and ξ and the arithmetic means
    of p, q and r0."""
    return GlassFormer(
        "second_moment", {"A_2": 0.1934, "xi_2": 2.2792, "p_2": 8.25, "q_2": 2.249, "r0_2": 3.232},
        Mixture(composition=(0.5, 0.5), lengths=((1.0, 1.0), (1.0, 1.0)), labels=("Cu", "Zr")), 0.056,
        summary="Cu50Zr50, a metallic glass in the second-moment approximation, in eV and Å",
    )  # fmt: skip


ONE_SPECIES = Mixture(composition=(1.0,), lengths=((1.0,),))


@register_glass_former
def kremer_grest() -> GlassFormer:
    """Chains of ten Lennard-Jones beads on FENE bonds, after Kremer and Grest, J. Chem. Phys. 92, 5057 (1990): K = 30, R0 =
    1.5, ε = σ = 1 (M); bonded beads have the repulsion of the bond alone, as with LAMMPS' special_bonds fene.

    The original pairs only repel (cut at 2^(1/6)), at density 0.85; its quenched melts lose their contacts there. Here the
    pairs attract, as in the glass former of Bennemann, Paul, Binder and Dünweg, PRE 57, 843 (1998), cut there at 2·2^(1/6)
    (M), here smooth at 2.5. Usual density 1 (M, not sure)."""
    return GlassFormer(
        "lennard_jones", {"rc": 2.5}, ONE_SPECIES, 1.0,
        summary="chains of ten Lennard-Jones beads on FENE bonds, after Kremer and Grest",
        molecule=Molecule.parse("{sites 10; bonds fene(k=30, r0=1.5, epsilon=1, sigma=1) chain}"),
    )  # fmt: skip


@register_glass_former
def lewis_wahnstrom_otp() -> GlassFormer:
    """Ortho-terphenyl of Lewis and Wahnström, PRE 50, 3865 (1994): molecules of three Lennard-Jones sites in an isosceles
    triangle with two sides of σ and 75° between them (M). Usual density 0.95 sites in σ⁻³, which is 1.08 g/cm³ (M).

    The original triangles are rigid; here three stiff bonds of K = 1000 ε/σ² hold them, a choice of this package, and pairs
    are smooth at 2.5 σ."""
    return GlassFormer(
        "lennard_jones", {"rc": 2.5}, ONE_SPECIES, 0.95,
        summary="ortho-terphenyl of Lewis and Wahnström: triangles of three Lennard-Jones sites on stiff bonds",
        molecule=Molecule.parse(
            "{sites 3; bonds harmonic(k=1000, r0=1) 1-2,2-3; bonds harmonic(k=1000, r0=1.217523) 1-3; exclude molecules}"
        ),
    )  # fmt: skip
