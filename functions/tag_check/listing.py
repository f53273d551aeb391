"""Lists the resources of a kind, page by page, with the tags that come with the listing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from functions.core.clients import Clients
from functions.core.types import Scope
from functions.tag_check.catalog import paths
from functions.tag_check.catalog.kind import Kind, Lists

FILTER_VALUES = 200
"""Most values of one filter (EC2 API reference)."""
TAGS_AT_ONCE = 100
"""Most ARNs of one GetResources call (Tagging API reference)."""


@dataclass(frozen=True, slots=True)
class Item:
    """A resource as a listing shows it: `tags` is None where the listing holds none, `raw` the item itself."""

    kind: Kind
    id: str
    arn: str
    since: datetime | None
    tags: Mapping[str, str] | None
    raw: Any


class Lister:
    """The listings of one account and Region."""

    def __init__(self, clients: Clients, scope: Scope) -> None:
        self._clients = clients
        self._scope = scope

    def page(self, kind: Kind, token: str) -> tuple[list[Item], str]:
        """One page of a kind, and the token of the next, or ""."""
        lists = kind.lists
        assert lists is not None
        more = {lists.sends: token} if token else {}
        answer = self._call(lists, **self._request(lists), **more)
        return list(self._items(kind, lists, answer)), str(answer.get(lists.answers) or "") if lists.pages else ""

    def described(self, kind: Kind, ids: Sequence[str]) -> list[Item]:
        """Those of some resources that exist, where the listing's call takes ids or a filter.

        Together by filter, because one unknown id makes a request by id fail; one by one, where there is no filter.
        """
        reads, found = kind.reads, list[Item]()
        if reads.by == "filter":
            for start in range(0, len(ids), FILTER_VALUES):
                some = {"Name": reads.parameter, "Values": list(ids[start : start + FILTER_VALUES])}
                found += self._all(kind, {reads.filters: [some]})
            return found
        for id in ids:
            try:
                found += self._all(kind, {reads.parameter: [id]})
            except ClientError as error:
                if error.response["Error"]["Code"] not in reads.missing:
                    raise
        return found

    def _all(self, kind: Kind, chosen: Mapping[str, Any]) -> list[Item]:
        lists, found, token = kind.lists, list[Item](), ""
        assert lists is not None
        request = {**chosen, **({} if kind.reads.by == "ids" else self._request(lists))}
        while True:
            more = {lists.sends: token} if token else {}
            answer = self._call(lists, **request, **more)
            found += self._items(kind, lists, answer)
            token = str(answer.get(lists.answers) or "") if lists.pages else ""
            if not token:
                return found

    def tags_of(self, arns: Sequence[str]) -> tuple[dict[str, dict[str, str]], str]:
        """Tags by ARN from the Tagging API, which leaves out what was never tagged; and what went wrong, or ""."""
        found: dict[str, dict[str, str]] = {}
        for start in range(0, len(arns), TAGS_AT_ONCE):
            try:
                answer = self._clients.get("resourcegroupstaggingapi", "adaptive").get_resources(
                    ResourceARNList=list(arns[start : start + TAGS_AT_ONCE])
                )
            except (ClientError, BotoCoreError) as error:
                return found, f"tag:GetResources: {error}"
            for one in answer["ResourceTagMappingList"]:
                found[one["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        return found, ""

    def _call(self, lists: Lists, **request: Any) -> Mapping[str, Any]:
        client = self._clients.get(lists.service, "adaptive" if lists.service == "autoscaling" else "standard")
        if lists.regional and lists.regional not in _parameters(client, lists.operation):
            # It would drop it without a word, and list other Regions' resources as if they were here.
            raise ParamValidationError(report=f"the installed SDK does not know {lists.regional}")
        answer: Mapping[str, Any] = getattr(client, lists.operation)(**request)
        return answer

    def _request(self, lists: Lists) -> dict[str, Any]:
        return {**lists.only, **({lists.regional: self._scope.region} if lists.regional else {})}

    def _items(self, kind: Kind, lists: Lists, answer: Mapping[str, Any]) -> Iterator[Item]:
        for raw in paths.at(answer, lists.items):
            if not self._counts(lists, raw):
                continue
            named = self._named(kind, lists, raw)
            if named is None:
                continue
            id, arn = named
            tags = None if lists.tags is None else paths.tags_at(raw, [lists.tags])
            since = next(paths.at(raw, lists.since), None) if lists.since else None
            yield Item(kind, id, arn, moment(since), tags, raw)

    def _counts(self, lists: Lists, raw: Any) -> bool:
        """Whether it is there for good and this account's own."""
        if lists.state and lists.gone & set(paths.text(raw, lists.state)):
            return False
        if lists.owner and set(paths.text(raw, lists.owner)) - {self._scope.account}:
            return False
        return not (lists.managed and any(paths.at(raw, lists.managed)))

    def _named(self, kind: Kind, lists: Lists, raw: Any) -> tuple[str, str] | None:
        """Id and ARN of a listed resource; None for one of another kind, which some services list along."""
        if lists.arn is not None:
            arn = kind.known(next(iter(paths.text(raw, lists.arn)), ""))
            id = kind.id_of(arn, self._scope)
            return None if id is None else (id, arn)
        if lists.url is not None:
            id = next(iter(paths.text(raw, lists.url)), "").rpartition("/")[2]
        else:
            id = next(iter(paths.text(raw, lists.id or "")), "")
        return (id, kind.arn_of(id, self._scope)) if kind.is_id(id) else None


def _parameters(client: Any, operation: str) -> Collection[str]:
    """The request parameters of an operation that the installed SDK knows."""
    known = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    names: Collection[str] = known.input_shape.members
    return names


def moment(value: object) -> datetime | None:
    """A time as services write it: a datetime, epoch milliseconds, or text; None for anything else."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            return None
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    return None
