"""The replay of a trace: known pods come to known verdicts, outcomes and shares."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench import trace, trace_chart
from bench.pods import MIB, BadTrace, Pod, instance, read
from bench.replay import HOUR, How, Look, looks, quiet_hours, replays, stretches
from bench.trace_tables import afterwards, outcomes, quiet, share
from bench.tradeoff import measure, pods_of, starts, variants, wrong
from functions.idle_gpu.settings import IdleGpuSettings

START = 1_000_000_800
SETTINGS = IdleGpuSettings(mode="enforce", window_minutes=120, settle_minutes=15, memory_held_mib=300)
HEADER = "pod,timestamp,gpu_util_pct,gpu_mem_used_bytes"
GIB = 1 << 30
Pattern = Callable[[int], float | None]


def works_until(minute: int) -> Pattern:
    return lambda at: 50.0 if at < minute else 0.0


def never(_: int) -> float | None:
    return 0.0


def write(path: Path, pods: Mapping[str, tuple[Pattern, int]], minutes: int = 600) -> Path:
    """One sample a minute of each pod, by its pattern and the bytes that it holds."""
    lines = [HEADER]
    for minute in range(minutes + 1):
        for name, (pattern, held) in pods.items():
            value = pattern(minute)
            if value is not None:
                lines.append(f"{name},{START + minute * 60},{value},{held}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def pods(tmp_path: Path) -> list[Pod]:
    def again(at: int) -> float:
        return 50.0 if at < 60 or at == 300 else 0.0

    def sparse(at: int) -> float | None:
        return 0.0 if at % 20 == 0 else None

    file = write(
        tmp_path / "trace.csv",
        {
            "busy": (lambda at: 30.0, 8 * GIB),
            "forgotten": (works_until(60), 0),
            "loaded": (works_until(60), 8 * GIB),
            "again": (again, 8 * GIB),
            "sparse": (sparse, 0),
        },
    )
    return read(file)


def of(pod: str, found: list[Look]) -> list[tuple[int, str, str]]:
    return [((look.at - START) // HOUR, look.verdict, look.outcome) for look in found if look.pod == pod]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: no column pod, timestamp"),
        ("pod,timestamp,gpu_util_pct\n", "line 1: no column gpu_mem_used_bytes"),
        (HEADER + "\n", "no samples"),
        (HEADER + "\na,1,2\n", "line 2: 3 values, 4 columns"),
        (HEADER + "\na,1,2,3\na,soon,2,3\n", "line 3: timestamp 'soon' is no number"),
        (HEADER + "\na,,2,3\n", "line 2: no timestamp"),
        (HEADER + "\n,1,2,3\n", "line 2: no pod"),
        (HEADER + "\na,1,250,3\n", "line 2: gpu_util_pct 250 is not between 0 and 100"),
        (HEADER + "\na,1,nan,3\n", "line 2: gpu_util_pct nan is not between"),
        (HEADER + "\na,1,2,-3\n", "line 2: gpu_mem_used_bytes -3 is not between"),
    ],
)
def test_a_bad_file_ends_in_one_clear_line(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(BadTrace, match=told.replace("(", r"\(")):
        read(file)
    with pytest.raises(SystemExit) as ended:
        trace.main([str(file)])
    assert str(ended.value).startswith(f"trace: {file}: {told}")
    assert "\n" not in str(ended.value)


def test_no_file_and_no_text_are_told_too(tmp_path: Path) -> None:
    with pytest.raises(BadTrace, match="No such file"):
        read(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadTrace, match="no CSV"):
        read(tmp_path / "binary.csv")


def test_reading_takes_any_order_and_leaves_out_what_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    file.write_text(
        "gpu_mem_used_bytes,timestamp,pod,gpu_util_pct\r\n2097152,120,a,1\r\n,60,a,\r\n\r\n1048576,0,a,3\r\n"
    )
    (pod,) = read(file)
    assert (pod.first, pod.last) == (0, 120)
    assert [(one.at, one.value) for one in pod.utilisation] == [(0, 3.0), (120, 1.0)]
    assert [(one.at, one.value) for one in pod.memory] == [(0, 1.0), (120, 2.0)]


def test_a_pod_is_seen_as_periods_of_maxima_and_never_ahead_of_now(tmp_path: Path) -> None:
    (pod,) = read(write(tmp_path / "trace.csv", {"a": (float, 512 * MIB)}, minutes=90))
    seen = instance(pod, replace(SETTINGS, window_minutes=30), START + 47 * 60, pod.first, "quiet")
    assert seen.window is not None
    assert (seen.window.start - START, seen.window.end - START) == (0, 30 * 60)
    (util,), (memory,) = seen.of_kind("utilisation"), seen.of_kind("memory")
    assert [one.value for one in util.points] == [4, 9, 14, 19, 24, 29, 34, 39, 44, 47]
    assert {one.value for one in memory.points} == {512.0}
    assert {one.metric for one in seen.series or ()} >= {"CPUUtilization", "NetworkIn", "NetworkOut"}
    absent = instance(pod, SETTINGS, START + 47 * 60, pod.first, "absent")
    assert {one.kind for one in absent.series or ()} == {"utilisation", "memory"}


def test_known_pods_come_to_known_verdicts(pods: list[Pod]) -> None:
    found = looks(pods, SETTINGS, How())
    assert [verdict for _, verdict, _ in of("busy", found)] == ["young"] * 2 + ["busy"] * 8
    idle = [("young", "left")] * 2 + [("busy", "left")] + [("idle", "stopped")] * 7
    assert [rest for _, *rest in of("forgotten", found)] == [list(one) for one in idle]
    assert of("loaded", found)[3:] == [(hour, "warm_idle", "asked") for hour in range(4, 11)]
    assert {verdict for _, verdict, _ in of("sparse", found)} == {"young", "unknown"}
    again = [verdict for _, verdict, _ in of("again", found)]
    assert again == ["young"] * 2 + ["busy", "warm_idle", "busy", "busy", "busy", "warm_idle", "warm_idle", "warm_idle"]


def test_without_second_signals_nothing_is_ever_stopped(pods: list[Pod]) -> None:
    found = looks(pods, SETTINGS, How(others="absent"))
    assert {look.outcome for look in found} == {"left"}
    assert of("forgotten", found)[-1][1] == "unknown"


def test_work_afterwards_is_known_only_as_far_as_the_trace_goes() -> None:
    look = Look("a", START, "idle", "stopped", START + 90 * 60, START + 5 * HOUR)
    assert [look.worked_within(hours) for hours in (1, 2, 6)] == [False, True, True]
    silent = replace(look, next_work=None)
    assert [silent.worked_within(hours) for hours in (1, 5, 6)] == [False, False, None]
    assert (look.idle_seconds, silent.idle_seconds) == (90 * 60, 5 * HOUR)


def test_a_replay_stops_starts_again_and_counts_the_hours(pods: list[Pod]) -> None:
    unasked, yes = replays(pods, SETTINGS, How())
    assert of("forgotten", unasked.stops) == [(4, "idle", "stopped")]
    assert len(unasked.stops) == 1
    assert unasked.idle_hours == 6
    # "again" is stopped at 4 h, starts at 5 h when it next works, and has been quiet for a window by 8 h.
    assert of("again", yes.stops) == [(4, "warm_idle", "asked"), (8, "warm_idle", "asked")]
    assert yes.idle_hours == 6 + 6 + 1 + 2
    assert [look.pod for look in wrong(yes.stops, 1)] == ["again"]


def test_stretches_without_work(pods: list[Pod]) -> None:
    again = [pod for pod in pods if pod.name == "again"]
    assert [one for one in stretches(again, How()) if one[0] >= 1] == [(241 / 60, True), (5.0, False)]
    assert quiet_hours(again, How()) == pytest.approx(241 / 60 + 5)
    cells = [list(column.cells) for column in quiet(again, How()).columns]
    assert [row[-1] for row in cells] == ["4 h", "2", "1 of 2 (50.0 %)", "0"]


def test_the_tables_show_the_shares(pods: list[Pod]) -> None:
    found = looks(pods, SETTINGS, How())
    rows = list(zip(*(column.cells for column in outcomes({"quiet": found, "absent": []}, 5).columns), strict=True))
    assert [row[:2] for row in rows] == [
        ("stopped at once", "1 of 5 (20.0 %)"),
        ("asked about", "2 of 5 (40.0 %)"),
        ("left", "2 of 5 (40.0 %)"),
    ]
    first = next(zip(*(column.cells for column in afterwards(found, 5).columns), strict=True))
    assert first == ("1 h", "0 of 5 (0.0 %)", "1 of 5 (20.0 %)", "1 of 18", "3 of 18")
    assert share(1, 0) == "–"


def test_a_shorter_window_recovers_more_and_errs_more(pods: list[Pod]) -> None:
    results = {}
    for minutes in (60, 120, 300):
        results[minutes] = measure(pods, replace(SETTINGS, window_minutes=minutes), How(), HOUR, (1, 24))[1]
    assert results[60].hours > results[120].hours > results[300].hours
    assert [results[minutes].wrong_pods for minutes in (60, 120, 300)] == [(0, 1), (1, 1), (0, 0)]


def test_variants_differ_from_the_present_settings_in_what_they_name() -> None:
    found = list(variants(SETTINGS))
    assert {one.changed for one in found} == {
        "window_minutes",
        "threshold_percent",
        "coverage",
        "memory_held_mib",
        "warm_idle",
    }
    for one in found:
        back = {"window_minutes": 120, one.changed: getattr(SETTINGS, one.changed)}
        assert replace(one.settings, **back) == SETTINGS
        assert getattr(one.settings, one.changed) == one.value
    assert [one.value for one in found if one.is_present] == [120, 2.0, 0.9, 300, "ask"]


def test_sweeps_are_tried_from_every_start() -> None:
    assert [one.offset for one in starts(How(every=HOUR), 900)] == [0, 900, 1800, 2700]
    assert pods_of([]) == 0


def test_the_chart_is_one_svg_with_rows_labels_and_marks(pods: list[Pod]) -> None:
    found = looks(pods, SETTINGS, How())
    text = trace_chart.draw(pods, found, How(), HOUR, "a <title>")
    texts = ["".join(one.itertext()) for one in ET.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]
    assert {
        "a <title>",
        "warm idle",
        "idle",
        "busy",
        "unknown",
        "idle: would stop",
        *(pod.name for pod in pods),
    } <= set(texts)
    assert text.count('class="ends"') == 2  # the legend's, and the hour in which "again" worked
    assert "prefers-color-scheme: dark" in text
    assert "href" not in text
    assert trace_chart.wrong([one for one in found if one.pod == "again"]) == [(START + 4 * HOUR, START + 5 * HOUR)]


def test_the_report_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "trace.csv", {"forgotten": (works_until(60), 0), "busy": (lambda at: 9.0, 0)}, minutes=420)
    trace.main([str(file), "--out", str(tmp_path / "out"), "--step", "60", "--window", "120"])
    told = capsys.readouterr().out
    assert "2 pods as instances" in told
    assert re.search(r"\| stopped at once \| +1 of 2 \(50.0 %\) \| +0 of 2 \(0.0 %\) \|", told)
    assert "window_minutes" in told
    assert (tmp_path / "out/trace.md").read_text() == told
    assert (tmp_path / "out/trace.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--every", "600"], "the trace is shorter"),
        (["--window", "5"], "window_minutes is at least"),
        (["--out", "{file}/x", "--no-tradeoff"], "Not a directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], told: str, tmp_path: Path) -> None:
    file = write(tmp_path / "trace.csv", {"a": (never, 0)}, minutes=90)
    with pytest.raises(SystemExit, match=told) as ended:
        trace.main([str(file), *(one.format(file=file) for one in arguments)])
    assert "\n" not in str(ended.value)
