"""One call for many instances: who is refused, who is not, and in how many calls that is found out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from functions.core.ec2_batches import AT_MOST, REFUSALS, in_one_go
from functions.core.types import ActionFailed, ResourceGone

IDS = [f"i-{number:017x}" for number in range(320)]


def refusal(code: str, text: str = "no", *, status: int = 400, retries: int = 0) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": retries},
    }
    return ClientError(answer, "StopInstances")


class Ec2:
    """Refuses whole requests that hold one of `bad`; names it where `names` says so."""

    def __init__(self, bad: Sequence[str], code: str = "OperationNotPermitted", *, names: bool = True) -> None:
        self.bad, self.code, self.names = bad, code, names
        self.calls: list[int] = []
        self.done: set[str] = set()

    def stop(self, ids: Sequence[str]) -> None:
        self.calls.append(len(ids))
        wrong = [one for one in ids if one in self.bad]
        if wrong:
            raise refusal(self.code, f"may not be stopped: {wrong[0] if self.names else 'encoded message'}")
        self.done |= set(ids)


def test_all_are_done_in_one_call() -> None:
    ec2 = Ec2([])
    assert set(in_one_go(IDS, ec2.stop).values()) == {None}
    assert ec2.calls == [320]


def test_a_call_takes_no_more_than_a_thousand() -> None:
    ec2 = Ec2([])
    ids = [f"i-{number:017x}" for number in range(2 * AT_MOST + 1)]
    assert len(in_one_go(ids, ec2.stop)) == len(ids)
    assert sorted(ec2.calls) == [1, AT_MOST, AT_MOST]


@pytest.mark.parametrize(("names", "at_most"), [(True, 9), (False, 60)])
def test_those_that_are_refused_hold_up_no_other(names: bool, at_most: int) -> None:
    bad = [IDS[3], IDS[100], IDS[319]]
    ec2 = Ec2(bad, names=names)
    ended = in_one_go(IDS, ec2.stop)
    assert {one for one, outcome in ended.items() if outcome is not None} == set(bad)
    assert all(isinstance(ended[one], ActionFailed) for one in bad)
    assert ec2.done == set(IDS) - set(bad)
    assert len(ec2.calls) <= at_most


def test_one_that_is_gone_is_gone() -> None:
    ec2 = Ec2([IDS[1]], "InvalidInstanceID.NotFound")
    assert isinstance(in_one_go(IDS[:3], ec2.stop)[IDS[1]], ResourceGone)
    assert ec2.done == {IDS[0], IDS[2]}


def test_where_nothing_is_allowed_it_is_given_up() -> None:
    ec2 = Ec2(IDS, "UnauthorizedOperation", names=False)
    ended = in_one_go(IDS, ec2.stop)
    assert set(ended) == set(IDS)
    assert all(isinstance(one, ActionFailed) and one.certain for one in ended.values())
    assert len(ec2.calls) <= 4 * REFUSALS


@pytest.mark.parametrize(
    ("error", "certain"),
    [
        (refusal("RequestLimitExceeded"), True),
        (refusal("RequestLimitExceeded", retries=4), False),
        (refusal("InternalError", status=500), False),
        (ReadTimeoutError(endpoint_url="https://ec2.example.com"), False),
        (EndpointConnectionError(endpoint_url="https://ec2.example.com"), True),
    ],
    ids=["throttled", "throttled again and again", "broken", "no answer", "never sent"],
)
def test_without_an_answer_nothing_more_is_tried(error: Exception, certain: bool) -> None:
    calls = []

    def no_answer(ids: Sequence[str]) -> None:
        calls.append(ids)
        raise error

    ended = in_one_go(IDS, no_answer)
    assert len(calls) == 1
    assert {isinstance(one, ActionFailed) and one.certain for one in ended.values()} == {certain}


@pytest.mark.parametrize("text", ["nonsense", f"about {IDS[7]}", "about i-0123456789abcdef0, a stranger"])
def test_whatever_the_text_says_all_are_tried(text: str) -> None:
    done: set[str] = set()

    def stop(ids: Sequence[str]) -> None:
        if IDS[9] in ids:
            raise refusal("IncorrectInstanceState", text)
        done.update(ids)

    in_one_go(IDS[:20], stop)
    assert done == set(IDS[:20]) - {IDS[9]}
