"""Pure: what may be done to an instance that does nothing, classified before anything is done.

EC2 and Auto Scaling refuse some changes and silently spoil others; sources are named where the rule is not plain
(field reports F8 to F11, F14, F35, F41).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from functions.core import tags
from functions.idle_gpu.facts import STOP, TERMINATE, TERMINATE_IN_GROUP, Instance
from functions.idle_gpu.settings import IdleGpuSettings

NO_GUARANTEE = "restart not guaranteed"
"""Said with every stop: AWS may have no capacity for a GPU type when it is to start again (F35)."""
Barrier = Literal["", "protected", "unknown", "reserved", "group", "cannot_stop"]


@dataclass(frozen=True, slots=True)
class Way:
    """How an instance may be taken away, or what bars it.

    `barrier` is empty where there is a way. `irreversible` says what is lost for good, `asks` why
    a person must decide all the same, `note` what else to know; each may be empty.
    """

    kind: str
    barrier: Barrier = ""
    why: str = ""
    irreversible: str = ""
    asks: str = ""
    note: str = ""


def protecting(carried: Mapping[str, str], settings: IdleGpuSettings) -> str:
    """The entry of `protect_tags` that an instance falls under, or ""."""
    return next((entry for entry in settings.protect_tags if tags.carries(carried, entry)), "")


def way_to(kind: Literal["stop", "terminate"], instance: Instance, settings: IdleGpuSettings) -> Way:
    """The way to stop or terminate an instance; members of an Auto Scaling group leave it through their group."""
    barred = _saves_nothing(instance)
    if barred:
        return Way(kind, "reserved", barred)
    if instance.lifecycle == "unknown" or instance.lifecycle == "scheduled":
        return Way(kind, "unknown", f"how it is bought ({instance.lifecycle}) is not one that Fusebox knows")
    if instance.group:
        return _through_the_group(instance)
    return _stop(instance, settings) if kind == "stop" else _terminate(instance)


def _saves_nothing(instance: Instance) -> str:
    """Reserved capacity is billed whether it is used or not."""
    if instance.lifecycle == "capacity-block":
        return "it runs in a capacity block, which is paid for already: stopping saves nothing"
    if instance.reservation:
        how = f"{instance.reservation_match} " if instance.reservation_match else ""
        what = f"it runs in the {how}capacity reservation {instance.reservation}"
        return f"{what}, which is billed whether used or not: stopping saves nothing; end the reservation instead"
    return ""


def _stop(instance: Instance, settings: IdleGpuSettings) -> Way:
    if instance.lifecycle == "spot one-time":
        return Way(STOP, "cannot_stop", "one-time Spot cannot stop, only be terminated (action: terminate)")
    if instance.root_device == "instance-store":
        return Way(STOP, "cannot_stop", "its root disk is an instance store: it cannot stop, only be terminated")
    if instance.stop_protected is None:
        return Way(STOP, "unknown", "its stop protection has not been read")
    if instance.stop_protected:
        return Way(STOP, "protected", "its stop protection is on")
    lost = ""
    if instance.instance_store_gb and settings.instance_store == "ask":
        lost = f"a stop deletes what is on its {instance.instance_store_gb:,} GB of instance store"
    return Way(STOP, irreversible=lost, asks=_doubts(instance, settings), note=NO_GUARANTEE)


def _doubts(instance: Instance, settings: IdleGpuSettings) -> str:
    """Why the way back from a stop may be barred, or lead to something else."""
    if instance.hibernates:
        return "it is set up for hibernation; a plain stop loses what it holds in memory"
    if settings.customer_keys == "act":
        return ""
    if instance.volumes_gb is None:
        return "its disks could not be read, nor whether a key bars its restart"
    if instance.volume_keys:
        return f"a disk is under the customer-managed key {instance.volume_keys[0]}, which may refuse a restart"
    return ""


def _terminate(instance: Instance) -> Way:
    if instance.termination_protected is None:
        return Way(TERMINATE, "unknown", "its termination protection has not been read")
    if instance.termination_protected:
        return Way(TERMINATE, "protected", "its termination protection is on")
    return Way(TERMINATE, irreversible="terminating deletes the instance and what is on its disks")


def _through_the_group(instance: Instance) -> Way:
    """A stopped member would be replaced, and one terminated outside the group launched again (F9).

    Auto Scaling itself ignores termination protection, and terminates protected members when it is asked to by name.
    """
    kind, group = TERMINATE_IN_GROUP, instance.group
    if instance.termination_protected is None:
        return Way(kind, "unknown", "its termination protection has not been read")
    if instance.termination_protected or instance.scale_in_protected:
        which = "termination" if instance.termination_protected else "scale-in"
        return Way(kind, "protected", f"its {which} protection is on")
    if instance.group_min is None or instance.group_desired is None:
        return Way(kind, "unknown", f"the size of its Auto Scaling group {group} could not be read")
    if instance.group_desired <= instance.group_min:
        why = f"its Auto Scaling group {group} is at its minimum of {instance.group_min}; lower that to let it go"
        return Way(kind, "group", why)
    left = instance.group_desired - 1
    lost = f"it is terminated, and its Auto Scaling group {group} goes down to {left}"
    return Way(kind, irreversible=lost, note=f"through its group {group}, {instance.group_desired} → {left}")
