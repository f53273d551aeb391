"""Credentials that are good nowhere."""

from __future__ import annotations

import pytest


@pytest.fixture
def aws_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What botocore needs to sign a request that moto answers."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
