"""Verdicts over time as an SVG of its own: a row for each pod, a band for what was said, dots for what it did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bench.pods import Pod
from bench.replay import HOUR, How, Look

LEFT, RIGHT, TOP, ROW, BAND, HOUR_WIDTH = 118, 20, 116, 30, 16, 48
LETTER = 5.8
"""Width of a letter of a band's label."""
COLOURS: Mapping[str, tuple[str, str, str]] = {
    # verdict: its colour, the colour of text on it, what it means. Okabe and Ito's palette, told apart by the
    # colour-blind; what could end in a stop is warm, the rest is cool or grey.
    "busy": ("#0072b2", "#ffffff", "busy"),
    "starved": ("#009e73", "#000000", "starved"),
    "young": ("#9fd4f2", "#000000", "young: not long enough in the trace"),
    "unknown": ("#8a8a8a", "#000000", "unknown: too little data"),
    "warm_idle": ("#e69f00", "#000000", "warm idle: would ask"),
    "idle": ("#d55e00", "#000000", "idle: would stop"),
    "likely_idle": ("#cc79a7", "#000000", "likely idle: would ask"),
}
STYLE = """
svg { --ink: #1a1a1a; --soft: #595959; --line: #d0d0d0; --paper: #ffffff; background: var(--paper) }
@media (prefers-color-scheme: dark) {
  svg { --ink: #f0f0f0; --soft: #b4b4b4; --line: #444444; --paper: #16181c }
}
text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink) }
.title { font-size: 15px; font-weight: 600 } .soft { fill: var(--soft) } .mono { font-family: monospace }
.line { stroke: var(--line); stroke-width: 1 } .dots { stroke: var(--ink); stroke-width: 3; stroke-linecap: round }
.wrong { fill: var(--ink) } .ends { stroke: var(--ink); stroke-width: 3 }
""".strip()


@dataclass(frozen=True)
class Run:
    """A stretch over which a pod had the same verdict."""

    verdict: str
    start: int
    end: int


def runs(looks: Sequence[Look], every: int) -> list[Run]:
    """Looks of one pod in order of time, put together; each verdict holds until the next look, or for `every`."""
    found: list[Run] = []
    for look in sorted(looks, key=lambda one: one.at):
        end = min(look.at + every, look.last)
        if found and found[-1].verdict == look.verdict and found[-1].end >= look.at:
            found[-1] = Run(look.verdict, found[-1].start, max(end, found[-1].end))
        else:
            found.append(Run(look.verdict, look.at, end))
    return found


def wrong(looks: Sequence[Look]) -> list[tuple[int, int]]:
    """From when on one pod would be stopped or asked about within the hour before it worked again, and that work."""
    found: dict[int, int] = {}
    for look in sorted(looks, key=lambda one: one.at):
        if look.outcome != "left" and look.worked_within(1) and look.next_work is not None:
            found.setdefault(look.next_work, look.at)
    return [(at, until) for until, at in found.items()]


def draw(pods: Sequence[Pod], looks: Sequence[Look], how: How, every: int, title: str) -> str:
    """The chart, as one SVG document without scripts, fonts or anything else from outside."""
    start, end = min(pod.first for pod in pods), max(pod.last for pod in pods)
    width = LEFT + (end - start) / HOUR * HOUR_WIDTH + RIGHT
    height = TOP + ROW * len(pods) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'height="{height}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title><style>{STYLE}</style>',
        f'<text class="title" x="12" y="24">{escape(title)}</text>',
        *_legend({look.verdict for look in looks}, every),
        *_axis(end - start, height),
    ]
    for number, pod in enumerate(pods):
        parts += _row(pod, [look for look in looks if look.pod == pod.name], how, every, TOP + number * ROW, start)
    return "\n".join([*parts, "</svg>", ""])


def _x(seconds: float) -> float:
    return round(LEFT + seconds / HOUR * HOUR_WIDTH, 1)


def _legend(verdicts: set[str], every: int) -> Iterator[str]:
    x = 12.0
    for verdict, (colour, _, meaning) in COLOURS.items():
        if verdict in verdicts:
            yield f'<rect x="{x:.0f}" y="40" width="18" height="14" rx="2" fill="{colour}"/>'
            yield f'<text x="{x + 24:.0f}" y="51">{meaning}</text>'
            x += 24 + len(meaning) * LETTER + 22
    yield '<path class="dots" d="M14 74h0M20 74h0M26 74h0"/><text x="36" y="78">it worked</text>'
    yield '<path class="wrong" d="M118 76l4 -8h-8z"/><path class="ends" d="M118 76h24"/>'
    yield '<text x="150" y="78">would be stopped or asked about, and worked again within an hour</text>'
    yield f'<text class="soft" x="560" y="78">judged every {every / 60:g} min; no band: not judged</text>'


def _axis(seconds: int, height: int) -> Iterator[str]:
    for hour in range(0, seconds // HOUR + 1, 2):
        x = _x(hour * HOUR)
        yield f'<line class="line" x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{height - 24}"/>'
        yield f'<text class="soft" x="{x}" y="{TOP - 13}" text-anchor="middle">{hour} h</text>'
        yield f'<text class="soft" x="{x}" y="{height - 10}" text-anchor="middle">{hour} h</text>'


def _row(pod: Pod, looks: Sequence[Look], how: How, every: int, y: int, start: int) -> Iterator[str]:
    yield f'<text class="mono" x="12" y="{y + 12}">{escape(pod.name[:14])}</text>'
    for run in runs(looks, every):
        x, wide = _x(run.start - start), (run.end - run.start) / HOUR * HOUR_WIDTH
        colour, ink, _ = COLOURS[run.verdict]
        label = run.verdict.replace("_", " ")
        told = f"{label}, {(run.start - start) / HOUR:.1f} to {(run.end - start) / HOUR:.1f} h"
        yield f'<rect x="{x}" y="{y}" width="{max(wide, 1):.1f}" height="{BAND}" fill="{colour}">'
        yield f"<title>{told}</title></rect>"
        if wide > len(label) * LETTER + 4:
            yield f'<text x="{x + 4}" y="{y + 12}" style="fill:{ink}">{label}</text>'
    for at, until in wrong(looks):
        x = _x(at - start)
        yield f'<path class="wrong" d="M{x} {y}l4 -8h-8z"/><path class="ends" d="M{x} {y}H{_x(until - start)}"/>'
    dots = {_x((at - start) // 300 * 300 + 150) for at in pod.works_at(how.work_percent)}
    if dots:
        yield f'<path class="dots" d="{"".join(f"M{x} {y + BAND + 5}h0" for x in sorted(dots))}"/>'
