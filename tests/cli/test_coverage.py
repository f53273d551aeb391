"""fusebox coverage: what the sweeps of tag_check counted, as a person reads it."""

from __future__ import annotations

from datetime import date

import boto3
import pytest

from cli import coverage_view
from functions.tag_check.coverage import Coverage, Day
from tests.aws_world import REGION
from tests.cli.conftest import Fusebox

COMPLETE = {"project": "churn", "team": "ml", "environment": "dev", "cost_center": "cc-1", "owner": "ada"}


def launch(count: int, type: str = "m5.large", **tags: str) -> None:
    spec = [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
    boto3.client("ec2", region_name=REGION).run_instances(
        ImageId="ami-12c6146b",
        MinCount=count,
        MaxCount=count,
        InstanceType=type,
        **({"TagSpecifications": spec} if tags else {}),
    )


@pytest.fixture
def swept(fusebox: Fusebox) -> Fusebox:
    """An account of four instances, one of them a GPU without model_id, after a sweep."""
    launch(2, **COMPLETE)
    launch(1, "p3.2xlarge", **COMPLETE)
    launch(1, team="web")
    fusebox.only_instances(grace_minutes=0)
    assert fusebox("run", "tag_check").code == 0
    return fusebox


def test_how_many_carry_what_is_required_and_how_many_ai_resources_name_their_model(swept: Fusebox) -> None:
    said = swept("coverage").out
    assert "2 of 4 resources (50.0%) carry what is required." in said
    assert "0 of 1 AI resources (0.0%) carry model_id." in said
    assert "No listing, so seen by their events only: AWS::ECS::Service" in said


@pytest.mark.parametrize(
    ("by", "row"),
    [
        ("type", ["AWS::EC2::Instance", "4", "2", "50.0%", "1", "0", "0.0%"]),
        ("service", ["EC2", "4", "2", "50.0%", "1", "0", "0.0%"]),
        ("team", ["ml", "3", "2", "66.7%"]),
        ("team", ["web", "1", "0", "0.0%"]),
        ("key", ["model_id", "1", "25.0%"]),
    ],
)
def test_rows_by_what_was_asked_for(swept: Fusebox, by: str, row: list[str]) -> None:
    lines = [line.split() for line in swept("coverage", "--by", by).out.splitlines()]
    assert row in lines


def test_a_program_gets_every_count(swept: Fusebox) -> None:
    (count,) = swept("coverage", "--json").json["counts"]
    assert (count["type"], count["seen"], count["right"], count["whole"]) == ("AWS::EC2::Instance", 4, 2, True)
    assert count["teams"] == {"ml": [3, 2], "web": [1, 0]}


def test_before_the_first_sweep_there_is_nothing_to_show(swept: Fusebox, tmp_path: object) -> None:
    assert "there is no ledger" in swept("coverage", "--ledger", f"{tmp_path}/none.sqlite3").complaint


def test_a_plan_counts_nothing(fusebox: Fusebox) -> None:
    launch(1)
    fusebox.only_instances()
    assert fusebox("plan", "tag_check").code == 0
    assert fusebox.files == []


def test_the_newest_whole_count_of_each_type_is_shown_and_each_day_for_itself() -> None:
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    days = [
        Day(monday, "AWS::S3::Bucket", Coverage(seen=10, right=5), whole=True),
        Day(tuesday, "AWS::S3::Bucket", Coverage(seen=3, right=3), whole=False),
        Day(tuesday, "AWS::EC2::Instance", Coverage(seen=4, right=4), whole=True),
    ]
    assert [(one.type, one.day) for one in coverage_view.latest(days)] == [
        ("AWS::EC2::Instance", tuesday),
        ("AWS::S3::Bucket", monday),
    ]


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 0, "–"), (9999, 10_000, "99.9%"), (3, 3, "100%"), (0, 7, "0.0%")]
)
def test_a_hundred_per_cent_is_said_only_where_nothing_is_missing(part: int, whole: int, said: str) -> None:
    assert coverage_view.share(part, whole) == said
