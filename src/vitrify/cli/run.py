"""vitrify run"""

from __future__ import annotations

from pathlib import Path

import click

from vitrify import campaign
from vitrify.backends import DEVICES
from vitrify.study import plan, read_study

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
@click.option("--workers", type=click.IntRange(min=1), help="Processes; one a core unless given.")
@click.option("--device", type=click.Choice(DEVICES), default="cpu", show_default=True, help="cuda: glasses on a GPU.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed before.")
@click.option("--report/--no-report", default=True, help="Write the report at the end, into STORE/report.")
def run(
    study: Path,
    store: Path | None,
    samples: int | None,
    ensemble: str | None,
    workers: int | None,
    device: str,
    retry_failed: bool,
    report: bool,
) -> None:
    """Make what STUDY asks for and its store still lacks; safe to stop and to repeat."""
    spec = read_study(study)
    batches = plan(spec, samples=samples, ensemble=ensemble)
    place = campaign.Store.create(store or Path(f"{spec.name}-store"))
    place.write_text("study.toml", spec.text)
    if usable(device) == "cuda":
        _glasses_on_gpu(batches, place, workers)
    outcome = campaign.run(batches, place, workers=workers, progress=campaign.Progress(), retry_failed=retry_failed)
    click.echo(outcome.sentence())
    if report:
        from vitrify.report import write_report  # draws figures: imported when it is needed

        click.echo(f"report: {write_report(place, place.directory / 'report')}")


def _glasses_on_gpu(batches: list[campaign.Batch], place: campaign.Store, workers: int | None) -> None:
    """Parent temperatures first, then the glasses on the GPU; everything else is left to the engine."""
    from vitrify.backends.choose import gpu
    from vitrify.study.on_device import make_on_device

    campaign.run([x for x in batches if x.counts == 0], place, workers=workers)
    made = make_on_device(batches, place, gpu(), campaign.Progress())
    click.echo(f"{made} glasses made on the GPU")
