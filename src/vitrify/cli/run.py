"""vitrify run"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from vitrify import campaign
from vitrify.backends import DEVICES, number_of_gpus
from vitrify.backends.compiling import compiling_now, kernels_kept
from vitrify.campaign.journal import read_columns
from vitrify.campaign.sharding import parse_shard, shard
from vitrify.campaign.watchdog import Limits, parse_bytes, parse_seconds
from vitrify.cores import usable_cores
from vitrify.errors import UsageError
from vitrify.study import Ledger, StudySpec, joined_study, plan, read_study, refuse_another_study, write_manifest
from vitrify.study.earlier import temperatures_made_anew
from vitrify.study.manifest import stored_ledger
from vitrify.study.results import other_processor
from vitrify.study.status import product_statuses, wall_hours
from vitrify.waiting import doing, seconds_in_words, shown

from .amounts import plain
from .bar import bar, said
from .command import Command, StudyName
from .device import usable


@click.command(
    cls=Command,
    examples=[
        (
            "Make the quick study, which vitrify brings, in the folder quick-store, and write its report to "
            "quick-store/report.",
            "vitrify run quick",
        ),
        (
            "Make two samples of each ensemble of your own study first, with four worker processes.",
            "vitrify run mine.toml --samples 2 --workers 4",
        ),
    ],
)
@click.argument("study", required=False, type=StudyName())
@click.option(
    "--store",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    show_default="NAME-store, with the name of the study",
    help="Folder for the results. Where STUDY is left out, the study that this folder holds is run.",
)
@click.option(
    "--samples",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="all",
    help="Make at most this many samples of each ensemble.",
)
@click.option("--ensemble", metavar="NAME", show_default="all", help="Make only the ensemble with this name.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="one per core",
    help="Number of worker processes on this machine.",
)
@click.option(
    "--scheduler",
    metavar="URL",
    help="Let the workers of a Dask cluster do the work; its address, such as tcp://HOST:8786.",
)
@click.option(
    "--slurm",
    metavar="FILE.toml",
    type=click.Path(path_type=Path),
    help="Let jobs of a Slurm queue do the work; this file says how they are submitted (`vitrify schema slurm`).",
)
@click.option(
    "--shard",
    "part",
    metavar="K/N",
    help="Do only part K of N parts of the work, from 1/N to N/N, in this process. Each job of a job array can do one.",
)
@click.option(
    "--time-limit",
    metavar="TIME",
    default="24 h",
    show_default=True,
    help="Longest time for one glass or one observable, in s, min, h or d. What takes longer is recorded as failed.",
)
@click.option(
    "--memory-limit",
    metavar="SIZE",
    show_default="an equal share of the machine's memory",
    help="Largest memory of one worker, such as 4 GB.",
)
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    default="cpu",
    show_default=True,
    help="Device that makes the glasses; cuda is an NVIDIA GPU.",
)
@click.option("--retry-failed", is_flag=True, help="Repeat the tasks that failed before, which are skipped otherwise.")
@click.option("--replace-study", is_flag=True, help="Put STUDY in place of another study that the store holds.")
@click.option(
    "--pack/--no-pack",
    default=True,
    help="Pack small results, some hundred to a file, during the run. Without packing each result has a file of its own.",
)
@click.option(
    "--report/--no-report",
    default=None,
    show_default="--report, but --no-report for a shard",
    help="Write the report to the folder report in the store at the end.",
)
def run(
    study: Path | None, store: Path | None, samples: int | None, ensemble: str | None, workers: int | None,
    scheduler: str | None, slurm: Path | None, part: str | None, time_limit: str, memory_limit: str | None, device: str,
    retry_failed: bool, replace_study: bool, pack: bool, report: bool | None,
) -> None:  # fmt: skip
    """Make the results that STUDY asks for and that its store still lacks, and write the report.

    STUDY is a study file, or the name of a study that vitrify brings (`vitrify study --list` shows these names). You can
    stop a run at any time with Ctrl-C: the same command goes on where it was stopped. The same command on several machines
    that share the folder of the store shares the work among them."""
    spec, folder = _asked(study, store, replace_study=replace_study)
    ledger = Ledger(spec)
    with said("listing the tasks of the study"):
        units = plan(ledger, samples=samples, ensemble=ensemble)
    on_gpu = usable(device) == "cuda" if not (scheduler or slurm) else device == "cuda"
    engine = _engine(workers, scheduler, slurm, part, on_gpu=on_gpu)
    limits = _limits(time_limit, memory_limit, engine)
    if part:
        units = shard(units, *parse_shard(part))
    if on_gpu:
        from vitrify.study.on_device import with_gpu

        units = with_gpu(units)
    place = campaign.Store.create(folder)
    if not replace_study:
        refuse_another_study(spec, place)
    write_manifest(ledger, place)
    for told in filter(None, [other_processor(ledger, place), temperatures_made_anew(ledger, place)]):
        click.echo(plain(told), err=True)
    for other in campaign.Leases(place).living():
        click.echo(f"also at work on this store: {other.sentence()}; the work is shared", err=True)
    about = None if part else _told_cost(ledger.chosen(samples=samples, ensemble=ensemble), place, engine.workers)
    progress = campaign.Progress(about=about, looks=(_compiling_told(),))
    outcome = campaign.run(
        units, place, engine=engine, limits=limits, progress=progress, retry_failed=retry_failed, packed=pack
    )
    click.echo(outcome.sentence())
    if outcome.stopped_by:
        sys.exit(128 + outcome.stopped_by)
    outcome.require_all_read()
    if report or (report is None and not part):
        from vitrify.look import write_stored_page  # these draw figures: imported when they are needed
        from vitrify.report import write_report

        with said("report"):
            page = write_report(place, place.directory / "report", track=bar, glass_page=write_stored_page)
        click.echo(f"report: {page}")


def _told_cost(ledger: Ledger, place: campaign.Store, workers: int) -> float | None:
    """Seconds that all that is missing takes on these workers, by the store's log and the table of costs; said before the
    work begins. None where nobody knows."""
    with shown(), doing("reading what the store holds"):
        found = product_statuses(ledger, place, log=read_columns(place))
    missing = sum(x.missing for x in found)
    hours = wall_hours(found, workers) if workers else 0.0
    if not missing or not hours:
        return None
    about = f"about {seconds_in_words(3600.0 * hours)} on {workers} {'worker' if workers == 1 else 'workers'}"
    click.echo(f"{missing:,} results are missing: {about}, and kernels that are new here are compiled first", err=True)
    return 3600.0 * hours


def _compiling_told() -> Callable[[], str]:
    """A look at whether kernels are compiled, and how many are new since this moment."""
    before = kernels_kept()

    def look() -> str:
        return f"compiling kernels, once, {kernels_kept() - before} so far" if compiling_now() else ""

    return look


def _asked(study: Path | None, store: Path | None, *, replace_study: bool) -> tuple[StudySpec, Path]:
    """The study to be run, with what was imported into its store, and the folder of that. Raises UsageError."""
    if study is None:
        if store is None:
            raise UsageError("run has nothing to run: give STUDY, or --store DIR for the study that a store holds")
        return stored_ledger(campaign.Store(store)).study, store
    spec = read_study(study)
    folder = store or Path(f"{spec.name}-store")
    return spec if replace_study else joined_study(spec, folder), folder


def _engine(
    workers: int | None, scheduler: str | None, slurm: Path | None, part: str | None, *, on_gpu: bool
) -> campaign.Engine:
    """The engine that the options ask for. Raises UsageError where they ask for several."""
    asked = {"--workers": workers, "--scheduler": scheduler, "--slurm": slurm}
    given = [name for name, value in asked.items() if value]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot go together: each says where the work is done")
    if scheduler:
        return campaign.Address(scheduler)
    if slurm:
        return campaign.Slurm(campaign.read_slurm(slurm))
    number = workers or (1 if part else usable_cores())
    name = f"shard {part}" if part else ""
    return (
        campaign.Local(number, name, gpus=number_of_gpus() if on_gpu else 0)
        if number > 1
        else campaign.Here(name or "in its own process")
    )


def _limits(time_limit: str, memory_limit: str | None, engine: campaign.Engine) -> Limits:
    if memory_limit:
        return Limits(parse_seconds(time_limit), parse_bytes(memory_limit))
    return Limits(parse_seconds(time_limit), engine.memory)
