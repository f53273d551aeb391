"""The account that the switches and sources of AWS are tried in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.unit.llm_keys.aws.cloud import Cloud


@pytest.fixture
def cloud(aws_keys: None) -> Iterator[Cloud]:
    with mock_aws():
        yield Cloud()
