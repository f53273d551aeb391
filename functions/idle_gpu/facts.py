"""What was seen of one accelerated instance: everything a verdict needs, and nothing of any SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from functions.core.types import Json

Kind = Literal["utilisation", "memory", "cpu", "network", "disk"]
"""What a series measures, which also says its unit and the statistic of a period.

utilisation: percent of time the accelerator worked, Maximum. memory: MiB held on it, Maximum.
cpu: percent of all vCPUs, Maximum. network, disk: bytes moved in the whole period, Sum.
"""
Accelerator = Literal["nvidia", "amd", "neuron", "other"]
Lifecycle = Literal["on-demand", "spot one-time", "spot persistent", "capacity-block", "scheduled", "unknown"]
ReservationMatch = Literal["", "open", "targeted"]

STOP, TERMINATE, TERMINATE_IN_GROUP, OFF_HOURS = "stop", "terminate", "terminate_in_group", "off_hours"
"""Kinds of action. All carry `{"state": …}`; an off-hours action stops, or starts what one stopped."""
STOPPED_TAG = "fusebox:stopped"
"""Set together with each stop, right before it: KIND TIME, for instance `off_hours 2026-11-22T18:00:00Z`.

Only a hint for people and for the way back: it counts where EC2's own record of the stop has the same
time (field report F13: a saved tag goes stale). The prior state is in the ledger.
"""
ALARM_PREFIX = "fusebox-idle-gpu-"
"""Names of the alarms that the sweep makes begin so; the instance id follows."""
DEVICE_DIMENSIONS = frozenset({"index", "GPUNumber", "gpu", "UUID", "device", "GpuDevice", "NeuronDevice"})
"""Dimensions that tell one accelerator of an instance from the next. Sources: CloudWatch agent, gpumon, DCGM
exporter and Container Insights references."""
MIG_DIMENSIONS = frozenset({"GPU_I_ID", "GPU_I_PROFILE"})
"""Labels that the DCGM exporter gives to a slice of a GPU (Multi-Instance GPU)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One datapoint: the start of its period in epoch seconds, and its value in the unit of its series' kind."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """The datapoints of one metric with one exact dimension set, in any order.

    Values are in the unit of `kind`, the scale of their `MetricSource` applied. No points means that the
    series is listed but was silent. CPUUtilization, NetworkIn and NetworkOut of AWS/EC2 are always there where
    they were asked for; a disk series that has nothing at all is left out, because not every type has it.
    """

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    kind: Kind
    points: tuple[Point, ...] = ()

    @property
    def name(self) -> str:
        """For people: the metric and its device, if it has one."""
        devices = [f"{key} {value}" for key, value in self.dimensions if key in DEVICE_DIMENSIONS | MIG_DIMENSIONS]
        return " ".join([self.metric, *devices])

    @property
    def device(self) -> tuple[tuple[str, str], ...]:
        """The dimensions that name one accelerator; empty for a series over all of them."""
        return tuple(sorted(pair for pair in self.dimensions if pair[0] in DEVICE_DIMENSIONS))

    @property
    def is_slice(self) -> bool:
        """Whether it is about a slice of a GPU (MIG)."""
        return any(key in MIG_DIMENSIONS for key, _ in self.dimensions)


@dataclass(frozen=True, slots=True)
class Window:
    """How series were asked for: periods of `period` seconds from `start` up to `end`, in epoch seconds.

    Start and end are multiples of the period. Points at or after `end` may be there too: they are too young to be
    complete, so they prove work but never idleness.
    """

    start: int
    end: int
    period: int

    @property
    def periods(self) -> int:
        return (self.end - self.start) // self.period

    def period_of(self, at: int) -> int:
        """The start of the period that a moment lies in."""
        return at - at % self.period


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What was seen of an accelerated instance.

    `tags` is None where they could not be read; `unreadable` says which safety fact could not be read,
    or is "". `launched_at` is the last start (EC2 moves LaunchTime with each start).
    `stopped_at` is the time in EC2's StateTransitionReason, where the state is stopped. `accelerators` counts the
    devices, 0 where AWS does not say. `instance_store_gb` and `vcpus` come from the type, `volumes_gb` is the sum of
    the attached EBS volumes (None: not read), `volume_keys` the customer-managed KMS keys of those.
    `group` is the Auto Scaling group it is a member of, or "", with its sizes and the member's scale-in protection
    where they were read (sizes None: not read).
    `managed_by` names another owner ("EKS cluster", "ECS …", "SageMaker …", "AWS Batch …"), or is "".
    The protections are read for candidates only: None is "not read". `series` is None where the metrics
    could not be read (`unreadable` says why), empty where there are none.
    """

    arn: str
    read_at: datetime
    tags: Mapping[str, str] | None
    instance_id: str
    type: str
    state: str
    launched_at: datetime | None
    zone: str = ""
    name: str = ""
    stopped_at: datetime | None = None
    accelerator: Accelerator = "nvidia"
    accelerators: int = 1
    vcpus: int = 0
    group: str = ""
    group_min: int | None = None
    group_desired: int | None = None
    scale_in_protected: bool = False
    managed_by: str = ""
    lifecycle: Lifecycle = "on-demand"
    root_device: Literal["ebs", "instance-store"] = "ebs"
    hibernates: bool = False
    instance_store_gb: int = 0
    volumes_gb: int | None = None
    volume_keys: tuple[str, ...] = ()
    reservation: str = ""
    reservation_match: ReservationMatch = ""
    termination_protected: bool | None = None
    stop_protected: bool | None = None
    series: tuple[Series, ...] | None = ()
    window: Window | None = None
    unreadable: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)

    def of_kind(self, kind: Kind) -> list[Series]:
        """The series that measure one thing."""
        return [one for one in self.series or () if one.kind == kind]
