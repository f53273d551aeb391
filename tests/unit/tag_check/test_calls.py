from __future__ import annotations

from collections import Counter

import pytest

from functions.core.events import Skip
from functions.core.types import MalformedEvent, Refused
from functions.tag_check.catalog.calls import CALLS
from functions.tag_check.catalog.kinds import KINDS, kind_of
from tests.unit.tag_check.samples import ALL, CREATING, RETAGGING, SCOPE, Sample


@pytest.mark.parametrize("sample", CREATING, ids=lambda one: one.name)
def test_the_reader_names_what_a_call_made_with_the_tags_it_told(sample: Sample) -> None:
    assert sample.outcome == sample.case["creates"]


@pytest.mark.parametrize("sample", RETAGGING, ids=lambda one: one.name)
def test_the_reader_names_what_lost_or_gained_tags(sample: Sample) -> None:
    assert sample.outcome == sample.case["retagged"]


@pytest.mark.parametrize("sample", ALL, ids=lambda one: one.name)
def test_a_sample_that_names_nothing_is_passed_over_or_raised(sample: Sample) -> None:
    ends: dict[str, tuple[type, ...]] = {"skip": (Skip,), "failure": (MalformedEvent, Refused)}
    assert isinstance(sample.outcome, ends.get(sample.expect, (dict, list)))


def test_every_row_has_a_sample_in_which_it_makes_something() -> None:
    shown = {
        (sample.detail["eventSource"], sample.detail["eventName"], kind.type)
        for sample in CREATING
        for arn in sample.case["creates"]
        if (kind := (kind_of(arn, SCOPE) or (None,))[0])
    }
    assert {(row.source, row.name, row.kind) for row in CALLS} == shown


def test_every_kind_has_a_call_that_creates_it_and_every_call_a_kind() -> None:
    assert {row.kind for row in CALLS} == set(KINDS)


def test_no_row_is_written_twice() -> None:
    assert max(Counter((row.source, row.name, row.kind) for row in CALLS).values()) == 1


def test_one_name_may_be_the_call_of_several_services() -> None:
    sources: dict[str, set[str]] = {}
    for row in CALLS:
        sources.setdefault(row.name, set()).add(row.source.partition(".")[0])
    assert sources["CreateCluster"] == {"ecs", "eks", "redshift"}
    assert sources["CreateDomain"] == {"es", "sagemaker"}
    assert sources["CreateFileSystem"] == {"elasticfilesystem", "fsx"}


def test_the_samples_show_every_shape_in_which_tags_come() -> None:
    """The shapes of public records: lists and maps, of one and of many, under seven names, and true without quotes."""
    shapes = {
        "run_instances_many": ("tagSpecificationSet", "items"),
        "create_log_group": ("tags", "team"),
        "ecs_create_cluster": ("tags", "key"),
        "create_search_domain": ("tagList",),
        "create_key": ("tags", "tagKey"),
        "create_bucket_with_tag_set": ("Tagging", "TagSet"),
        "create_bucket_with_tags": ("Tags", "Tag"),
        "create_nat_gateway": ("CreateNatGatewayRequest", "TagSpecification", "Tag"),
        "create_custom_model": ("modelTags",),
        "create_rest_api": ("createRestApiInput", "tags"),
        "create_auto_scaling_group": ("tags", "propagateAtLaunch"),
    }
    for name, words in shapes.items():
        sample = next(one for one in CREATING if one.name == name)
        assert all(word in str(sample.detail["requestParameters"]) for word in words)
        assert any(sample.case["creates"].values()), f"{name} has no tags"
