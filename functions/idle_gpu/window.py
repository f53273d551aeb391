"""Which stretch of time a verdict is about: pure, so that reading and judging agree on it."""

from __future__ import annotations

from datetime import datetime

from functions.idle_gpu.facts import Window
from functions.idle_gpu.settings import IdleGpuSettings

DAY = 86_400


def window(settings: IdleGpuSettings, now: datetime, *, without_gpu_series: bool = False) -> Window:
    """What to ask CloudWatch for: whole periods up to `settle_minutes` ago.

    Long enough for `window_minutes`, and for what the action asks for: `stop_after_hours` where it is staged,
    `terminate_after_days` where it is terminate. An instance without GPU series is asked about
    for `likely_idle_hours` at the least.
    """
    seconds = settings.window_minutes * 60
    if settings.action == "staged":
        seconds = max(seconds, settings.stop_after_hours * 3600)
    if settings.action == "terminate":
        seconds = max(seconds, settings.terminate_after_days * DAY)
    if without_gpu_series:
        seconds = max(seconds, settings.likely_idle_hours * 3600)
    period = settings.period_seconds
    end = int(now.timestamp()) - settings.settle_minutes * 60
    end -= end % period
    return Window(end - -(-seconds // period) * period, end, period)
