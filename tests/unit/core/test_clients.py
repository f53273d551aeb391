"""Clients of AWS: one of each, whoever asks, and from however many threads."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto import mock_aws

from functions.core.clients import Clients


class Meeting(Clients):
    """Makes a client only when a second thread is there to make one, too, or after a moment."""

    def __init__(self) -> None:
        super().__init__("us-east-1")
        self.made = 0
        self.both = threading.Barrier(2)

    def _make(self, service: str, retries: Any) -> Any:
        self.made += 1
        try:
            self.both.wait(timeout=0.05)
        except threading.BrokenBarrierError:
            self.both.reset()
        return object()


def test_threads_that_ask_at_once_get_the_same_client() -> None:
    clients = Meeting()
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(clients.get, ["iam"] * 8))
    assert (len(found), clients.made) == (1, 1)


def test_each_way_to_retry_has_its_own_client(aws_keys: None) -> None:
    clients = Clients("eu-west-1")
    standard, adaptive = clients.get("iam"), clients.get("iam", "adaptive")
    assert standard is clients.get("iam")
    assert (standard.meta.config.retries["mode"], adaptive.meta.config.retries["mode"]) == ("standard", "adaptive")


def test_nobody_who_turns_debugging_on_reads_a_secret_in_the_log(
    aws_keys: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with mock_aws():
        client = Clients("us-east-1").get("secretsmanager")
        client.create_secret(Name="fusebox-llm-claude", SecretString="not-a-real-credential")
        assert client.get_secret_value(SecretId="fusebox-llm-claude")["SecretString"] == "not-a-real-credential"
    assert "not-a-real-credential" not in caplog.text
