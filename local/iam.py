"""Evaluates IAM policy statements as AWS does, for the elements, operators and keys this stack may use.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. An explicit
Deny wins; then any Allow; else nothing is granted. What is not known here raises UnmodelledCall.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from local.errors import UnmodelledCall
from local.wiring import Statement

Verdict = Literal["Allow", "Deny", "None"]
KNOWN_KEYS = frozenset(
    {
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:principalisawsservice",
        "aws:securetransport",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:requestedregion",
        "dynamodb:leadingkeys",
        "iam:policyarn",
        "iam:passedtoservice",
        "aws:tagkeys",
        "autoscaling:maxsize",
        "autoscaling:minsize",
        "cloudwatch:namespace",
        "kms:grantisforawsresource",
        "lambda:functionurlauthtype",
        "lambda:invokedviafunctionurl",
    }
)
_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"}


@dataclass(frozen=True)
class Check:
    """One question: may this action touch this ARN? `context` holds condition keys (lower case) to values."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    """The resource's tags, or None if the permission tables do not read them for this resource."""


@dataclass(frozen=True)
class Caller:
    """Who asks, for resource policies: an AWS service, a role or user (by ARN), or anyone at all, without a name."""

    kind: Literal["service", "role", "anonymous"]
    name: str


def statements(document: Mapping[str, Any]) -> list[Statement]:
    """The statements of a policy document, which AWS lets be one object or a list."""
    found = document["Statement"]
    return list(found) if isinstance(found, list) else [found]


def of_document(document: str | Mapping[str, Any]) -> list[Statement]:
    """The statements of a policy document as it is kept: text, or the object itself."""
    return statements(json.loads(document) if isinstance(document, str) else document)


def evaluate(policy: Iterable[Statement], check: Check, caller: Caller | None = None) -> Verdict:
    """The verdict of these statements.

    With a caller they are a resource policy and principals are compared.
    """
    allowed = False
    for statement in policy:
        unknown = set(statement) - _ELEMENTS
        if unknown:
            raise UnmodelledCall(f"policy element {sorted(unknown)} is not modelled: {statement}")
        if caller is not None and not _names(statement.get("Principal"), caller):
            continue
        if not (_covers(statement, "Action", check.action) and _covers(statement, "Resource", check.resource)):
            continue
        if not _conditions_hold(statement.get("Condition", {}), check):
            continue
        if statement["Effect"] == "Deny":
            return "Deny"
        allowed = True
    return "Allow" if allowed else "None"


@lru_cache(maxsize=4096)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def like(pattern: str, value: str, ignore_case: bool = False) -> bool:
    """IAM's wildcards: `*` any run of characters, `?` any one character."""
    return _expression(pattern, ignore_case).fullmatch(value) is not None


def as_list(value: Any) -> list[Any]:
    """A policy's value, which AWS lets be one thing or a list of them."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _covers(statement: Statement, element: str, value: str) -> bool:
    actions = element == "Action"
    if f"Not{element}" in statement:
        return not any(like(p, value, actions) for p in as_list(statement[f"Not{element}"]))
    if element not in statement:
        # Trust policies have no Resource; everywhere else AWS requires one.
        return element == "Resource"
    return any(like(p, value, actions) for p in as_list(statement[element]))


def _names(principal: Any, caller: Caller) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        raise UnmodelledCall(f"a resource policy needs a Principal, not {principal!r}")
    unknown = set(principal) - {"AWS", "Service"}
    if unknown:
        raise UnmodelledCall(f"principal kind {sorted(unknown)} is not modelled")
    if caller.kind == "service":
        return caller.name in as_list(principal.get("Service", [])) or "*" in as_list(principal.get("AWS", []))
    # An account root as principal delegates to identity policies; it grants a role nothing by itself.
    return any(p in ("*", caller.name) for p in as_list(principal.get("AWS", [])))


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]], check: Check) -> bool:
    return all(
        _holds(
            operator,
            key,
            [str(v).lower() if isinstance(v, bool) else str(v) for v in as_list(expected)],
            check,
        )
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda expected, value: expected == value,
    "StringEqualsIgnoreCase": lambda expected, value: expected.lower() == value.lower(),
    "StringLike": lambda expected, value: like(expected, value),
    "ArnEquals": lambda expected, value: like(expected, value),
    "ArnLike": lambda expected, value: like(expected, value),
    "NumericEquals": lambda expected, value: float(value) == float(expected),
    "NumericLessThan": lambda expected, value: float(value) < float(expected),
    "NumericLessThanEquals": lambda expected, value: float(value) <= float(expected),
    "NumericGreaterThan": lambda expected, value: float(value) > float(expected),
    "NumericGreaterThanEquals": lambda expected, value: float(value) >= float(expected),
    "Bool": lambda expected, value: expected.lower() == value.lower(),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
}


def _holds(operator: str, key: str, expected: list[str], check: Check) -> bool:
    quantifier, _, plain = operator.rpartition(":")
    if_exists = plain.endswith("IfExists")
    plain = plain.removesuffix("IfExists")
    values = _values(key, check)
    if plain == "Null":
        return (values is None) is (expected[0] == "true")
    negated = plain in _NEGATED
    compare = _COMPARE.get(_NEGATED.get(plain, plain))
    if compare is None or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise UnmodelledCall(f"condition operator {operator!r} is not modelled")
    if values is None and quantifier == "ForAnyValue":
        return False
    if values is None:
        return if_exists or negated or quantifier == "ForAllValues"
    hits = [any(compare(e, v) for e in expected) is not negated for v in values]
    return any(hits) if quantifier == "ForAnyValue" else all(hits)


def _values(key: str, check: Check) -> tuple[str, ...] | None:
    """The request's values of a condition key, None if the request does not carry it."""
    prefix, _, tag = key.partition("/")
    if prefix.lower() == "aws:resourcetag":
        if check.tags is None:
            raise UnmodelledCall(
                f"{check.action} on {check.resource}: the tables do not read its tags, so {key} cannot be evaluated"
            )
        return (check.tags[tag],) if tag in check.tags else None
    if key.lower() not in KNOWN_KEYS:
        raise UnmodelledCall(f"condition key {key!r} is not modelled; known: {', '.join(sorted(KNOWN_KEYS))}")
    return check.context.get(key.lower())
