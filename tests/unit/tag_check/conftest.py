"""An account in moto for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws
from moto.ec2.models import amis, instance_types

from tests.aws_world import environment
from tests.unit.tag_check.builders import policy
from tests.unit.tag_check.stage import IMAGE, Stage, client

StageOf = Callable[..., Stage]
FEW = ("m5.large", "m5d.large", "p3.2xlarge")


@pytest.fixture
def stage_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[StageOf]:
    """Makes a stage with a policy: its steps, then settings."""
    some = {name: about for name, about in instance_types.INSTANCE_TYPES.items() if name in FEW}
    monkeypatch.setattr(instance_types, "INSTANCE_TYPES", some)
    monkeypatch.setattr(instance_types.InstanceTypeBackend, "instance_types", [*map(instance_types.InstanceType, some)])
    # moto would make hundreds of images for each test, twice.
    monkeypatch.setattr(amis, "AMIS", [one for one in amis.AMIS if one["ami_id"] == IMAGE])
    with mock_aws():
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        for key, value in environment("").items():
            monkeypatch.setenv(key, value)
        topic = client("sns").create_topic(Name="alerts")["TopicArn"]
        monkeypatch.setenv("FUSEBOX_ALERTS_TOPIC", topic)

        def stage(*steps: Any, types: tuple[str, ...] = ("AWS::EC2::Instance",), **also: Any) -> Stage:
            return Stage(policy(*steps, types=types, **also))

        yield stage
