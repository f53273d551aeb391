"""A secret that many keys need at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.llm_keys.providers.held_secret import HeldSecret
from functions.llm_keys.providers.provider import ProviderFailed
from tests.unit.llm_keys.aws.cloud import NOON, Answer, Cloud, Refusal

SAID = "the admin credential of acme cannot be read: "
VALUE = "fake-" + "admin-key"


@dataclass
class World:
    """The secret with a clock that moves by hand."""

    cloud: Cloud
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.held = HeldSecret(self.cloud, "fusebox-llm-acme", "the admin credential of acme", lambda: self.now)

    def tell(self, answer: Answer) -> None:
        self.cloud.tell("secretsmanager.GetSecretValue", answer)

    def refusal(self) -> str:
        with pytest.raises(ProviderFailed) as caught:
            self.held.value()
        return str(caught.value)

    @property
    def asked(self) -> int:
        return len(self.cloud.asked)


@pytest.fixture
def world(cloud: Cloud) -> World:
    return World(cloud)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Refusal("InternalServiceError", "no", 500), "InternalServiceError"),
        (ReadTimeoutError(endpoint_url="https://aws.example.com"), "ReadTimeoutError"),
    ],
)
def test_a_failure_is_kept_for_five_seconds(world: World, answer: Answer, said: str) -> None:
    world.tell(answer)
    assert world.refusal() == SAID + said
    world.now += timedelta(seconds=4.9)
    assert world.refusal() == SAID + said
    assert world.asked == 1
    world.tell({"SecretString": VALUE})
    world.now += timedelta(seconds=0.1)
    assert world.held.value() == VALUE
    assert world.asked == 2


def test_the_five_seconds_begin_once_it_has_failed(world: World) -> None:
    def slow(_: object) -> Answer:
        world.now += timedelta(seconds=30)
        return Refusal("InternalServiceError", "no", 500)

    world.cloud.told["secretsmanager.GetSecretValue"] = slow
    world.refusal()
    world.refusal()
    assert world.asked == 1


def test_ten_keys_wait_for_one_failure_and_not_for_ten(world: World) -> None:
    begun, answer = threading.Event(), threading.Event()

    def slow(_: object) -> Answer:
        begun.set()
        assert answer.wait(60)
        return Refusal("InternalServiceError", "no", 500)

    world.cloud.told["secretsmanager.GetSecretValue"] = slow
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(world.held.value)
        assert begun.wait(60)
        others = [pool.submit(world.held.value) for _ in range(9)]
        answer.set()
        assert {str(one.exception()) for one in (first, *others)} == {SAID + "InternalServiceError"}
    assert world.asked == 1


@pytest.mark.parametrize("between", [lambda held: None, HeldSecret.forget])
def test_a_failure_stays_one_when_it_is_to_be_read_anew(world: World, between: Callable[[HeldSecret], None]) -> None:
    world.tell(Refusal("AccessDeniedException", "no", 400))
    world.refusal()
    between(world.held)
    world.refusal()
    assert world.asked == 1


def test_that_nobody_has_set_it_is_no_failure_and_not_kept(world: World) -> None:
    world.tell(Refusal("ResourceNotFoundException", "no", 400))
    assert world.held.value() == ""
    world.tell({"SecretString": VALUE})
    assert world.held.value() == VALUE
    world.held.forget()
    assert world.held.value() == VALUE
    assert world.asked == 3
