"""The way of a sweep through the kinds: what comes with one page of the engine, and where the next goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError, PaginationError

from functions.tag_check.catalog.kind import Kind
from functions.tag_check.listing import Item, Lister

LARGEST = 5000
"""Resources in one page of the engine: several listing calls together, so that changes go out in full batches."""
BARE = 25
"""As how many of them one counts whose tags do not come with its listing: each may take a call of its own."""
LONGEST = timedelta(seconds=15)
"""A quarter of how old facts may be when they are acted on."""
NOT_IN_USE = frozenset({"OptInRequired", "SubscriptionRequiredException", "UnknownOperationException"})
"""The account does not use the service, or the Region does not have it: there is nothing to list."""


@dataclass
class Batch:
    """What was listed since the last page of the engine.

    `begins` holds, for each kind in it, the token that its part began with; `ends` the kinds whose listing is complete.
    `cursor` continues after it, "" where all kinds are done. `read_at` is when the first of it was read.
    """

    read_at: datetime
    items: list[Item] = field(default_factory=list)
    begins: dict[str, str] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)
    trouble: list[str] = field(default_factory=list)
    cursor: str = ""


def batches(lister: Lister, kinds: list[Kind], cursor: str, clock: Callable[[], datetime]) -> Iterator[Batch]:
    """Everything that the kinds' listings hold, from a cursor of the form "type:token" on.

    A listing that fails is trouble; the other kinds are listed all the same.
    """
    start, _, token = cursor.partition("|")
    position = next((at for at, kind in enumerate(kinds) if kind.type == start), 0) if start else 0
    batch = Batch(clock())
    for number, kind in enumerate(kinds[position:], position):
        token = token if kind.type == start else ""
        while True:
            began = batch.begins.setdefault(kind.type, token)
            page = _page(lister, kind, token, batch)
            if page is None:
                if began == token:
                    del batch.begins[kind.type]
                break
            found, token = page
            batch.items += found
            if not token:
                batch.ends.add(kind.type)
                break
            if _is_full(batch, clock()):
                batch.cursor = f"{kind.type}|{token}"
                yield batch
                batch = Batch(clock())
        following = kinds[number + 1].type if number + 1 < len(kinds) else ""
        if following and _is_full(batch, clock()):
            batch.cursor = f"{following}|"
            yield batch
            batch = Batch(clock())
    yield batch


def _page(lister: Lister, kind: Kind, token: str, batch: Batch) -> tuple[list[Item], str] | None:
    """A page with the token of the next; None, and trouble, where it cannot be had."""
    try:
        found, following = lister.page(kind, token)
        # As the SDK's own paginators do: else the sweep would never end.
        if token and following == token:
            raise PaginationError(message=f"the same token was answered twice: {token:.80}")
        return found, following
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_IN_USE:
            return [], ""
        batch.trouble.append(f"{kind.type} could not be listed: {error}")
    except BotoCoreError as error:
        batch.trouble.append(f"{kind.type} could not be listed: {error}")
    return None


def _is_full(batch: Batch, now: datetime) -> bool:
    size = sum(BARE if one.tags is None else 1 for one in batch.items)
    return size >= LARGEST or now - batch.read_at >= LONGEST


def available(kinds: Iterable[Kind], regions_of: Callable[[str], Sequence[str]], region: str) -> list[Kind]:
    """The kinds that can be listed in a Region: those that the SDK does not know elsewhere only.

    A Region that is newer than the SDK has them all; so has every Region what the SDK knows of no Region.
    """
    found = [kind for kind in kinds if kind.lists is not None]
    if region not in regions_of("ec2"):
        return found
    known = {service: regions_of(service) for service in {kind.lists.service for kind in found if kind.lists}}
    return [kind for kind in found if kind.lists and region in (known[kind.lists.service] or [region])]
