"""EventBridge tells of every change of a resource's tags, without any trail.

Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/monitor-tag-changes.html. Tags given along with a
creation are part of that, and no change here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from local import tag_permissions
from local.api import ApiRequest
from local.delivery import Bus
from local.tagged import Tags, kind_of, tags_of
from local.world import World


class TagChanges:
    """Puts an event on the bus for each resource whose tags a call changed."""

    def __init__(self, world: World, bus: Bus) -> None:
        self._world, self._bus = world, bus
        self._versions: Counter[str] = Counter()

    @contextmanager
    def watch(self, request: ApiRequest) -> Iterator[None]:
        """Compares the tags of a call's resources before and after it."""
        arns = tag_permissions.subjects(request, self._world.scope)
        before = self._tags(arns)
        yield
        for arn, tags in self._tags(arns).items():
            old = before[arn]
            changed = sorted(key for key in {*old, *tags} if old.get(key) != tags.get(key))
            if changed:
                self._tell(arn, changed, tags)

    def _tags(self, arns: list[str]) -> Mapping[str, Tags]:
        return {arn: tags_of(self._world.scope, arn) or {} for arn in arns}

    def _tell(self, arn: str, changed: list[str], tags: Tags) -> None:
        self._versions[arn] += 1
        service, resource_type = kind_of(arn)
        detail = {
            "changed-tag-keys": changed,
            "service": service,
            "resource-type": resource_type,
            "version": float(self._versions[arn]),
            "tags": dict(tags),
        }
        event = self._bus.envelope("Tag Change on Resource", "aws.tag", [arn], detail)
        self._world.soon(partial(self._bus.put, event))
