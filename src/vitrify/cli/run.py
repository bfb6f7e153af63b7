"""vitrify run"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vitrify import campaign
from vitrify.backends import DEVICES, number_of_gpus
from vitrify.campaign.limits import Limits, parse_bytes, parse_seconds
from vitrify.campaign.runner import usable_cores
from vitrify.campaign.sharding import parse_shard, shard
from vitrify.errors import UsageError
from vitrify.study import plan, read_study, refuse_another_study, write_identity
from vitrify.study.provenance import other_processor
from vitrify.study.stored import temperatures_made_anew

from .amounts import plain
from .bar import bar
from .device import usable


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Folder of the results; <name of the study>-store unless given.",
)
@click.option("--samples", type=click.IntRange(min=1), help="At most so many samples of each ensemble.")
@click.option("--ensemble", help="This ensemble only, by name.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes of this machine; one a core unless given.")
@click.option("--scheduler", metavar="URL", help="Work on the Dask cluster there, such as tcp://HOST:8786.")
@click.option("--slurm", metavar="FILE.toml", type=click.Path(path_type=Path), help="Work in jobs of a Slurm queue.")
@click.option("--shard", "part", metavar="K/N", help="Part k of n only, in this process: for job arrays.")
@click.option(
    "--time-limit", default="24 h", show_default=True, help="A sample's glass, or one observable, is set aside after it."
)
@click.option("--memory-limit", help="Of a worker, such as 4 GB; its part of the machine's memory unless given.")
@click.option("--device", type=click.Choice(DEVICES), default="cpu", show_default=True, help="cuda: glasses on a GPU.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed before.")
@click.option("--replace-study", is_flag=True, help="Also where the store holds another study, whose place this one takes.")
@click.option("--report/--no-report", default=None, help="Write the report at the end, into STORE/report; not of a shard.")
def run(
    study: Path, store: Path | None, samples: int | None, ensemble: str | None, workers: int | None, scheduler: str | None,
    slurm: Path | None, part: str | None, time_limit: str, memory_limit: str | None, device: str, retry_failed: bool,
    replace_study: bool, report: bool | None,
) -> None:  # fmt: skip
    """Make what STUDY asks for and its store still lacks; safe to stop, to repeat, and to run on many machines at once."""
    spec = read_study(study)
    batches = plan(spec, samples=samples, ensemble=ensemble)
    on_gpu = usable(device) == "cuda" if not (scheduler or slurm) else device == "cuda"
    engine = _engine(workers, scheduler, slurm, part, on_gpu=on_gpu)
    limits = _limits(time_limit, memory_limit, engine)
    if part:
        batches = shard(batches, *parse_shard(part))
    if on_gpu:
        from vitrify.study.on_device import with_gpu

        batches = with_gpu(batches)
    place = campaign.Store.create(store or Path(f"{spec.name}-store"))
    if not replace_study:
        refuse_another_study(spec, place)
    write_identity(spec, place)
    for told in filter(None, [other_processor(spec, place), temperatures_made_anew(spec, place)]):
        click.echo(plain(told), err=True)
    for other in campaign.Presence(place).living():
        click.echo(f"also at work on this store: {other.sentence()}; the work is shared", err=True)
    outcome = campaign.run(
        batches, place, engine=engine, limits=limits, progress=campaign.Progress(), retry_failed=retry_failed
    )
    click.echo(outcome.sentence())
    if outcome.stopped_by:
        sys.exit(128 + outcome.stopped_by)
    outcome.require_all_read()
    if report or (report is None and not part):
        from vitrify.report import write_report  # draws figures: imported when it is needed

        click.echo(f"report: {write_report(place, place.directory / 'report', track=bar)}")


def _engine(
    workers: int | None, scheduler: str | None, slurm: Path | None, part: str | None, *, on_gpu: bool
) -> campaign.Engine:
    """The one that the options ask for. Raises UsageError where they ask for several."""
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
