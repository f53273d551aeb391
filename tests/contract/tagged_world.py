"""A few instances and a volume in moto, some of which lack tags; and for what only options do, one of every kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from moto.ec2.models import ec2_backends

from functions.core import answers, requests
from functions.core.items import of_request
from functions.core.requests import Answer
from functions.core.types import Mode, iso
from functions.tag_check.settings import Quarantine, Stoppable, TagCheckSettings
from tests.aws_world import ACCOUNT, REGION, Context, RecordingClients, function_of
from tests.contract import tag_world
from tests.contract.tag_seeds import SEEDS

SAMPLES = Path(__file__).parents[2] / "events" / "tag_check"
IMAGE = "ami-0a1b2c3d4e5f60000"
AN_ID = "moto.ec2.models.instances.random_instance_id"
UNTAGGED, PROTECTED, RIGHT, YOUNG = (f"i-0a1b2c3d4e5f60{end}" for end in ("718", "719", "71a", "71b"))
COMPLETE = dict.fromkeys(("project", "team", "environment", "cost_center", "owner"), "ml")
TAGS: dict[str, dict[str, str]] = {
    UNTAGGED: {"project": "churn"},
    PROTECTED: {"fusebox:protect": "yes"},
    RIGHT: COMPLETE,
    YOUNG: {},
}
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/web/1234abcd-12ab-34cd-56ef-1234567890ab"
CHECKED = ("AWS::EC2::Instance", "AWS::EC2::Volume")


def seed_machines() -> None:
    ec2 = boto3.client("ec2", region_name=REGION)
    for id, tags in TAGS.items():
        with patch(AN_ID, return_value=id):
            ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, InstanceType="m5.large")
        if tags:
            ec2.create_tags(Resources=[id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        age = timedelta(minutes=1) if id == YOUNG else timedelta(days=2)
        ec2_backends[ACCOUNT][REGION].get_instance(id).launch_time = (datetime.now(UTC) - age).replace(tzinfo=None)


def machines() -> dict[str, Any]:
    """State and tags of every instance by its id."""
    found = ec2_backends[ACCOUNT][REGION].all_instances()
    return {one.id: (one.state, {tag["key"]: tag["value"] for tag in one.get_tags()}) for one in found}


def teach(clients: RecordingClients) -> None:
    """The answers of `tag_world`, and a Tagging API that changes tags of every service."""
    tagging = {("resourcegroupstaggingapi", name): _tagged for name in ("TagResources", "UntagResources")}
    tag_world.teach(clients.session.get_component("event_emitter"), {**tag_world.ANSWERS, **tagging})


def _tagged(params: Mapping[str, Any]) -> dict[str, Any]:
    """Changes the tags of functions; those of all other services it only takes."""
    client = boto3.client("lambda", region_name=REGION)
    for arn in params["ResourceARNList"]:
        if ":function:" in arn and "Tags" in params:
            client.tag_resource(Resource=arn, Tags=params["Tags"])
        elif ":function:" in arn:
            client.untag_resource(Resource=arn, TagKeys=params["TagKeys"])
    return {"FailedResourcesMap": {}}


def by_mode(mode: Mode) -> TagCheckSettings:
    return TagCheckSettings(mode=mode, types=CHECKED, actions=("mark",))


def furnish() -> None:
    """One of every kind, and an instance of a stack."""
    for seed in SEEDS.values():
        seed()
    about = ec2_backends[ACCOUNT][REGION]
    about.tags[UNTAGGED]["aws:cloudformation:stack-id"] = STACK


EVERYTHING = TagCheckSettings(mode="enforce", actions=("mark", "fill", "notify"), grace_minutes=0)
OPTIONS = (EVERYTHING, replace(EVERYTHING, required=()))
"""All kinds with all actions; then nothing is required any longer, so the marks go."""


def further(guardrail: Any, clients: RecordingClients) -> None:
    """Every sample event with all kinds checked; then what takes time and a person."""
    function = function_of(guardrail, EVERYTHING, clients)
    for file in sorted(SAMPLES.glob("*.json")):
        case = json.loads(file.read_text())
        if case["expect"] in ("act", "nothing"):
            function.handle(case["event"], Context())
    quarantine(guardrail, clients)


def quarantine(guardrail: Any, clients: RecordingClients) -> None:
    """What takes time and a person: the deadline passes, somebody agrees to a stop, and has it undone."""
    types: tuple[Stoppable, ...] = ("AWS::EC2::Instance", "AWS::SageMaker::NotebookInstance")
    stops = Quarantine(types=types, after_hours=1)
    settings = TagCheckSettings(mode="enforce", types=types, grace_minutes=0, quarantine=stops)
    function = function_of(guardrail, settings, clients)
    step = {"fusebox": "sweep", "started": "2026-11-02T12:00:00.000Z", "cursor": "", "report": None}
    function.handle({**step, "execution": "told"}, Context())
    function = function_of(guardrail, settings, clients)
    vars(function).update(clock=lambda: datetime.now(UTC) + timedelta(hours=2))
    later = function.clock()
    (request,) = function.handle({**step, "execution": "due"}, Context())["report"]["requests"]
    asked = answers.ask(function.table, requests.existing(function.table, request), "token", "nonce", later)
    assert asked is not None
    held = of_request(function.table, request)
    answer = Answer("ada", "iam", iso(later), tuple(one.id for one in held), until=iso(later + timedelta(hours=1)))
    answers.approve(function.table, asked, answer, held)
    function.handle({"fusebox": "act", "request": request}, Context())
    done = [[one.resource, one.action_id] for one in of_request(function.table, request) if one.result == "done"]
    assert done
    function.handle({"fusebox": "undo", "actions": done, "by": "link holder"}, Context())
