"""What idle_gpu would have said of the pods of a trace, whom it would have stopped wrongly, and by which settings."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import trace_chart
from bench import trace_tables as tables
from bench.pods import BadTrace, Pod, read
from bench.replay import HOUR, How, looks, quiet_hours
from bench.tradeoff import starts
from functions.idle_gpu.settings import IdleGpuSettings

ASSUMED = (
    "CPU, network and disk are not in the trace. *quiet*: taken as near zero throughout, so that nothing but the GPU "
    "keeps an instance from being stopped (the worst case). *absent*: as not known, from which no stop ever follows."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the tables, and writes them and the chart to a folder where one is named."""
    options = _options(arguments)
    try:
        pods = read(options.file)
    except BadTrace as error:
        sys.exit(f"trace: {options.file}: {error}")
    try:
        settings = IdleGpuSettings(mode="enforce")
        settings = replace(settings, window_minutes=options.window or settings.window_minutes)
    except ValueError as error:
        sys.exit(f"trace: {error}")
    how = How(every=options.every * 60, work_percent=options.work)
    step = min(options.step * 60, how.every)
    if how.every >= max(pod.last for pod in pods) - min(pod.first for pod in pods):
        sys.exit(f"trace: {options.file}: the trace is shorter than the {options.every} min between two sweeps")
    report = Console(width=180, highlight=False, record=bool(options.out))
    for part in _parts(pods, settings, how, step, tradeoff=not options.no_tradeoff):
        report.print(part, soft_wrap=isinstance(part, str), markup=False)
    if options.out:
        title = f"idle_gpu over {len(pods)} pods, window {settings.window_minutes} min: verdicts over time"
        shown = [look for one in starts(how, step) for look in looks(pods, settings, one)]
        try:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / "trace.md").write_text(report.export_text(), encoding="utf-8")
            (options.out / "trace.svg").write_text(trace_chart.draw(pods, shown, how, step, title), encoding="utf-8")
        except OSError as error:
            sys.exit(f"trace: {options.out}: {error.strerror}")


def _parts(
    pods: Sequence[Pod], settings: IdleGpuSettings, how: How, step: int, *, tradeoff: bool
) -> Iterator[str | Table]:
    seen = {
        others: [look for one in starts(replace(how, others=others), step) for look in looks(pods, settings, one)]
        for others in tables.READINGS
    }
    yield f"## {len(pods)} pods as instances with one GPU\n\n{_about(pods)} {ASSUMED}\n"
    yield (
        f"A sweep every {how.every / 60:g} min, from every {step / 60:g} min of that on; work is any sample over "
        f"{how.work_percent:g}%. Window {settings.window_minutes} min, threshold {settings.threshold_percent:g}%, "
        f"coverage {settings.coverage:.0%}, memory held {settings.memory_held_mib} MiB.\n\n### Verdicts\n"
    )
    yield tables.verdicts(seen, len(pods))
    yield "\n### What would have become of the pods\n"
    yield tables.outcomes(seen, len(pods))
    yield "\n### Worked again after the sweep that would have stopped it\n"
    yield tables.afterwards(seen["quiet"], len(pods))
    yield "\n### How long quiet lasts\n"
    yield tables.quiet(pods, how)
    if tradeoff:
        most = quiet_hours(pods, how)
        yield (
            f"\n### Settings (*quiet* reading; an instance is started again when it next works)\n\nGPU-hours: of "
            f"{sum(pod.last - pod.first for pod in pods) / HOUR:.0f} in all, {most:.0f} lie in stretches of an hour or "
            "more without work. Every question is answered yes, up to *unasked*. Pods are counted over all starts of "
            "the sweep, stops and hours are means of one run. *wrong*: worked again within an hour, or at any later "
            "time that the trace shows. An asterisk marks the settings above.\n"
        )
        yield tables.trade(pods, settings, how, step, most)


def _about(pods: Sequence[Pod]) -> str:
    points = [point for pod in pods for point in pod.utilisation]
    hours = (max(pod.last for pod in pods) - min(pod.first for pod in pods)) / HOUR
    apart = [after.at - before.at for pod in pods for before, after in pairwise(pod.utilisation)]
    spacing = f", one every {statistics.median(apart):.0f} s" if apart else ""
    zero = sum(point.value == 0 for point in points)
    return f"{len(points):,} samples in {hours:.1f} h{spacing}; {tables.share(zero, len(points))} are exactly 0%."


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.trace", description=__doc__)
    parser.add_argument("file", type=Path, help="CSV with pod, timestamp, gpu_util_pct, gpu_mem_used_bytes")
    parser.add_argument("--out", type=Path, help="folder for trace.md and the chart trace.svg")
    parser.add_argument("--every", type=_minutes, default=60, help="minutes between two sweeps")
    parser.add_argument("--step", type=_minutes, default=1, help="minutes between the starts of sweeps that are tried")
    parser.add_argument("--window", type=_minutes, help="window_minutes other than the default")
    parser.add_argument("--work", type=float, default=0.0, help="a pod works when it uses more percent than this")
    parser.add_argument("--no-tradeoff", action="store_true", help="leave the settings out, which take minutes")
    return parser.parse_args(arguments)


def _minutes(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes")
    return int(text)


if __name__ == "__main__":
    main()
