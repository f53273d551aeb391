"""fusebox exempt, pause and resume: what holds Fusebox back."""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
import pytest

from tests.cli.conftest import Fusebox
from tests.contract.worlds import make_group, retentions

GROUP = "/aws/lambda/young"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
SCALING = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/train"
OF = ("--guardrail", "log_retention")
WHY = ("--owner", "ann@example.com", "--reason", "legal hold")


@pytest.mark.parametrize("spelt", [GROUP, ARN, f"{ARN}:*"])
def test_an_exempt_group_is_left_alone(fusebox: Fusebox, spelt: str) -> None:
    make_group(GROUP)
    fusebox.policy(mode="enforce")
    ran = fusebox("exempt", spelt, *OF, "--until", "30d", *WHY)
    assert ran.code == 0
    assert "ann@example.com: legal hold" in ran.out
    assert fusebox("run", "log_retention", "--json").json["counts"] == {"exempt": 1}
    assert retentions() == {GROUP: None}


@pytest.mark.parametrize(
    ("spelt", "options"),
    [
        (lambda real: real, ()),
        (lambda real: real, ("--guardrail", "asg_clamp")),
        (lambda real: "train", ("--guardrail", "asg_clamp")),
        (lambda real: SCALING, ()),
    ],
    ids=["the ARN of the console", "with its guardrail", "the name", "the ARN of the ledger"],
)
def test_an_exempt_auto_scaling_group_is_left_alone(
    fusebox: Fusebox, spelt: Callable[[str], str], options: tuple[str, ...]
) -> None:
    scaling = boto3.client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="plain", ImageId="ami-1", InstanceType="m5.large")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="train",
        LaunchConfigurationName="plain",
        MinSize=0,
        MaxSize=20,
        AvailabilityZones=["us-east-1a"],
    )
    clamp = {"mode": "enforce", "ceiling": 4}
    (fusebox.folder / "fusebox.yaml").write_text(json.dumps({"guardrails": {"asg_clamp": clamp}}))
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert fusebox("exempt", spelt(group["AutoScalingGroupARN"]), *options, "--until", "30d", *WHY).code == 0
    assert [one["resource"] for one in fusebox("exemptions", "--json").json["exemptions"]] == [SCALING]
    assert fusebox("run", "asg_clamp", "--json").json["counts"] == {"exempt": 1}
    assert not [call for call in fusebox.writes if call.startswith("autoscaling.")]
    assert fusebox("exempt", spelt(group["AutoScalingGroupARN"]), *options, "--end").code == 0
    assert fusebox("run", "asg_clamp", "--json").json["counts"] == {"done": 1}


def test_exemptions_are_listed_and_can_be_ended(fusebox: Fusebox) -> None:
    fusebox("exempt", GROUP, *OF, "--until", "2999-12-31", *WHY)
    (one,) = fusebox("exemptions", "--json").json["exemptions"]
    assert one == {
        "resource": ARN,
        "owner": "ann@example.com",
        "reason": "legal hold",
        "until": "3000-01-01T00:00:00+00:00",
    }
    assert "legal hold" in fusebox("exemptions").out
    assert fusebox("exempt", GROUP, *OF, "--end").code == 0
    assert "No exemption is in force." in fusebox("exemptions").out
    assert "has no exemption" in fusebox("exempt", GROUP, *OF, "--end").complaint


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([GROUP, "--until", "30d"], "--owner, --reason missing"),
        ([GROUP, "--until", "30d", "--owner", " ", "--reason", "x"], "--owner missing"),
        ([GROUP, "--until", "soon", *WHY], "'soon' is no time: write 30d"),
        ([GROUP, "--until", "2020-01-01", *WHY], "that is in the past"),
        ([GROUP, "--until", "9999-12-31", *WHY], "--until 9999-12-31: that is out of range"),
        ([GROUP, "--until", "9999-12-31T23:00-05:00", *WHY], "that is out of range"),
        ([GROUP, "--until", "0001-01-01T00:00+10:00", *WHY], "that is out of range"),
        ([GROUP, "--until", "99999999w", *WHY], "is no time"),
        ([ARN.replace("us-east-1", "eu-west-1"), "--until", "30d", *WHY], "is nothing Fusebox watches here"),
        ([ARN.replace("123456789012", "210987654321"), "--until", "30d", *WHY], "is nothing Fusebox watches here"),
        (["arn:aws:iam::123456789012:role/x", "--until", "30d", *WHY], "allowed are: arn:aws:logs:us-east-1"),
        (["bucket", "--until", "30d", "--guardrail", "tag_check", *WHY], "many kinds of resource, so give the ARN"),
        ([" ", "--until", "30d", *WHY], "the resource is empty"),
        ([GROUP, "--until", "30d", "--guardrail", "idle_toaster", *WHY], "there are: log_retention"),
        ([GROUP, "--until", "30d", *WHY], "is no ARN: say which guardrail's resource it is with --guardrail"),
        ([GROUP, "--until", "30d", "--end"], "contradict"),
    ],
)
def test_an_exemption_that_would_protect_nothing_is_refused(fusebox: Fusebox, arguments: list[str], said: str) -> None:
    ran = fusebox("exempt", *arguments)
    assert ran.code == 2
    assert said in ran.complaint
    assert fusebox.files == []


def test_what_others_wrote_cannot_steer_the_terminal(fusebox: Fusebox) -> None:
    make_group(GROUP)
    evil = ("--owner", "\x1b[31mann\x1b[2J", "--reason", "legal\r\x9bhold\u202e")
    for command in (("exempt", GROUP, *OF, "--until", "30d", *evil), ("exemptions",), ("plan", "log_retention")):
        ran = fusebox(*command)
        assert all(line.isprintable() for line in ran.out.splitlines()), command
        assert "\\x1b[31mann\\x1b[2J" in ran.out.replace("\n", ""), command
    assert all(line.isprintable() for line in fusebox("run", "log_retention").out.splitlines())
    assert fusebox("exemptions", "--json").json["exemptions"][0]["reason"] == "legal\r\x9bhold\u202e"


def test_nothing_is_done_while_everything_is_paused(fusebox: Fusebox) -> None:
    make_group(GROUP)
    fusebox.policy(mode="enforce")
    assert "Paused: everything (incident)" in fusebox("pause", "--reason", "incident").out
    ran = fusebox("run", "log_retention")
    assert "1 held back by a pause" in ran.out
    assert "incident" in ran.out
    assert retentions() == {GROUP: None}
    assert "Resumed: everything." in fusebox("resume").out
    fusebox("run", "log_retention")
    assert retentions() == {GROUP: 30}


def test_a_guardrail_is_paused_on_its_own(fusebox: Fusebox) -> None:
    make_group(GROUP)
    fusebox.policy(mode="enforce")
    fusebox("pause", "log_retention")
    fusebox("run", "log_retention")
    assert retentions() == {GROUP: None}
    ran = fusebox("resume", "--json")
    assert ran.json["was_paused"] is False
    assert "no reason given" in ran.json["still_paused"]["log_retention"]
    assert fusebox("resume", "log-retention", "--json").json["still_paused"] == {}


def test_the_switch_works_though_the_policy_is_broken(fusebox: Fusebox) -> None:
    (fusebox.folder / "fusebox.yaml").write_text("guardrails: [")
    assert fusebox("pause").code == 0
    assert fusebox("resume").code == 0


@pytest.mark.parametrize("command", [("pause",), ("resume",), ("exempt", GROUP, *OF, "--until", "30d", *WHY)])
def test_a_switch_is_never_thrown_in_the_wrong_table(fusebox: Fusebox, command: tuple[str, ...]) -> None:
    fusebox.deny("GetParameter")
    assert "cannot tell whether a Fusebox is deployed here" in fusebox(*command).complaint
    fusebox.denied.clear()
    fusebox.deploy()
    ran = fusebox(*command)
    assert ran.code == 0
    assert "Working on stack Fusebox (table fusebox), which is deployed here" in ran.err
    assert fusebox(*command, "--stack", "Fusebox").code == 0
    assert fusebox.files == []


def test_a_pause_in_the_deployed_table_holds_there(fusebox: Fusebox) -> None:
    fusebox.deploy()
    make_group(GROUP)
    fusebox.policy(mode="enforce")
    fusebox("pause", "--stack", "Fusebox", "--reason", "incident")
    assert fusebox("run", "log_retention", "--stack", "Fusebox", "--json").json["counts"] == {"paused": 1}
