"""Runs handlers in child processes that hold the template's environment, the role's credentials and nothing
else.

A function keeps its idle children warm, as Lambda keeps its execution environments; a child that crashes,
times out or fails to initialise is replaced. Two invocations at once use two children.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from local.wiring import Function

Credentials = Mapping[str, str]
INIT_SECONDS = 10.0
"""Lambda's limit for importing a function's code; it does not count against the function's timeout."""


@dataclass(frozen=True)
class Outcome:
    """What an invocation came to. `error` is Lambda's error object; then `result` is None."""

    result: Any
    error: Mapping[str, Any] | None
    log: str
    seconds: float


class _Child:
    def __init__(self, function: Function, environment: Mapping[str, str]) -> None:
        self._log: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        requests_read, self._requests = os.pipe()
        self._answers, answers_write = os.pipe()
        runner = Path(__file__).with_name("lambda_child.py")
        # -P keeps this package's directory off the child's path.
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and runner
            [sys.executable, "-P", str(runner), str(requests_read), str(answers_write)],
            env=dict(environment),
            cwd=function.code,
            pass_fds=(requests_read, answers_write),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        os.close(requests_read)
        os.close(answers_write)
        self._buffer = b""

    def answer(self, request: Mapping[str, Any], request_id: str, timeout: float) -> Mapping[str, Any]:
        """What the child makes of a request; its death or its silence is an error as Lambda words it."""
        try:
            found = self._ask(request, timeout)
        except TimeoutError:
            self.process.kill()
            message = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
            return {"error": {"errorType": "Sandbox.Timedout", "errorMessage": message}}
        if found is None:
            status = self.process.wait()
            message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {status}"
            return {"error": {"errorType": "Runtime.ExitError", "errorMessage": message}}
        return found

    def _ask(self, request: Mapping[str, Any], timeout: float) -> Mapping[str, Any] | None:
        """The child's answer; None if it died. Raises TimeoutError when the time is up."""
        try:
            _write_all(self._requests, json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            return None
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            chunk = os.read(self._answers, 1 << 16)
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def take_log(self) -> str:
        """What was printed since the last call."""
        size = os.fstat(self._log.fileno()).st_size
        start = getattr(self, "_read", 0)
        self._read = size
        return os.pread(self._log.fileno(), size - start, start).decode("utf-8", "replace")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._requests)
        os.close(self._answers)
        self._log.close()


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


class LambdaProcesses:
    """The account's execution environments."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint, self._region = endpoint, region
        self._idle: dict[str, list[_Child]] = defaultdict(list)
        self._busy: set[_Child] = set()
        self._lock = threading.Lock()

    def run(
        self, function: Function, payload: Any, request_id: str, now: datetime, credentials: Credentials
    ) -> Outcome:
        """Invokes the handler and waits for it, at most the function's timeout in real seconds."""
        began = time.perf_counter()
        with self._lock:
            idle = self._idle[function.name]
            child = idle.pop() if idle else None
        cold = child is None
        child = child or _Child(function, self._environment(function, credentials))
        with self._lock:
            self._busy.add(child)
        answer: Mapping[str, Any] = {}
        if cold:
            answer = child.answer({"now": now.timestamp()}, request_id, INIT_SECONDS)
        if "error" not in answer:
            late = time.perf_counter() - began  # Initialising takes virtual time, too.
            request = {
                "event": payload,
                "id": request_id,
                "arn": function.arn,
                "now": now.timestamp() + late,
                "timeout": function.timeout,
            }
            answer = child.answer(request, request_id, function.timeout)
        log = child.take_log()
        error = answer.get("error")
        broken = error is not None and str(error["errorType"]).startswith(("Sandbox.", "Runtime."))
        with self._lock:
            self._busy.discard(child)
            if not broken:
                self._idle[function.name].append(child)
        if broken:
            child.end()
        return Outcome(answer.get("result"), error, log, time.perf_counter() - began)

    def go_cold(self) -> None:
        """Ends every idle child, so that the next invocation of each function imports its code anew."""
        with self._lock:
            children = [child for idle in self._idle.values() for child in idle]
            self._idle.clear()
        for child in children:
            child.end()

    def stop(self) -> None:
        """Ends every child; one that is at work ends its invocation with an error."""
        with self._lock:
            for child in self._busy:
                child.process.kill()
        self.go_cold()

    def _environment(self, function: Function, credentials: Credentials) -> dict[str, str]:
        return {
            **function.environment,
            "_HANDLER": function.handler,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group or f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "LAMBDA_TASK_ROOT": str(function.code),
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
            "AWS_ENDPOINT_URL": self._endpoint,
            # The developer's own profile and instance role must not leak in.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(function.code),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
        }
