"""The tables of a trace's report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.box import MARKDOWN
from rich.table import Table

from bench import trace_chart
from bench.pods import Others, Pod
from bench.replay import How, Look, stretches
from bench.tradeoff import Outcome, measure, pods_of, variants, wrong
from functions.idle_gpu.settings import IdleGpuSettings

WITHIN = (1, 2, 6, 24)
QUIET_FOR = (0.25, 0.5, 1, 2, 3, 4)
READINGS: Sequence[Others] = ("quiet", "absent")


def verdicts(seen: Mapping[Others, Sequence[Look]], pods: int) -> Table:
    """How often each verdict was given, by sweeps and by pods that ever had it."""
    table = _table("verdict", *(f"{others}: {what}" for others in READINGS for what in ("share of looks", "pods")))
    counts = {others: Counter(look.verdict for look in found) for others, found in seen.items()}
    for name in trace_chart.COLOURS:
        if not any(counts[others][name] for others in READINGS):
            continue
        cells = []
        for others in READINGS:
            had = pods_of(look for look in seen[others] if look.verdict == name)
            cells += [share(counts[others][name], len(seen[others])), f"{had} of {pods}"]
        table.add_row(name, *cells)
    return table


def outcomes(seen: Mapping[Others, Sequence[Look]], pods: int) -> Table:
    """Pods by the most that would have become of them at any sweep."""
    table = _table("", *READINGS)
    rows: dict[str, list[int]] = {"stopped at once": [], "asked about": [], "left": []}
    for others in READINGS:
        stopped = pods_of(look for look in seen[others] if look.outcome == "stopped")
        touched = pods_of(look for look in seen[others] if look.outcome != "left")
        for row, count in zip(rows.values(), (stopped, touched - stopped, pods - touched), strict=True):
            row.append(count)
    for name, row in rows.items():
        table.add_row(name, *(f"{count} of {pods} ({share(count, pods)})" for count in row))
    return table


def afterwards(found: Sequence[Look], pods: int) -> Table:
    """Pods, and looks, that would have been stopped although work came soon."""
    unasked = [look for look in found if look.outcome == "stopped"]
    yes = [look for look in found if look.outcome != "left"]
    table = _table("within", "unasked: pods", "every question yes: pods", "every question yes: looks", "not known")
    for hours in WITHIN:
        cells = [pods_of(wrong(some, hours)) for some in (unasked, yes)]
        unknown = sum(look.worked_within(hours) is None for look in yes)
        shares = (f"{count} of {pods} ({share(count, pods)})" for count in cells)
        table.add_row(f"{hours} h", *shares, f"{len(wrong(yes, hours))} of {len(yes)}", f"{unknown} of {len(yes)}")
    return table


def quiet(pods: Sequence[Pod], how: How) -> Table:
    """Of the stretches without work that have lasted so long, how many end within the next hour."""
    table = _table("quiet for", "stretches", "worked within the next hour", "not known: the trace ends")
    every = stretches(pods, how)
    for hours in QUIET_FOR:
        lasting = [(length, worked) for length, worked in every if length >= hours]
        known = [worked for length, worked in lasting if worked or length >= hours + 1]
        soon = sum(worked and length <= hours + 1 for length, worked in lasting)
        told = f"{soon} of {len(known)} ({share(soon, len(known))})" if known else "none known"
        table.add_row(f"{hours:g} h", str(len(lasting)), told, str(len(lasting) - len(known)))
    return table


def trade(pods: Sequence[Pod], present: IdleGpuSettings, how: How, step: int, most: float) -> Table:
    """Idle GPU-hours recovered against wrong stops, for every variant of the settings."""
    table = _table("setting", "window", "value", *("pods", "wrong 1 h", "wrong later"), *("stops", "wrong 1 h"))
    for heading in ("wrong later", "GPU-h", "of quiet", "unasked", "wrong 1 h", "GPU-h"):
        table.add_column(heading, justify="right")
    measured: dict[IdleGpuSettings, tuple[Outcome, Outcome]] = {}
    for variant in variants(present):
        changed = variant.settings
        if changed not in measured:
            measured[changed] = measure(pods, changed, how, step, (1, 24))
        unasked, yes = measured[changed]
        table.add_row(
            variant.changed,
            str(changed.window_minutes),
            f"{variant.value} *" if variant.is_present else str(variant.value),
            *(str(count) for count in (yes.pods, *yes.wrong_pods)),
            *(f"{count:.2f}" for count in (yes.stops, *yes.wrong)),
            f"{yes.hours:.1f}",
            share(yes.hours, most),
            *(f"{value:.2f}" for value in (unasked.stops, unasked.wrong[0], unasked.hours)),
        )
    return table


def share(part: float, whole: float) -> str:
    """A part of a whole, in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _table(*headings: str) -> Table:
    table = Table(box=MARKDOWN)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table
