"""Books a call: once for each request, priced, as one line.

Whatever goes wrong here is logged and ends here: the application's call is worth more than its metering. The log names
the error's type and place, never a response.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fusebox_meter.charge import Asked, Charge, Emit, dimension
from fusebox_meter.emf import line
from fusebox_meter.prices import cost_of
from fusebox_meter.seen import Seen
from fusebox_meter.usage import Usage

LOG = logging.getLogger("fusebox_meter")
BEDROCK_ID = re.compile(r"arn:[a-z-]+:bedrock:|(?:[a-z-]+\.)?[a-z0-9]+\.[a-z]")
"""How ids of Amazon Bedrock begin: a vendor and a dot, perhaps after a prefix such as `us.`, or an ARN."""
_seen = Seen()
_told: set[str] = set()
_writing = threading.RLock()


def safely(action: Callable[..., None], *arguments: Any) -> None:
    """Does it; what it raises is logged."""
    try:
        action(*arguments)
    except Exception as error:  # noqa: BLE001 - metering must not break the call that it meters
        report(error)


def report(error: Exception) -> None:
    """Logs that a call was not metered."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown place"
    LOG.warning("a call was not metered: %s at %s", type(error).__name__, where)


def book(charge: Charge, usage: Usage, seconds: float, asked: Asked) -> None:
    """Writes a call down, the first time that it comes."""
    if not _seen.first(usage.request):
        return
    if charge.batch:
        usage = replace(usage, batch=True)
    model = charge.model or asked.model_id or usage.model or asked.model
    provider = charge.provider or ("bedrock" if BEDROCK_ID.match(model) else usage.shape)
    cost = _cost(usage, model, provider)
    if cost is None:
        _tell_once(f"{dimension(model)} of {dimension(provider)}")
    _write(
        charge.emit,
        line(charge, usage, model=model, provider=provider, seconds=seconds, cost=cost, at=time.time()),
    )


def _cost(usage: Usage, model: str, provider: str) -> float | None:
    try:
        return cost_of(usage, model, provider)
    except Exception as error:  # noqa: BLE001 - the tokens are worth writing down without their cost
        report(error)
        return None


def _tell_once(model: str) -> None:
    if model not in _told:
        _told.add(model)
        LOG.warning("model %s has no known price: its tokens are counted, their cost is not", model)


def _write(emit: Emit, text: str) -> None:
    if callable(emit):
        emit(text)
        return
    stream = emit or sys.stdout
    with _writing:
        stream.write(text + "\n")
        stream.flush()


def _after_fork() -> None:
    """A child has none of the threads that may have held a lock."""
    global _writing, _seen
    _writing, _seen = threading.RLock(), Seen()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
