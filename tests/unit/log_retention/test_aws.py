"""How log groups are read and changed, and what is made of every answer AWS may give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from functions.core.clients import Clients, Retries
from functions.core.types import Action, ActionFailed, ResourceGone, Scope
from functions.log_retention.aws import LogGroups
from functions.log_retention.decide import LogGroup
from functions.log_retention.spec import LogRetentionSettings, Pace
from tests.contract.worlds import make_group

SCOPE = Scope("123456789012", "us-east-1")
SETTINGS = LogRetentionSettings(pace=Pace(lists_per_second=100_000, puts_per_second=100_000))
SET_14 = Action("set_retention", {"days": 14}, {"days": None})


class Account:
    """Log groups in moto; `refuse` makes the next calls of an operation fail."""

    def __init__(self) -> None:
        self.clients = Clients("us-east-1")
        self.slept: list[float] = []
        self.groups = LogGroups(self.clients, SCOPE, SETTINGS, lambda: datetime.now(UTC), sleep=self.slept.append)

    def refuse(self, service: str, operation: str, *errors: Exception | None) -> None:
        left = list(errors)

        def answer(**_: Any) -> None:
            error = left.pop(0) if left else None
            if error:
                raise error

        retries: Retries = "adaptive" if service == "resourcegroupstaggingapi" else "standard"
        client = self.clients.get(service, retries)
        client.meta.events.register(f"before-call.*.{operation}", answer)

    def read(self, name: str) -> LogGroup:
        arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
        return self.groups.read([arn])[arn]

    def all(self) -> list[LogGroup]:
        return [group for page in self.groups.pages("") for group in page.facts]


def refused(code: str, status: int = 400, retries: int = 0) -> ClientError:
    about = {"HTTPStatusCode": status, "RetryAttempts": retries}
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": about}, "Operation")


@pytest.fixture
def account(aws_keys: None) -> Iterator[Account]:
    with mock_aws():
        yield Account()


def retention_of(name: str) -> int | None:
    logs = boto3.client("logs", region_name="us-east-1")
    days: int | None = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0].get("retentionInDays")
    return days


def test_pages_come_fifty_at_a_time_and_go_on_from_a_cursor(account: Account) -> None:
    for number in range(120):
        make_group(f"/g/{number:03}")
    first = next(account.groups.pages(""))
    assert len(first.facts) == 50
    rest = [group.name for page in account.groups.pages(first.cursor) for group in page.facts]
    assert rest == [f"/g/{number:03}" for number in range(50, 120)]


def test_an_account_without_log_groups_is_one_empty_page(account: Account) -> None:
    assert account.all() == []


def test_what_a_group_looks_like(account: Account) -> None:
    make_group("/g", days=7, age_days=10, stored_bytes=1234)
    boto3.client("logs", region_name="us-east-1").tag_resource(
        resourceArn="arn:aws:logs:us-east-1:123456789012:log-group:/g", tags={"team": "ml"}
    )
    for group in (account.read("/g"), *account.all()):
        assert (group.name, group.days, group.stored_bytes, group.tags) == ("/g", 7, 1234, {"team": "ml"})
        assert group.created_at is not None
        assert (group.read_at - group.created_at).days == 10
        assert group.unreadable == ""


def test_a_name_that_is_the_beginning_of_another_is_not_mistaken_for_it(account: Account) -> None:
    make_group("/g/api-v2", days=7)
    assert account.groups.read(["arn:aws:logs:us-east-1:123456789012:log-group:/g/api"]) == {}
    make_group("/g/api", days=3)
    assert account.read("/g/api").days == 3


@pytest.mark.parametrize(
    ("service", "operation", "look"),
    [
        ("resourcegroupstaggingapi", "GetResources", lambda account: account.all()[0]),
        ("logs", "ListTagsForResource", lambda account: account.read("/g")),
    ],
)
def test_tags_that_cannot_be_read_are_unknown_and_say_why(
    account: Account, service: str, operation: str, look: Callable[[Account], LogGroup]
) -> None:
    make_group("/g")
    account.refuse(service, operation, refused("AccessDeniedException"))
    group = look(account)
    assert group.tags is None
    assert "AccessDeniedException" in group.unreadable


def test_an_sdk_that_does_not_know_a_safety_field_makes_everything_unknown(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_group("/g")
    shapes = account.clients.get("logs").meta.service_model._service_description["shapes"]
    monkeypatch.delitem(shapes["LogGroup"]["members"], "retentionPolicyName")
    assert "retentionPolicyName" in account.read("/g").unreadable


def test_an_old_sdk_is_noticed_and_a_current_one_is_not(account: Account) -> None:
    make_group("/g")
    assert account.read("/g").unreadable == ""


def test_setting_and_removing_a_retention(account: Account) -> None:
    make_group("/g")
    account.groups.act(account.read("/g"), SET_14)
    assert retention_of("/g") == 14
    account.groups.act(account.read("/g"), Action("set_retention", {"days": None}, {"days": 14}))
    assert retention_of("/g") is None


def test_a_group_that_is_being_changed_by_others_is_tried_again(account: Account) -> None:
    make_group("/g")
    busy = refused("OperationAbortedException")
    account.refuse("logs", "PutRetentionPolicy", busy, busy)
    account.groups.act(account.read("/g"), SET_14)
    assert retention_of("/g") == 14
    assert [wait for wait in account.slept if wait >= 0.2] == [0.2, 0.5]


def test_a_group_that_never_comes_free_is_a_failure(account: Account) -> None:
    make_group("/g")
    account.refuse("logs", "PutRetentionPolicy", *[refused("OperationAbortedException")] * 6)
    with pytest.raises(ActionFailed) as caught:
        account.groups.act(account.read("/g"), SET_14)
    assert caught.value.certain


def test_a_group_that_is_gone(account: Account) -> None:
    make_group("/g")
    group = account.read("/g")
    boto3.client("logs", region_name="us-east-1").delete_log_group(logGroupName="/g")
    with pytest.raises(ResourceGone):
        account.groups.act(group, SET_14)


@pytest.mark.parametrize(
    ("error", "certain"),
    [
        (refused("AccessDeniedException"), True),
        (refused("InvalidParameterException"), True),
        (refused("ServiceUnavailableException", 503), False),
        (refused("ThrottlingException", retries=4), False),
        (EndpointConnectionError(endpoint_url="https://logs.example.com"), True),
        (ReadTimeoutError(endpoint_url="https://logs.example.com"), False),
    ],
)
def test_whether_a_failed_change_may_have_happened(account: Account, error: Exception, certain: bool) -> None:
    make_group("/g")
    group = account.read("/g")
    account.refuse("logs", "PutRetentionPolicy", error)
    with pytest.raises(ActionFailed) as caught:
        account.groups.act(group, SET_14)
    assert caught.value.certain is certain
