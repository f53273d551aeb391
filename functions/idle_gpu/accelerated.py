"""Which instance types have accelerators: what DescribeInstanceTypes says of each, and no pattern of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.idle_gpu.facts import Accelerator

PAGE = 100
"""Most types that DescribeInstanceTypes gives in one answer."""
INFOS = (
    ("GpuInfo", "Gpus"),
    ("NeuronInfo", "NeuronDevices"),
    ("InferenceAcceleratorInfo", "Accelerators"),
    ("MediaAcceleratorInfo", "Accelerators"),
)
"""Where the reply describes accelerators, and under which key it lists the devices."""


@dataclass(frozen=True, slots=True)
class InstanceType:
    """What a type has. `accelerators` is 0 where AWS does not say how many."""

    accelerator: Accelerator
    accelerators: int
    vcpus: int = 0
    instance_store_gb: int = 0


def _retired(accelerator: Accelerator, types: Iterable[tuple[str, int, int, int]]) -> dict[str, InstanceType]:
    return {name: InstanceType(accelerator, count, vcpus, store) for name, count, vcpus, store in types}


RETIRED: Mapping[str, InstanceType] = {
    **_retired(
        "nvidia",
        (
            ("g2.2xlarge", 1, 8, 60),
            ("g2.8xlarge", 4, 32, 240),
            ("g3s.xlarge", 1, 4, 0),
            ("g3.4xlarge", 1, 16, 0),
            ("g3.8xlarge", 2, 32, 0),
            ("g3.16xlarge", 4, 64, 0),
            ("p2.xlarge", 1, 4, 0),
            ("p2.8xlarge", 8, 32, 0),
            ("p2.16xlarge", 16, 64, 0),
            ("p3.2xlarge", 1, 8, 0),
            ("p3.8xlarge", 4, 32, 0),
            ("p3.16xlarge", 8, 64, 0),
            ("p3dn.24xlarge", 8, 96, 1800),
        ),
    ),
    **_retired(
        "amd",
        (
            ("g4ad.xlarge", 1, 4, 150),
            ("g4ad.2xlarge", 1, 8, 300),
            ("g4ad.4xlarge", 1, 16, 600),
            ("g4ad.8xlarge", 2, 32, 1200),
            ("g4ad.16xlarge", 4, 64, 2400),
        ),
    ),
    **_retired("other", (("dl1.24xlarge", 8, 96, 4000), ("dl2q.24xlarge", 8, 96, 0))),
}
"""Accelerated types that go on running in Regions where they can no longer be launched.

DescribeInstanceTypes gives only what a Region offers. Source: EC2 user guide, "Accelerated computing instances".
"""


def types_from(ec2: Any) -> dict[str, InstanceType]:
    """Every accelerated type, page by page; there is no filter for them."""
    found = dict(RETIRED)
    more: dict[str, str] = {}
    while True:
        answer = ec2.describe_instance_types(MaxResults=PAGE, **more)
        for one in answer["InstanceTypes"]:
            read = read_type(one)
            if read is not None:
                found[one["InstanceType"]] = read
        if not answer.get("NextToken"):
            return found
        more = {"NextToken": answer["NextToken"]}


def read_type(one: Mapping[str, Any]) -> InstanceType | None:
    """An accelerated type as AWS describes it; None for the others."""
    for info, listed in INFOS:
        if info in one:
            devices = one[info].get(listed) or []
            count = sum(int(device.get("Count") or 0) for device in devices)
            makers = {str(device.get("Manufacturer", "")).lower() for device in devices}
            return InstanceType(
                _accelerator(info, makers),
                count,
                int(one.get("VCpuInfo", {}).get("DefaultVCpus") or 0),
                int(one.get("InstanceStorageInfo", {}).get("TotalSizeInGB") or 0),
            )
    return None


def _accelerator(info: str, makers: set[str]) -> Accelerator:
    if info == "NeuronInfo":
        return "neuron"
    if info == "GpuInfo" and makers == {"nvidia"}:
        return "nvidia"
    return "amd" if makers == {"amd"} else "neuron" if makers == {"aws"} else "other"
