"""Fusebox and Cloud Custodian doing the same job on the same account, in turn."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from bench.account import QUOTAS, Group, floor_calls, floor_seconds, groups, to_change
from bench.measure import ROOT, Measured, Tool, measure
from bench.server import Conditions

LATENCY = 0.03
FUSEBOX = Tool(
    "Fusebox",
    (
        *(sys.executable, "-m", "cli", "run", "log_retention", "--mode", "enforce"),
        *("--policy", "bench/policy.yaml", "--ledger", "{tmp}/ledger.sqlite3"),
    ),
)
SCENARIOS = ("side", "memory", "limits", "failing")
console, progress = Console(width=100, highlight=False), Console(stderr=True, highlight=False)


def main() -> None:
    """Runs the scenarios that were asked for and prints a table for each."""
    options = _options()
    if not sys.platform.startswith("linux"):
        sys.exit("bench: peak memory is read from /proc, which only Linux has")
    peer = Tool("Custodian", (options.peer, "run", "-s", "{tmp}/out", "bench/custodian.yml"))
    both, count, reps = (FUSEBOX, peer), options.groups, options.reps
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, Custodian {_version(options.peer)}\n")
    for tool in both:  # uncounted: Python compiles what it has not compiled yet
        warm = _measure(tool, groups(20), Conditions())
        if warm.exit or warm.verdict.missed or warm.verdict.wrong:
            sys.exit(f"bench: {tool.name} does not work here (exit {warm.exit}):\n{warm.log[-3000:]}")
    if "side" in options.only:
        _table(f"{count:,} groups", _in_turn(both, groups(count), Conditions(), reps), groups(count))
    if "memory" in options.only:
        sizes = [count * 5, max(count // 10, 1)]
        runs = {f"{n:,} groups": [_measure(FUSEBOX, groups(n), Conditions())] for n in sizes}
        _table("Fusebox on a large and a small account", runs)
    few = groups(max(count // 10, 10))
    if "limits" in options.only:
        quotas = Conditions(latency=LATENCY, limits=QUOTAS)
        title = f"{len(few):,} groups, AWS's default quotas (list 10/s, put 5/s), {LATENCY * 1000:.0f} ms a call"
        _table(title, _in_turn(both, few, quotas, 1), few, floor_seconds(few))
    if "failing" in options.only:
        need = to_change(few)
        denied = Conditions(denied=need[len(need) // 2].name)
        _table(f"{len(few):,} groups, one of which cannot be changed", _in_turn(both, few, denied, 1), few)


def _in_turn(
    tools: Sequence[Tool], account: Sequence[Group], conditions: Conditions, reps: int
) -> dict[str, list[Measured]]:
    """Runs of each tool, A B B A A B …, so that what changes on the machine meanwhile strikes both."""
    runs: dict[str, list[Measured]] = {tool.name: [] for tool in tools}
    for rep in range(reps):
        for tool in tools if rep % 2 == 0 else tools[::-1]:
            runs[tool.name].append(_measure(tool, account, conditions))
    return runs


def _measure(tool: Tool, account: Sequence[Group], conditions: Conditions) -> Measured:
    progress.print(f"… {tool.name}, {len(account):,} groups", style="dim")
    return measure(tool, account, conditions)


def _table(
    title: str, runs: Mapping[str, Sequence[Measured]], account: Sequence[Group] = (), seconds: float | None = None
) -> None:
    """Medians, with the range where there are several runs; the ratio is the first column over the second."""
    first, second = runs
    table = Table(box=MARKDOWN)
    table.add_column("")
    for heading in (first, second, "ratio", *(["floor"] if account else [])):
        table.add_column(heading, justify="right")

    def row(
        label: str, value: Callable[[Measured], float], digits: int = 0, floor: str = "", cost: bool = True
    ) -> None:
        columns = [[value(run) for run in runs[name]] for name in runs]
        over, under = (statistics.median(values) for values in columns)
        ratio = f"{over / under:.2f}" if cost and under else ""
        table.add_row(label, *(_spread(values, digits) for values in columns), ratio, *([floor] if account else []))

    row("wall, s", lambda run: run.wall, 2, "" if seconds is None else f"{seconds:.1f}")
    row("CPU, s", lambda run: run.cpu, 2)
    row("peak memory, MB", lambda run: run.peak)
    row("calls to CloudWatch Logs", lambda run: run.calls, floor=f"{floor_calls(account):,}")
    row("throttled, % of calls", lambda run: 100 * run.throttled / max(run.calls, 1), 1, "0.0", cost=False)
    row("groups to change", lambda run: run.verdict.need, cost=False)
    row("changed rightly", lambda run: run.verdict.right, cost=False)
    row("missed", lambda run: run.verdict.missed, cost=False)
    row("given a wrong value", lambda run: run.verdict.wrong, cost=False)
    row("exit code", lambda run: run.exit, cost=False)
    console.print(f"### {title}", table, sep="\n")


def _spread(values: Sequence[float], digits: int) -> str:
    middle, low, high = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


def _version(custodian: str) -> str:
    asked = subprocess.run([custodian, "version"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return asked.stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--peer", default=".venv-bench/bin/custodian", help="the custodian command")
    parser.add_argument("--groups", type=int, default=10_000, help="side by side; the other sizes follow from it")
    parser.add_argument("--reps", type=int, default=3, help="runs of each tool side by side")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=SCENARIOS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
