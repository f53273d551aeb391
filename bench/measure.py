"""Runs a command as a fresh process and measures it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from resource import struct_rusage

from bench.account import Group, Verdict, judge
from bench.server import REGION, Conditions, Server

ROOT = Path(__file__).parents[1]
POLL_SECONDS = 0.01
PATIENCE_SECONDS = 3600


@dataclass(frozen=True)
class Tool:
    """A command; "{tmp}" in an argument is a folder that only this run has."""

    name: str
    command: Sequence[str]


@dataclass(frozen=True)
class Measured:
    """One run: seconds, megabytes, calls to CloudWatch Logs, and what became of the account."""

    wall: float
    cpu: float
    peak: float
    exit: int
    calls: int
    throttled: int
    verdict: Verdict
    log: str


def measure(tool: Tool, account: Sequence[Group], conditions: Conditions) -> Measured:
    """Lets the tool loose on a fresh copy of the account."""
    with Server(len(account), conditions) as server, tempfile.TemporaryDirectory(prefix="bench-") as tmp:
        environment = {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": tmp,
        }
        log = Path(tmp, "log")
        began = time.perf_counter()
        status, usage, peak = _run([part.format(tmp=tmp) for part in tool.command], environment, log)
        wall = time.perf_counter() - began
        after = server.outcome()
        return Measured(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=peak,
            exit=os.waitstatus_to_exitcode(status),
            calls=sum(count for action, count in after.calls.items() if action.startswith("logs.")),
            throttled=sum(after.throttled.values()),
            verdict=judge(account, after.days),
            log=log.read_text(errors="replace"),
        )


def _run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> tuple[int, struct_rusage, float]:
    """Exit status, resources used and peak megabytes."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)  # noqa: S603
    peak, deadline = 0.0, time.monotonic() + PATIENCE_SECONDS
    try:
        while True:
            peak = max(peak, _high_water(process.pid))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                return status, usage, peak
            if time.monotonic() > deadline:
                raise TimeoutError(f"{command[0]} took more than {PATIENCE_SECONDS} s")
            time.sleep(POLL_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()


def _high_water(pid: int) -> float:
    """VmHWM in megabytes. Not ru_maxrss, which begins at the size of the process that started this one."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
