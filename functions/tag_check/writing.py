"""Sets tags and takes them away, many resources in a call where they get the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.ec2_batches import Outcome, in_one_go
from functions.core.refusals import action_failed
from functions.core.types import Action, ActionFailed, ResourceGone
from functions.tag_check.facts import PREFIX, TAG, Resource

ARNS_AT_ONCE = 20
"""Most ARNs of one TagResources or UntagResources call (Tagging API reference)."""
GROUP_TAGS_AT_ONCE = 25
"""Tags in one CreateOrUpdateTags or DeleteTags call of Auto Scaling, well under what it takes."""
GONE = ("NotFound", "NoSuch", "DoesNotExist", "NonExistent")
NAMED = re.compile(r"\barn:\S+")
"""An ARN in an error's words: what it names may be called anything."""
Pairs = tuple[tuple[str, str], ...]
Change = tuple[Pairs, Pairs]
"""Tags to set, and tags to take away with the value that they have: both sorted, so that equal changes go together."""


class TagWriter:
    """Writes tags through EC2, Auto Scaling and, for all other services, the Tagging API."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def write(self, batch: Sequence[tuple[Resource, Action]]) -> dict[str, Outcome]:
        """How each tag change of a batch ended, by ARN; None where it is made."""
        ended: dict[str, Outcome] = {}
        for (service, (sets, removes)), some in _alike(batch).items():
            change = {"ec2": self._ec2, "autoscaling": self._groups}.get(service, self._others)
            ended |= change(some, sets, removes)
        return ended

    def _ec2(self, some: Sequence[Resource], sets: Pairs, removes: Pairs) -> dict[str, Outcome]:
        """EC2 takes a tag away only where it still has the value that is given with it."""
        ec2, arns = self._clients.get("ec2"), {one.id: one.arn for one in some}
        ended: dict[str, Outcome] = dict.fromkeys(arns)
        if sets:
            ended |= in_one_go(list(arns), lambda ids: ec2.create_tags(Resources=ids, Tags=_listed(sets)))
        if removes:
            left = [id for id, outcome in ended.items() if outcome is None]
            ended |= in_one_go(left, lambda ids: ec2.delete_tags(Resources=ids, Tags=_listed(removes)))
        return {arns[id]: outcome for id, outcome in ended.items()}

    def _groups(self, some: Sequence[Resource], sets: Pairs, removes: Pairs) -> dict[str, Outcome]:
        """A group's tags; new ones are not handed on to its instances, others are as they were before."""
        client = self._clients.get("autoscaling", "adaptive")
        ended: dict[str, Outcome] = {}
        for one in some:

            def change(one: Resource = one) -> None:
                known = any(key in (one.tags or {}) for key, _ in sets)
                handed_on = self._handed_on(one) if known else set()
                for part in _parts(sets, GROUP_TAGS_AT_ONCE):
                    client.create_or_update_tags(
                        Tags=[{**_of_group(one, pair), "PropagateAtLaunch": pair[0] in handed_on} for pair in part]
                    )
                for part in _parts(removes, GROUP_TAGS_AT_ONCE):
                    client.delete_tags(Tags=[_of_group(one, pair) for pair in part])

            ended[one.arn] = _tried(change)
        return ended

    def _handed_on(self, one: Resource) -> set[str]:
        """The keys of a group that its new instances get."""
        client = self._clients.get("autoscaling", "adaptive")
        found = client.describe_auto_scaling_groups(AutoScalingGroupNames=[one.id])["AutoScalingGroups"]
        return {tag["Key"] for group in found for tag in group["Tags"] if tag["PropagateAtLaunch"]}

    def _others(self, some: Sequence[Resource], sets: Pairs, removes: Pairs) -> dict[str, Outcome]:
        client = self._clients.get("resourcegroupstaggingapi", "adaptive")
        ended: dict[str, Outcome] = {one.arn: None for one in some}
        if sets:
            ended |= _by_arn(list(ended), lambda arns: client.tag_resources(ResourceARNList=arns, Tags=dict(sets)))
        if removes:
            keys = [key for key, _ in removes]
            left = [arn for arn, outcome in ended.items() if outcome is None]
            ended |= _by_arn(left, lambda arns: client.untag_resources(ResourceARNList=arns, TagKeys=keys))
        return ended


def _alike(batch: Sequence[tuple[Resource, Action]]) -> dict[tuple[str, Change], list[Resource]]:
    """The resources of a batch by service and by the change they get."""
    found: dict[tuple[str, Change], list[Resource]] = defaultdict(list)
    for facts, action in batch:
        if action.kind == TAG:
            found[facts.arn.split(":")[2], _change(action)].append(facts)
    return found


def _change(action: Action) -> Change:
    after = {key.removeprefix(PREFIX): value for key, value in action.parameters.items()}
    before = {key.removeprefix(PREFIX): value for key, value in action.prior.items()}
    sets = tuple(sorted((key, str(value)) for key, value in after.items() if value is not None))
    removes = tuple(
        sorted((key, str(before[key])) for key, value in after.items() if value is None and before[key] is not None)
    )
    return sets, removes


def _by_arn(arns: Sequence[str], call: Callable[[list[str]], Mapping[str, Any]]) -> dict[str, Outcome]:
    """Calls with as many ARNs as it takes; the answer names those that failed, each for itself."""
    ended: dict[str, Outcome] = {}
    for some in _parts(arns, ARNS_AT_ONCE):
        try:
            answer = call(list(some))
        except (ClientError, BotoCoreError) as error:
            ended |= dict.fromkeys(some, action_failed(error))
            continue
        failed = answer.get("FailedResourcesMap") or {}
        ended |= {arn: _refused(failed[arn]) if arn in failed else None for arn in some}
    return ended


def _refused(about: Mapping[str, Any]) -> Outcome:
    """What the Tagging API says of one resource: its service's status, code and words."""
    code, words = str(about.get("ErrorCode", "")), str(about.get("ErrorMessage", ""))
    said = f"{code} {NAMED.sub('', words)}"
    if any(sign in said for sign in GONE):
        return ResourceGone(words)
    return ActionFailed(f"{code}: {words}", certain=int(about.get("StatusCode", 0)) < 500)


def _tried(change: Callable[[], None]) -> Outcome:
    try:
        change()
    except (ClientError, BotoCoreError) as error:
        gone = isinstance(error, ClientError) and "not found" in str(error).lower()
        return ResourceGone(str(error)) if gone else action_failed(error)
    return None


def _of_group(one: Resource, pair: tuple[str, str]) -> dict[str, Any]:
    key, value = pair
    return {"ResourceId": one.id, "ResourceType": "auto-scaling-group", "Key": key, "Value": value}


def _listed(pairs: Pairs) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs]


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))
