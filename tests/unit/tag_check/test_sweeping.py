"""A sweep goes through every listing exactly once, however often it is broken off, and past those that fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.tag_check import sweeping
from functions.tag_check.catalog.kind import Kind
from functions.tag_check.catalog.kinds import KINDS
from functions.tag_check.listing import Item
from functions.tag_check.sweeping import Batch
from tests.unit.tag_check.builders import NOW

QUICK = settings(derandomize=True, deadline=None, max_examples=150, database=None)
VOLUMES, QUEUES, FUNCTIONS = (KINDS[one] for one in ("AWS::EC2::Volume", "AWS::SQS::Queue", "AWS::Lambda::Function"))
Pages = Mapping[str, Sequence[Sequence[str]]]


@dataclass
class Listings:
    """Listings by kind, page by page. Tokens are as wild as services make them; `slow` is how long a page takes."""

    pages: Pages
    slow: timedelta = timedelta()
    broken: dict[str, Exception] = field(default_factory=dict)
    bare: bool = False
    now: datetime = NOW
    asked: list[str] = field(default_factory=list)

    def page(self, kind: Kind, token: str) -> tuple[list[Item], str]:
        self.asked.append(kind.type)
        self.now += self.slow
        number = int(token.rpartition("|")[2]) if token else 0
        if number + 1 == len(self.pages[kind.type]) and kind.type in self.broken:
            raise self.broken[kind.type]
        tags: dict[str, str] | None = None if self.bare else {}
        found = [Item(kind, id, f"arn:{kind.type}:{id}", None, tags, {}) for id in self.pages[kind.type][number]]
        more = number + 1 < len(self.pages[kind.type])
        return found, f"a=|b/{kind.type}|{number + 1}" if more else ""

    def clock(self) -> datetime:
        return self.now

    def batches(self, cursor: str = "") -> Iterator[Batch]:
        kinds: Any = [one for one in (VOLUMES, QUEUES, FUNCTIONS) if one.type in self.pages]
        lister: Any = self
        return sweeping.batches(lister, kinds, cursor, self.clock)


def ids(batches: Sequence[Batch]) -> list[str]:
    return [item.id for batch in batches for item in batch.items]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


def three(**also: Any) -> Listings:
    pages = {VOLUMES.type: [["v1", "v2"], ["v3"]], QUEUES.type: [["q1"]], FUNCTIONS.type: [["f1"], ["f2"]]}
    return Listings(pages, **also)


# --- everything once


def test_small_listings_come_together_in_one_batch() -> None:
    (batch,) = three().batches()
    assert ids([batch]) == ["v1", "v2", "v3", "q1", "f1", "f2"]
    assert (batch.cursor, batch.ends) == ("", {VOLUMES.type, QUEUES.type, FUNCTIONS.type})
    assert set(batch.begins.values()) == {""}


def test_an_account_without_anything_is_one_empty_batch() -> None:
    (batch,) = Listings({VOLUMES.type: [[]]}).batches()
    assert (batch.items, batch.cursor, batch.trouble) == ([], "", [])


def test_without_kinds_there_is_one_empty_batch() -> None:
    (batch,) = Listings({}).batches()
    assert (batch.items, batch.cursor) == ([], "")


def test_what_takes_long_is_handed_over_so_that_it_does_not_age() -> None:
    found = list(three(slow=timedelta(seconds=20)).batches())
    assert [ids([one]) for one in found] == [["v1", "v2"], ["v3"], ["q1"], ["f1"], ["f2"]]


def test_what_must_still_be_asked_about_its_tags_comes_in_smaller_batches() -> None:
    many = [[f"q{number}" for number in range(start, start + 100)] for start in range(0, 1000, 100)]
    found = list(Listings({QUEUES.type: many}, bare=True).batches())
    assert max(len(one.items) for one in found) <= 200
    assert len(ids(found)) == 1000


SHAPES = st.fixed_dictionaries(
    {kind.type: st.lists(st.integers(0, 3), min_size=1, max_size=4) for kind in (VOLUMES, QUEUES, FUNCTIONS)}
)


@QUICK
@given(shape=SHAPES, slow=st.sampled_from([0, 8, 20]), stops=st.lists(st.booleans(), max_size=12))
def test_however_often_it_is_broken_off_everything_comes_exactly_once(
    shape: dict[str, list[int]], slow: int, stops: list[bool]
) -> None:
    pages = {
        type: [[f"{type} {page}.{one}" for one in range(count)] for page, count in enumerate(counts)]
        for type, counts in shape.items()
    }
    listings = Listings(pages, timedelta(seconds=slow))
    got: list[Batch] = []
    cursor, steps = "", 0
    while True:
        steps += 1
        for batch in listings.batches(cursor):
            got.append(batch)
            cursor = batch.cursor
            if not cursor or (stops and stops.pop()):
                break
        if not cursor:
            break
        assert steps < 50, "it never ends"
    kinds = (VOLUMES, QUEUES, FUNCTIONS)
    assert ids(got) == [one for kind in kinds for page in pages[kind.type] for one in page]
    assert set().union(*(one.ends for one in got)) == set(pages)


def test_a_batch_that_was_not_finished_begins_again_where_it_began() -> None:
    listings = three(slow=timedelta(seconds=20))
    first, second = list(listings.batches())[:2]
    again = next(listings.batches(first.cursor))
    assert (ids([again]), again.begins) == (ids([second]), second.begins)


def test_a_kind_that_the_policy_has_dropped_meanwhile_starts_the_sweep_anew() -> None:
    assert ids(list(three().batches("AWS::Gone::Thing|x|1"))) == ["v1", "v2", "v3", "q1", "f1", "f2"]


# --- what fails


def test_a_listing_that_answers_its_own_token_ends_as_trouble() -> None:
    listings = three()
    listings.page = lambda kind, token: ([], "again" if kind is VOLUMES else "")  # type: ignore[method-assign]
    (batch,) = listings.batches()
    assert batch.trouble == [
        "AWS::EC2::Volume could not be listed: Error during pagination: the same token was answered twice: again"
    ]
    assert batch.ends == {QUEUES.type, FUNCTIONS.type}


@pytest.mark.parametrize(
    "error", [refused("AccessDenied"), refused("Throttling"), EndpointConnectionError(endpoint_url="https://sqs")]
)
def test_a_listing_that_fails_is_trouble_and_the_others_go_on(error: Exception) -> None:
    (batch,) = three(broken={QUEUES.type: error}).batches()
    assert ids([batch]) == ["v1", "v2", "v3", "f1", "f2"]
    (trouble,) = batch.trouble
    assert trouble.startswith("AWS::SQS::Queue could not be listed: ")


def test_a_listing_that_fails_is_not_whole_and_counts_nothing() -> None:
    (batch,) = three(broken={QUEUES.type: refused("AccessDenied")}).batches()
    assert QUEUES.type not in batch.ends
    assert QUEUES.type not in batch.begins


def test_a_listing_that_fails_on_its_way_keeps_what_it_gave() -> None:
    (batch,) = three(broken={VOLUMES.type: refused("AccessDenied")}).batches()
    assert ids([batch]) == ["v1", "v2", "q1", "f1", "f2"]
    assert VOLUMES.type not in batch.ends
    assert batch.begins[VOLUMES.type] == ""


@pytest.mark.parametrize("code", sorted(sweeping.NOT_IN_USE))
def test_a_service_that_is_not_in_use_is_no_trouble(code: str) -> None:
    (batch,) = three(broken={QUEUES.type: refused(code)}).batches()
    assert batch.trouble == []
    assert QUEUES.type in batch.ends


# --- what there is in a Region


def regions(**by: list[str]) -> Any:
    known = {"ec2": ["us-east-1", "cn-north-1"], **by}
    return lambda service: known.get(service, [])


@pytest.mark.parametrize(
    ("known", "region", "listed"),
    [
        (regions(sqs=["us-east-1"]), "us-east-1", True),
        (regions(sqs=["us-east-1"]), "cn-north-1", False),
        (regions(), "us-east-1", True),
        (regions(sqs=["us-east-1"]), "mars-north-1", True),
    ],
)
def test_a_kind_is_listed_where_its_service_is_or_nobody_knows(known: Any, region: str, listed: bool) -> None:
    assert (sweeping.available([QUEUES], known, region) == [QUEUES]) is listed


def test_what_nothing_lists_is_left_out() -> None:
    assert sweeping.available([KINDS["AWS::KMS::Key"]], regions(), "us-east-1") == []
