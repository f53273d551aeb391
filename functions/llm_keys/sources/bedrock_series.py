"""Which series of Amazon Bedrock there are, and what each counts.

`AWS/Bedrock` has one set by ModelId; further sets, by context window or service tier, count the same tokens again.
`AWS/BedrockMantle` has one by Model, beside those by Project. Source:
https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-mantle-metrics.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

from functions.llm_keys.sources.sums import Series

Counts = Literal["input", "output", "cache_read", "cache_write", "images", "calls"]
RUNTIME, MANTLE = "AWS/Bedrock", "AWS/BedrockMantle"
DIMENSIONS = {RUNTIME: "ModelId", MANTLE: "Model"}
COUNTED: Mapping[tuple[str, str], Counts] = {
    (RUNTIME, "InputTokenCount"): "input",
    (RUNTIME, "OutputTokenCount"): "output",
    (RUNTIME, "CacheReadInputTokens"): "cache_read",
    (RUNTIME, "CacheWriteInputTokens"): "cache_write",
    # What AWS's own pages on quotas, and applications in the field, call the same two.
    (RUNTIME, "CacheReadInputTokenCount"): "cache_read",
    (RUNTIME, "CacheWriteInputTokenCount"): "cache_write",
    (RUNTIME, "OutputImageCount"): "images",
    (RUNTIME, "Invocations"): "calls",
    (MANTLE, "TotalInputTokens"): "input",
    (MANTLE, "TotalOutputTokens"): "output",
    (MANTLE, "Inferences"): "calls",
}


def counts(one: Series) -> Counts:
    """What a series counts."""
    return COUNTED[one.namespace, one.metric]


def listed(cloudwatch: Any) -> list[Series]:
    """The series that had a datapoint in the past two weeks, older ones are not listed, and those of the last 15
    minutes may not be. Raises ClientError and BotoCoreError where AWS does not answer.
    """
    return [
        Series(namespace, one["MetricName"], dimension, one["Dimensions"][0]["Value"])
        for namespace, dimension in DIMENSIONS.items()
        for one in _metrics(cloudwatch, namespace, dimension)
        if (namespace, one["MetricName"]) in COUNTED and [each["Name"] for each in one["Dimensions"]] == [dimension]
    ]


def needed(known: Collection[Series]) -> list[Series]:
    """Those to read: calls only of a model that counts nothing else, since each series costs."""
    told = {(one.namespace, one.value) for one in known if counts(one) != "calls"}
    return sorted(
        (one for one in known if counts(one) != "calls" or (one.namespace, one.value) not in told),
        key=lambda one: (one.namespace, one.value, one.metric),
    )


def as_text(one: Series) -> str:
    """A series in one word to remember it by; model ids hold no spaces."""
    return f"{one.namespace} {one.metric} {one.value}"


def from_texts(texts: Iterable[str]) -> list[Series]:
    """The series of such words; one of a metric that is no longer counted is left out."""
    parts = [text.split(" ", 2) for text in texts]
    return [
        Series(namespace, metric, DIMENSIONS[namespace], model)
        for namespace, metric, model in parts
        if (namespace, metric) in COUNTED
    ]


def _metrics(cloudwatch: Any, namespace: str, dimension: str) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        answer = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": dimension}], **more)
        yield from answer["Metrics"]
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}
