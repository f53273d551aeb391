"""What the tables say of a kind of resource, and of a call that creates one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from functions.core.types import Scope

By = Literal["arn", "arns", "id", "ids", "queue url", "filter"]
"""How a read names its resource: its ARN, a list of ARNs, its id, a list of ids, a queue's URL, or an EC2 filter."""


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The call that lists all resources of a kind, botocore's names throughout.

    `items` is the path to the resources in the answer, `id` and `arn` those to their names in an item ("" is the item
    itself; one of them is enough), `since` to the moment from which its tags can be expected (its creation, or its last
    change where that is all a listing tells; "" where it tells none), `tags` to tags that come with it (None: they do
    not). `pages` names the page token, as "sent>answered" where the names differ, "" where there are no pages. `gone`
    are states at a path in which nothing is left to tag; `only` are further request parameters. A moment is a datetime,
    a text in ISO 8601, or milliseconds since 1970, as the service gives it.

    `url` is the path to a URL whose last part is the id, where an item has no other name. `owner` is the path to the
    account that owns it, where a listing also tells of what others share, by id alone. `managed` is the path to what
    only an item has that AWS manages. `regional` names the request parameter that takes the Region, where a listing
    would tell of all.
    """

    service: str
    operation: str
    items: str
    id: str | None = None
    arn: str | None = None
    url: str | None = None
    since: str = ""
    tags: str | None = None
    pages: str = "NextToken"
    only: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    gone: frozenset[str] = frozenset()
    owner: str = ""
    managed: str = ""
    regional: str = ""

    @property
    def sends(self) -> str:
        """The request's parameter for the page token."""
        return self.pages.partition(">")[0]

    @property
    def answers(self) -> str:
        """The answer's field with the next page token."""
        return self.pages.rpartition(">")[2]


@dataclass(frozen=True, kw_only=True)
class Reads:
    """The call that reads one resource's tags and says so if there is no such resource.

    `by` is how the request names it in `parameter`; with "filter", the kind's listing is called with an EC2 filter of
    that name, and tells everything. `untagged` is the error that means a resource without any tags, `missing` are those
    that mean no such resource (a list or a filter may answer with nothing instead), `dying` is the path to what only a
    resource has that is being deleted. `filters` is the request parameter that takes filters. `pages` is as in Lists:
    tags may come in pages, too.
    """

    service: str
    operation: str
    parameter: str
    by: By
    tags: str
    untagged: str = ""
    missing: frozenset[str] = frozenset()
    dying: str = ""
    filters: str = "Filters"
    pages: str = ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of resource that carries tags.

    `type` is CloudFormation's name for it, or one of its style where CloudFormation knows none. `arn` is the format of
    its ARN with {partition}, {region}, {account} and {id}; `id` is a regular expression for the last. `lists` is None
    where no call lists them all, and `unlisted` then says why. `tagging` are IAM actions that changing its tags takes,
    reading them for the Tagging API included. `known` gives the ARN by which Fusebox knows it, where AWS writes it in
    other ways too.
    """

    type: str
    arn: str
    id: str
    reads: Reads
    lists: Lists | None
    tagging: tuple[str, ...]
    unlisted: str = ""
    known: Callable[[str], str] = str

    @property
    def service(self) -> str:
        """The service's name in ARNs and in IAM."""
        return self.arn.split(":")[2]

    @property
    def described(self) -> bool:
        """Whether a read is the listing's own call for one, which tells state, owner and moment as well as tags."""
        return self.lists is not None and self.lists.operation == self.reads.operation

    def arn_of(self, id: str, scope: Scope) -> str:
        """The ARN of one of them."""
        return self.arn.format(partition=scope.partition, region=scope.region, account=scope.account, id=id)

    def id_of(self, arn: str, scope: Scope) -> str | None:
        """Its id, or None for an ARN of another kind, account or Region."""
        start, end = self._around(scope)
        if not (arn.startswith(start) and arn.endswith(end) and len(arn) > len(start) + len(end)):
            return None
        id = arn[len(start) : len(arn) - len(end)]
        return id if self.is_id(id) else None

    def is_id(self, id: str) -> bool:
        """Whether a text can be the id of one of them."""
        return self._id.fullmatch(id) is not None

    def _around(self, scope: Scope) -> tuple[str, str]:
        start, _, end = self.arn_of("\n", scope).partition("\n")
        return start, end

    @cached_property
    def _id(self) -> re.Pattern[str]:
        return re.compile(self.id, re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that creates resources, as CloudTrail tells of it.

    `id` and `arn` are paths into the event's detail ("responseElements.…", "requestParameters.…"), the first that holds
    something counts; `tags` are paths to tags in it, all of which count. `where` is a path that must hold something for
    the row to speak of the call at all: it tells apart the services that share a source and a name.
    """

    source: str
    name: str
    kind: str
    id: tuple[str, ...] = ()
    arn: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    where: str = ""


def on(service: str, *operations: str) -> tuple[str, ...]:
    """IAM actions of one service: those given, or what most services call tagging."""
    return tuple(f"{service}:{one}" for one in operations or ("TagResource", "UntagResource", "ListTagsForResource"))
