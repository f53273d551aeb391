"""Reads log groups and sets their retention: the only file of this guardrail that calls AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from functions.core.clients import Clients
from functions.core.guardrail import Page
from functions.core.pacing import Pacer
from functions.core.types import Action, ActionFailed, ResourceGone, Scope
from functions.log_retention.decide import LogGroup
from functions.log_retention.spec import LIST_QUOTA, LOG_GROUP_FIELDS, PUT_QUOTA, LogRetentionSettings

PAGE = 50
THROTTLED = {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"}
NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError)
RACE_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries while a group is being changed by others (field report F7)."""


class LogGroups:
    """The log groups of one account and Region."""

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        settings: LogRetentionSettings,
        clock: Callable[[], datetime],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clients = clients
        self._scope = scope
        self._clock = clock
        self._sleep = sleep
        self._lists = Pacer(settings.pace.lists_per_second, LIST_QUOTA, sleep=sleep)
        self._puts = Pacer(settings.pace.puts_per_second, PUT_QUOTA, sleep=sleep)
        self._tag_reads = Pacer(PUT_QUOTA, PUT_QUOTA, sleep=sleep)
        self._made: Any = None
        self._blind_spot = ""

    def pages(self, cursor: str) -> Iterator[Page[LogGroup]]:
        """Every group, 50 at a time, with the tags that the Tagging API knows."""
        while True:
            start = {"nextToken": cursor} if cursor else {}
            self._lists.wait()
            read_at = self._clock()
            answer = self._logs.describe_log_groups(limit=PAGE, **start)
            listed = answer["logGroups"]
            tags, trouble = self._tags_of([one["logGroupArn"] for one in listed])
            cursor = answer.get("nextToken", "")
            groups = [
                self._group(one, read_at, tags.get(one["logGroupArn"], {}), trouble, listed=True) for one in listed
            ]
            yield Page(groups, cursor)
            if not cursor:
                return

    def read(self, arns: Sequence[str]) -> dict[str, LogGroup]:
        """Fresh facts, a group at a time, with tags from CloudWatch Logs itself.

        A name lists first among the names it is a prefix of (they come in ASCII order).
        """
        found = {}
        for arn in arns:
            name = arn.split(":log-group:", 1)[1]
            self._lists.wait()
            read_at = self._clock()
            answer = self._logs.describe_log_groups(logGroupNamePrefix=name, limit=1)
            for one in answer["logGroups"]:
                if one["logGroupName"] == name:
                    tags, trouble = self._own_tags_of(one["logGroupArn"])
                    found[arn] = self._group(one, read_at, tags, trouble)
        return found

    def act(self, facts: LogGroup, action: Action) -> None:
        """Sets the retention, or removes it where the days are None."""
        days = action.parameters["days"]
        for wait in (*RACE_WAITS, None):
            self._puts.wait()
            try:
                if days is None:
                    self._logs.delete_retention_policy(logGroupName=facts.name)
                else:
                    self._logs.put_retention_policy(logGroupName=facts.name, retentionInDays=days)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ResourceNotFoundException":
                    raise ResourceGone(facts.name) from error
                if code != "OperationAbortedException" or wait is None:
                    raise ActionFailed(str(error), certain=_refused_at_once(error)) from error
                self._sleep(wait)
            except BotoCoreError as error:
                raise ActionFailed(str(error), certain=isinstance(error, NEVER_SENT)) from error
            else:
                return

    def _group(
        self,
        one: Mapping[str, Any],
        read_at: datetime,
        tags: Mapping[str, str] | None,
        trouble: str,
        listed: bool = False,
    ) -> LogGroup:
        created = one.get("creationTime")
        return LogGroup(
            arn=one["logGroupArn"],
            name=one["logGroupName"],
            read_at=read_at,
            created_at=None if created is None else datetime.fromtimestamp(created / 1000, UTC),
            stored_bytes=one.get("storedBytes"),
            days=one.get("retentionInDays"),
            log_class=one.get("logGroupClass", "STANDARD"),
            account_policy=one.get("retentionPolicyName", ""),
            deletion_protected=one.get("deletionProtectionEnabled", False),
            tags=None if trouble else tags,
            unreadable=self._blind_spot or trouble,
            listed=listed,
        )

    def _tags_of(self, arns: Sequence[str]) -> tuple[dict[str, dict[str, str]], str]:
        """Tags by ARN in one call; groups that were never tagged are missing from it."""
        if not arns:
            return {}, ""
        try:
            answer = self._clients.get("resourcegroupstaggingapi", "adaptive").get_resources(ResourceARNList=arns)
        except (ClientError, BotoCoreError) as error:
            return {}, f"its tags could not be read: tag:GetResources: {error}"
        listed = answer["ResourceTagMappingList"]
        return {one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in listed}, ""

    def _own_tags_of(self, arn: str) -> tuple[dict[str, str], str]:
        self._tag_reads.wait()
        try:
            return self._logs.list_tags_for_resource(resourceArn=arn)["tags"], ""
        except (ClientError, BotoCoreError) as error:
            return {}, f"its tags could not be read: logs:ListTagsForResource: {error}"

    @property
    def _logs(self) -> Any:
        """The client; every reply, retries included, tells the pacer of its operation how it went."""
        if self._made is None:
            self._made = self._clients.get("logs")
            missing = ", ".join(LOG_GROUP_FIELDS.unknown_to(self._made.meta.service_model))
            self._blind_spot = f"the installed SDK does not know {missing}" if missing else ""
            paced = {
                "DescribeLogGroups": self._lists,
                "PutRetentionPolicy": self._puts,
                "DeleteRetentionPolicy": self._puts,
                "ListTagsForResource": self._tag_reads,
            }
            for operation, pacer in paced.items():
                self._made.meta.events.register(f"response-received.logs.{operation}", _teller(pacer))
        return self._made


def _refused_at_once(error: ClientError) -> bool:
    """Whether AWS surely did nothing: after a retry, an earlier try may have worked though its answer was lost."""
    about = error.response.get("ResponseMetadata", {})
    return bool(about.get("HTTPStatusCode", 0) < 500 and about.get("RetryAttempts", 0) == 0)


def _teller(pacer: Pacer) -> Callable[..., None]:
    def tell(parsed_response: Mapping[str, Any] | None = None, **_: Any) -> None:
        code = (parsed_response or {}).get("Error", {}).get("Code", "")
        if code in THROTTLED:
            pacer.throttled()
        elif parsed_response is not None:
            pacer.succeeded()

    return tell
