"""DescribeLogGroups with the filters and fields that moto ignores, paging by name."""

from __future__ import annotations

from local import moto_hooks
from local.api import Answer, ApiRequest
from local.scope import Scope


def describe(request: ApiRequest, scope: Scope) -> Answer:
    """Answers the call. Source: CloudWatch Logs API reference, DescribeLogGroups."""
    params = request.params
    groups = moto_hooks.log_groups(scope)
    if identifiers := params.get("logGroupIdentifiers"):
        wanted = {i.split(":log-group:")[-1].removesuffix(":*") for i in identifiers}
        groups = [g for g in groups if g["logGroupName"] in wanted]
    prefix, pattern = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
    groups = [
        g
        for g in groups
        if g["logGroupName"].startswith(prefix)
        and pattern in g["logGroupName"]
        and params.get("logGroupClass") in (None, g["logGroupClass"])
    ]
    limit, token = params.get("limit", 50), params.get("nextToken", "")
    rest = [g for g in groups if g["logGroupName"] > token]
    page = rest[:limit]
    more = {"nextToken": page[-1]["logGroupName"]} if len(rest) > limit else {}
    return Answer.json({"logGroups": page, **more})
