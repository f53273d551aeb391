"""What Amazon Bedrock goes on billing after every key and principal is stopped: batch jobs and bought throughput.

A deny keeps new jobs from being made and ends none that run. Source:
https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/prov-throughput.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.llm_keys.providers.aws_errors import not_read

UNENDED = ("Submitted", "Validating", "Scheduled", "InProgress")
"""States of a batch job that is yet to run or runs."""
NOT_BILLED = "Failed"


def going_on(clients: Clients) -> list[str]:
    """One line for each job and each throughput of the account in this Region. Raises ProviderFailed."""
    try:
        return [*_jobs(clients.get("bedrock")), *_throughputs(clients.get("bedrock"))]
    except (ClientError, BotoCoreError) as error:
        raise not_read(error, "what Bedrock goes on billing") from error


def _jobs(bedrock: Any) -> Iterator[str]:
    for state in UNENDED:
        for one in _all(bedrock.list_model_invocation_jobs, "invocationJobSummaries", statusEquals=state):
            yield f"batch job {one['jobName']} ({state}) with model {_model(one['modelId'])}"


def _throughputs(bedrock: Any) -> Iterator[str]:
    for one in _all(bedrock.list_provisioned_model_throughputs, "provisionedModelSummaries"):
        if one["status"] == NOT_BILLED:
            continue
        bound = f", bought for {one['commitmentDuration']}" if one.get("commitmentDuration") else ""
        yield (
            f"provisioned throughput {one['provisionedModelName']} ({one['status']}): "
            f"{one['modelUnits']} model units of {_model(one['modelArn'])}{bound}"
        )


def _all(call: Any, field: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        answer = call(**asked, **more)
        yield from answer.get(field, ())
        if not answer.get("nextToken"):
            return
        more = {"nextToken": answer["nextToken"]}


def _model(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
