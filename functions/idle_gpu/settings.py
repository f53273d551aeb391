"""What the policy may say about idle_gpu, and what makes no sense."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from functions.core import tags
from functions.core.spec import STRICT, Cap, GuardrailSettings

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[str, ...] = get_args(Day)
"""In the order of datetime.weekday()."""
Period = Literal[60, 300, 900, 3600]
AskOrAct = Literal["ask", "act"]
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LONGEST_DAYS = {60: 15, 300: 63, 900: 63, 3600: 455}
"""How long CloudWatch keeps datapoints of a period (CloudWatch user guide, "Metrics retention")."""


@dataclass(frozen=True, kw_only=True)
class MetricSource:
    """A metric that accelerators publish, and what it measures; `scale` turns its values into percent or MiB.

    Only series with an InstanceId dimension can be matched to their instance.
    """

    __pydantic_config__ = STRICT
    namespace: str
    metric: str
    kind: Literal["utilisation", "memory"] = "utilisation"
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not self.namespace or not self.metric:
            raise ValueError("a metric needs `namespace` and `metric`")
        if self.namespace.startswith("AWS/EC2"):
            raise ValueError(f"metric {self.metric!r}: AWS/EC2 holds no accelerator metrics")
        if not 0 < self.scale < math.inf:
            raise ValueError(f"metric {self.metric!r}: scale is a finite number, more than zero")


# Names and units: CloudWatch agent, "Collect NVIDIA GPU metrics" and "Prometheus metric collection on EC2" (its default
# namespace); gpumon.py of the Deep Learning AMIs (its "Memory Usage" is how often memory was read or written, not how
# much is held); DCGM field identifiers (GR_ENGINE_ACTIVE is a ratio, FB_USED is MiB); Container Insights for EKS,
# "Metrics" (node_gpu_memory_used is bytes).
METRICS = (
    MetricSource(namespace="CWAgent", metric="nvidia_smi_utilization_gpu"),
    MetricSource(namespace="CWAgent", metric="nvidia_smi_memory_used", kind="memory"),
    MetricSource(namespace="CWAgent/Prometheus", metric="DCGM_FI_DEV_GPU_UTIL"),
    MetricSource(namespace="CWAgent/Prometheus", metric="DCGM_FI_PROF_GR_ENGINE_ACTIVE", scale=100.0),
    MetricSource(namespace="CWAgent/Prometheus", metric="DCGM_FI_DEV_FB_USED", kind="memory"),
    MetricSource(namespace="DeepLearningTrain", metric="GPU Usage"),
    MetricSource(namespace="DeepLearningTrain", metric="Memory Usage"),
    MetricSource(namespace="ContainerInsights", metric="node_gpu_utilization"),
    MetricSource(namespace="ContainerInsights", metric="node_gpu_memory_used", kind="memory", scale=1 / 1_048_576),
    MetricSource(namespace="ContainerInsights", metric="node_neuroncore_utilization"),
)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Working hours: instances with the tag are stopped outside them and started again at their begin.

    `starts` and `ends` are wall-clock times in the IANA `zone`; an end at or before the start is on the next
    day, and belongs to the day that it started on. What has worked within the last `quiet_minutes` is left running
    until it has not; 0 stops it whatever it does.
    """

    __pydantic_config__ = STRICT
    tag: str
    zone: str
    starts: str
    ends: str
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    quiet_minutes: int = 30

    def __post_init__(self) -> None:
        if not all(self.tag.partition("=")):
            raise ValueError(f"off_hours tag {self.tag!r} is not of the form key=value")
        for moment in (self.starts, self.ends):
            if not CLOCK_TIME.fullmatch(moment):
                raise ValueError(f"off_hours time {moment!r} is not of the form HH:MM, 00:00 to 23:59")
        if self.quiet_minutes < 0:
            raise ValueError("off_hours quiet_minutes is zero or more")
        if not self.days or len(set(self.days)) < len(self.days):
            raise ValueError(f"off_hours days: one or more of {', '.join(DAYS)}, each once")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"off_hours zone {self.zone!r} is no IANA time zone, such as Europe/Berlin") from error


@dataclass(frozen=True, kw_only=True)
class IdleGpuSettings(GuardrailSettings):
    """Settings of idle_gpu."""

    cap: Cap = field(
        default_factory=lambda: Cap(actions_per_hour=10, dollars_per_hour=100_000.0),
        metadata={
            "doc": "most `actions_per_hour` and `dollars_per_hour` (a month's saving; one p5.48xlarge is $40,000); "
            "past it the guardrail pauses itself"
        },
    )
    action: Literal["stop", "terminate", "staged"] = field(
        default="stop",
        metadata={"doc": "what becomes of an idle instance: `stop`, `terminate`, or `staged`: warn → stop → terminate"},
    )
    window_minutes: int = field(default=300, metadata={"doc": "how long every GPU must have been idle, to the last"})
    period_seconds: Period = field(
        default=300, metadata={"doc": "datapoints are read as the maximum of each such period"}
    )
    settle_minutes: int = field(
        default=15, metadata={"doc": "younger datapoints are incomplete: they prove work, never idleness"}
    )
    threshold_percent: float = field(default=2.0, metadata={"doc": "GPU utilisation over this is work"})
    coverage: float = field(
        default=0.9, metadata={"doc": "share of the periods that must have data; less is `unknown`"}
    )
    gaps: AskOrAct = field(
        default="ask",
        metadata={"doc": "where enough is covered but some period has no data: `ask` first, or `act`"},
    )
    warm_up_minutes: int = field(
        default=60, metadata={"doc": "an instance is left alone so long after a start, and until it has run a window"}
    )
    cpu_percent: float = field(default=5.0, metadata={"doc": "CPU use over this, of all vCPUs, is no quiet instance"})
    cpu_cores: float = field(default=2.0, metadata={"doc": "nor is use of more than so many vCPUs, on large types"})
    network_bytes_per_minute: int = field(
        default=200_000, metadata={"doc": "network traffic over this, in either direction, is no quiet instance"}
    )
    disk_bytes_per_minute: int = field(
        default=5_000_000, metadata={"doc": "disk reads or writes over this are no quiet instance"}
    )
    memory_held_mib: int = field(
        default=300, metadata={"doc": "GPU memory over this, at 0%, is a loaded model or a notebook: `warm_idle`"}
    )
    warm_idle: AskOrAct = field(default="ask", metadata={"doc": "memory held, no work: `ask` first, or `act`"})
    likely_idle: AskOrAct = field(
        default="ask", metadata={"doc": "no GPU metrics, all else quiet: `ask` first, or `act`"}
    )
    likely_idle_hours: int = field(default=24, metadata={"doc": "how long all else must be quiet for `likely_idle`"})
    instance_store: AskOrAct = field(
        default="ask", metadata={"doc": "stopping loses instance-store data: `ask` first, or `act`"}
    )
    customer_keys: AskOrAct = field(
        default="ask",
        metadata={"doc": "disks under a customer-managed KMS key may refuse a restart: `ask` first, or `act`"},
    )
    stop_after_hours: int = field(
        default=24, metadata={"doc": "`staged`: idle hours from which it is stopped; before, it only warns"}
    )
    terminate_after_days: int = field(
        default=7,
        metadata={"doc": "idle days until `terminate`; with `staged`, days after Fusebox's own stop"},
    )
    protect_tags: tuple[str, ...] = field(
        default=("fusebox:protect",),
        metadata={"doc": "instances with such a tag (key or key=value) are never touched; also denied by IAM"},
    )
    metrics: tuple[MetricSource, ...] = field(
        default=METRICS,
        metadata={"doc": "where GPU series come from: `namespace`, `metric`, `kind`, and `scale` to percent or MiB"},
    )
    alarms: bool = field(
        default=False, metadata={"doc": "make an alarm for each GPU series, so that an event comes before the sweep"}
    )
    off_hours: tuple[Schedule, ...] = field(
        default=(),
        metadata={"doc": "working hours by tag: `tag`, `zone`, `days`, `starts`, `ends`; outside them it is stopped"},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_window()
        if not 0 <= self.threshold_percent < 100:
            raise ValueError("threshold_percent is 0 or more and under 100")
        if not 0.5 <= self.coverage <= 1:
            raise ValueError("coverage is between 0.5 and 1")
        for name in ("cpu_percent", "cpu_cores", "network_bytes_per_minute", "disk_bytes_per_minute"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is a finite number, zero or more")
        for name in ("warm_up_minutes", "memory_held_mib", "settle_minutes"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is zero or more")
        if self.terminate_after_days < 1:
            raise ValueError("terminate_after_days is 1 or more")
        tags.check("protect_tags", self.protect_tags)
        if not any(one.kind == "utilisation" for one in self.metrics):
            raise ValueError("metrics name no utilisation: nothing could ever be known to be idle")

    def _check_window(self) -> None:
        for name, unit in (("window_minutes", 60), ("likely_idle_hours", 3600), ("stop_after_hours", 3600)):
            seconds = getattr(self, name) * unit
            if seconds < 4 * self.period_seconds:
                raise ValueError(f"{name} is at least four periods of {self.period_seconds} s")
        days = self.terminate_after_days if self.action == "terminate" else 0
        longest = max(self.window_minutes / 1440, self.likely_idle_hours / 24, self.stop_after_hours / 24, days)
        if longest > LONGEST_DAYS[self.period_seconds]:
            kept = LONGEST_DAYS[self.period_seconds]
            raise ValueError(f"CloudWatch keeps periods of {self.period_seconds} s for {kept} days only")
        if self.stop_after_hours * 60 < self.window_minutes:
            raise ValueError("stop_after_hours is no shorter than window_minutes")
