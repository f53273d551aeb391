"""How datapoints are read, and that what was not answered is never taken for quiet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from functions.idle_gpu import metrics
from functions.idle_gpu.facts import Point, Series, Window
from functions.idle_gpu.settings import METRICS, MetricSource

WINDOW = Window(1_800_000_000, 1_800_003_600, 300)
UNTIL = WINDOW.end + 300
AT = datetime.fromtimestamp(WINDOW.start, UTC)
RATIO = next(one for one in METRICS if one.scale == 100.0)
Spoil = Callable[[dict[str, Any], int], None]


def series(instance: str, source: MetricSource = METRICS[0]) -> Series:
    return Series(source.namespace, source.metric, (("InstanceId", instance), ("index", "0")), source.kind)


class CloudWatch:
    """Answers every query with 7 at the window's start; `spoil` may change a page, `pages` splits answers."""

    def __init__(self, spoil: Spoil = lambda page, call: None, pages: int = 1) -> None:
        self.spoil, self.pages = spoil, pages
        self.requests: list[dict[str, Any]] = []

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        self.requests.append({**request})
        number = int(request.get("NextToken") or 0)
        last = number + 1 == self.pages
        results = [
            {
                "Id": query["Id"],
                "Timestamps": [AT + timedelta(seconds=300 * number)],
                "Values": [7.0],
                "StatusCode": "Complete" if last else "PartialData",
            }
            for query in request["MetricDataQueries"]
        ]
        page = {"MetricDataResults": results, "Messages": [], **({} if last else {"NextToken": str(number + 1)})}
        self.spoil(page, len(self.requests))
        return page


def read(cloudwatch: Any, many: int = 3, window: Window = WINDOW) -> metrics.Answer:
    wanted = {f"i-{number}": [series(f"i-{number}")] for number in range(many)}
    return metrics.read(cloudwatch, wanted, window, UNTIL, {})


def test_every_series_is_read_with_its_points() -> None:
    answer = read(CloudWatch())
    assert [one.points for many in answer.series.values() for one in many] == [(Point(WINDOW.start, 7.0),)] * 3
    assert (answer.unread, answer.trouble) == ({}, [])


def test_the_pages_of_an_answer_are_put_together() -> None:
    cloudwatch = CloudWatch(pages=3)
    answer = read(cloudwatch)
    assert len(cloudwatch.requests) == 3
    assert [len(many[0].points) for many in answer.series.values()] == [3, 3, 3]
    assert answer.unread == {}


def test_values_come_in_the_unit_of_their_kind() -> None:
    scale = {f"{one.namespace} {one.metric}": one.scale for one in METRICS}
    answer = metrics.read(CloudWatch(), {"i-1": [series("i-1", RATIO)]}, WINDOW, UNTIL, scale)
    assert answer.series["i-1"][0].points[0].value == 700.0


@pytest.mark.parametrize(("periods", "size"), [(13, 500), (201, 500), (288, 350), (2016, 50), (200_000, 1)])
def test_a_call_keeps_to_queries_and_points(periods: int, size: int) -> None:
    cloudwatch = CloudWatch()
    read(cloudwatch, 501, Window(UNTIL - periods * 300, WINDOW.end, 300))
    sizes = [len(one["MetricDataQueries"]) for one in cloudwatch.requests]
    assert (max(sizes), sum(sizes)) == (size, 501)


def status(code: str) -> Spoil:
    def spoil(page: dict[str, Any], call: int) -> None:
        page["MetricDataResults"][1]["StatusCode"] = code

    return spoil


def lose(page: dict[str, Any], call: int) -> None:
    del page["MetricDataResults"][1]


def message(page: dict[str, Any], call: int) -> None:
    page["MetricDataResults"][1]["Messages"] = [{"Code": "ArithmeticError", "Value": "1 Datapoints were dropped"}]


@pytest.mark.parametrize(
    "spoil",
    [status("PartialData"), status("InternalError"), status("Forbidden"), status("Whatever"), lose, message],
    ids=["partial", "internal", "forbidden", "new", "missing", "message"],
)
def test_what_is_not_wholly_answered_is_unread_and_the_others_are_read(spoil: Spoil) -> None:
    answer = read(CloudWatch(spoil))
    assert set(answer.unread) == {"i-1"}
    assert answer.trouble[0].startswith("1 instances are unknown: GetMetricData was incomplete")


def test_a_message_about_the_whole_call_leaves_all_of_it_unread() -> None:
    def spoil(page: dict[str, Any], call: int) -> None:
        page["Messages"] = [{"Code": "MaxMetricsExceeded", "Value": "too many"}]

    assert set(read(CloudWatch(spoil)).unread) == {"i-0", "i-1", "i-2"}


def test_a_batch_that_fails_leaves_the_others_read() -> None:
    def fail(page: dict[str, Any], call: int) -> None:
        if call == 2:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "GetMetricData")

    answer = read(CloudWatch(fail), 1200)
    assert (len(answer.unread), len(answer.series)) == (500, 700)
    assert "500 instances are unknown" in answer.trouble[0]


def test_an_answer_that_breaks_off_is_none() -> None:
    def fail(page: dict[str, Any], call: int) -> None:
        if call == 2:
            raise ReadTimeoutError(endpoint_url="https://monitoring.example.com")

    answer = read(CloudWatch(fail, pages=2))
    assert (set(answer.unread), answer.series) == ({"i-0", "i-1", "i-2"}, {})


class Listing:
    """Lists metrics two to a page."""

    def __init__(self, found: list[dict[str, Any]], fails: bool = False) -> None:
        self.found, self.fails = found, fails
        self.asked: list[dict[str, Any]] = []

    def list_metrics(self, **query: Any) -> dict[str, Any]:
        self.asked.append(query)
        if self.fails:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListMetrics")
        wanted = {one["Value"] for one in query.get("Dimensions", ())}
        held = [
            one
            for one in self.found
            if query.get("MetricName") in (None, one["MetricName"])
            and wanted <= {each["Value"] for each in one["Dimensions"]}
        ]
        start = int(query.get("NextToken") or 0)
        more = {"NextToken": str(start + 2)} if start + 2 < len(held) else {}
        return {"Metrics": held[start : start + 2], **more}


def metric(instance: str, name: str = METRICS[0].metric, **more: str) -> dict[str, Any]:
    dimensions = {"InstanceId": instance, **more} if instance else more
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": METRICS[0].namespace, "MetricName": name, "Dimensions": pairs}


SOURCES = METRICS[:1]
FOUND = [metric("i-1", index=str(number)) for number in range(5)] + [metric("i-2"), metric("", host="h")]


@pytest.mark.parametrize("instances", [None, ["i-1", "i-2"]])
def test_every_series_with_an_instance_is_found_page_by_page(instances: list[str] | None) -> None:
    found = metrics.listed(Listing([*FOUND, metric("i-2", "mem_used_percent")]), SOURCES, instances)
    assert {one: len(many) for one, many in found.series.items()} == {"i-1": 5, "i-2": 1}
    assert found.trouble == ()


def test_a_series_that_is_listed_twice_counts_once() -> None:
    assert len(metrics.listed(Listing([*FOUND, *FOUND]), SOURCES).series["i-1"]) == 5


def test_series_that_have_long_been_silent_are_listed_too() -> None:
    listing = Listing(FOUND)
    metrics.listed(listing, SOURCES)
    assert not any("RecentlyActive" in query for query in listing.asked)


@pytest.mark.parametrize("instances", [None, ["i-1"]])
def test_a_listing_that_fails_says_so(instances: list[str] | None) -> None:
    assert "could not be listed" in metrics.listed(Listing(FOUND, fails=True), SOURCES, instances).trouble[0]
