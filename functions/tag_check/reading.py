"""Reads the tags of single resources from their own services: whether there is one, and what it carries now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from functions.core.clients import Clients, Retries
from functions.core.types import Scope
from functions.tag_check.catalog import paths
from functions.tag_check.catalog.kind import Kind, Reads

GONE = re.compile(r"NotFound|NoSuch|NonExistent|DoesNotExist")
"""How the codes read with which services say that a resource is not there, beside those that its kind names."""
DOMAINS = {"aws-cn": "amazonaws.com.cn"}
"""Where a partition's endpoints live, if not at amazonaws.com (AWS general reference)."""


class TagReader:
    """Reads tags one resource at a time."""

    def __init__(self, clients: Clients, scope: Scope) -> None:
        self._clients = clients
        self._scope = scope

    def tags(self, kind: Kind, id: str, arn: str) -> dict[str, str] | None:
        """What a resource carries; None where there is no such resource, or it is being deleted.

        Raises ClientError or BotoCoreError where its service does not say.
        """
        reads, found = kind.reads, dict[str, str]()
        request: dict[str, Any] = {reads.parameter: self._named(kind, id, arn)}
        while True:
            try:
                answer = self._call(reads, **request)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if reads.untagged and code == reads.untagged:
                    return found
                if code in reads.missing or GONE.search(code):
                    return None
                raise
            if reads.by in ("ids", "arns") and not any(True for _ in paths.at(answer, reads.tags.partition(".")[0])):
                return None
            if reads.dying and any(paths.at(answer, reads.dying)):
                return None
            found |= paths.tags_at(answer, [reads.tags])
            sent, _, answered = reads.pages.partition(">")
            token = answer.get(answered or sent) if reads.pages else None
            if not token:
                return found
            request[sent] = token

    def _call(self, reads: Reads, **request: Any) -> Mapping[str, Any]:
        retries: Retries = "adaptive" if reads.service == "autoscaling" else "standard"
        answer: Mapping[str, Any] = getattr(self._clients.get(reads.service, retries), reads.operation)(**request)
        return answer

    def _named(self, kind: Kind, id: str, arn: str) -> str | list[str]:
        named: dict[str, str | list[str]] = {
            "arn": arn,
            "arns": [arn],
            "id": id,
            "ids": [id],
            "queue url": self._queue_url(id),
        }
        return named[kind.reads.by]

    def _queue_url(self, name: str) -> str:
        domain = DOMAINS.get(self._scope.partition, "amazonaws.com")
        return f"https://sqs.{self._scope.region}.{domain}/{self._scope.account}/{name}"
