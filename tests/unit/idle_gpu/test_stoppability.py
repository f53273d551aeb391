"""What may be done to an instance, before anything is done."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.stoppability import NO_GUARANTEE, protecting, way_to
from tests.unit.idle_gpu.builders import SETTINGS, idle

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
GROUP: dict[str, Any] = {"group": "trainers", "group_min": 1, "group_desired": 3}


@pytest.mark.parametrize(
    ("facts", "barrier", "why"),
    [
        ({"lifecycle": "spot one-time"}, "cannot_stop", "Spot"),
        ({"root_device": "instance-store"}, "cannot_stop", "root disk"),
        ({"stop_protected": True}, "protected", "stop protection is on"),
        ({"stop_protected": None}, "unknown", "has not been read"),
        ({"lifecycle": "capacity-block"}, "reserved", "saves nothing"),
        ({"reservation": "cr-1", "reservation_match": "open"}, "reserved", "open capacity reservation cr-1"),
        ({"reservation": "cr-1", "reservation_match": "targeted"}, "reserved", "targeted"),
        ({"lifecycle": "unknown"}, "unknown", "bought"),
        ({**GROUP, "group_desired": 1}, "group", "minimum of 1"),
        ({**GROUP, "group_min": None}, "unknown", "could not be read"),
        ({**GROUP, "termination_protected": True}, "protected", "termination protection"),
        ({**GROUP, "scale_in_protected": True}, "protected", "scale-in protection"),
        ({**GROUP, "termination_protected": None}, "unknown", "has not been read"),
        ({**GROUP, "reservation": "cr-1"}, "reserved", "saves nothing"),
    ],
)
def test_what_bars_a_stop(facts: dict[str, Any], barrier: str, why: str) -> None:
    way = way_to("stop", idle(**facts), SETTINGS)
    assert way.barrier == barrier
    assert why in way.why


def test_an_unprotected_instance_on_demand_stops_and_a_restart_is_not_guaranteed() -> None:
    way = way_to("stop", idle(), SETTINGS)
    assert (way.kind, way.barrier, way.irreversible, way.asks, way.note) == ("stop", "", "", "", NO_GUARANTEE)


def test_persistent_spot_stops() -> None:
    assert way_to("stop", idle(lifecycle="spot persistent"), SETTINGS).barrier == ""


def test_termination_protection_does_not_bar_a_stop() -> None:
    assert way_to("stop", idle(termination_protected=True), SETTINGS).barrier == ""


@pytest.mark.parametrize(
    ("facts", "setting", "asks"),
    [
        ({"hibernates": True}, {}, "hibernation"),
        ({"volume_keys": (KEY,)}, {}, KEY),
        ({"volume_keys": (KEY,)}, {"customer_keys": "act"}, ""),
        ({"volumes_gb": None}, {}, "could not be read"),
        ({"volumes_gb": None}, {"customer_keys": "act"}, ""),
    ],
)
def test_what_only_a_person_can_judge(facts: dict[str, Any], setting: dict[str, Any], asks: str) -> None:
    way = way_to("stop", idle(**facts), IdleGpuSettings(**setting))
    assert (way.barrier, way.irreversible) == ("", "")
    assert asks in way.asks
    assert bool(way.asks) is bool(asks)


def test_a_stop_that_loses_instance_store_data_is_irreversible_unless_the_policy_allows_it() -> None:
    seen = idle(instance_store_gb=3800)
    assert "3,800 GB" in way_to("stop", seen, SETTINGS).irreversible
    assert way_to("stop", seen, IdleGpuSettings(instance_store="act")).irreversible == ""


@pytest.mark.parametrize(
    ("protected", "barrier"), [(False, ""), (True, "protected"), (None, "unknown")], ids=["off", "on", "not read"]
)
def test_terminating_is_irreversible_and_respects_protection(protected: bool | None, barrier: str) -> None:
    way = way_to("terminate", idle(termination_protected=protected), SETTINGS)
    assert (way.kind, way.barrier) == ("terminate", barrier)
    assert bool(way.irreversible) is (barrier == "")


@pytest.mark.parametrize("kind", ["stop", "terminate"])
def test_members_leave_through_their_group_which_goes_down_by_one(kind: Literal["stop", "terminate"]) -> None:
    way = way_to(kind, idle(**GROUP), SETTINGS)
    assert (way.kind, way.barrier) == ("terminate_in_group", "")
    assert "goes down to 2" in way.irreversible


@pytest.mark.parametrize(
    ("tags", "entry"),
    [
        ({"fusebox:protect": "false"}, "fusebox:protect"),
        ({"CostControl": "exempt"}, "CostControl=exempt"),
        ({"CostControl": "yes"}, ""),
        ({"costcontrol": "exempt"}, ""),
        ({}, ""),
    ],
)
def test_protected_tags(tags: dict[str, str], entry: str) -> None:
    settings = IdleGpuSettings(protect_tags=("fusebox:protect", "CostControl=exempt"))
    assert protecting(tags, settings) == entry
