"""The measurement of metering: what it runs is metered, and a file of requests costs what its tokens cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import metering
from tests.conftest import ROOT


def test_a_file_of_requests_costs_what_its_tokens_cost(tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    file.write_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1000,100\n2023-11-16 18:15:47,3000,0\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "bench.meter", "--requests", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.startswith(
        "2 requests of gpt-4.1-mini, 4,000 tokens in, 100 out: 2 lines, 0.001760 USD, "
    )  # 4,000 × 0.40 and 100 × 1.60 per million


def test_every_way_to_meter_is_measured_beside_the_same_without(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in {"ROUNDS": 1, "CALLS": 2, "STREAMS": 1, "CHUNKS": 3}.items():
        monkeypatch.setattr(metering, name, few)
    found = metering.costs()
    assert len({one.what for one in found}) == 7
    assert all(one.added == one.metered - one.plain for one in found)
    assert sum("chunk" in one.what for one in found) == 2
