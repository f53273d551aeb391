"""A hook into moto's EC2, which takes the snapshots of Amazon's images for the account's own.

Like moto_hooks, it has a canary in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.models.elastic_block_store import EBSBackend


def install_snapshots() -> Callable[[], None]:
    """Makes DescribeSnapshots show what the account made itself; returns what undoes it."""
    kind: Any = EBSBackend
    original = kind.describe_snapshots

    def describe_snapshots(self: Any, *asked: Any, **more: Any) -> list[Any]:
        found: list[Any] = original(self, *asked, **more)
        return [one for one in found if _owner(self, one) == self.account_id]

    kind.describe_snapshots = describe_snapshots

    def undo() -> None:
        kind.describe_snapshots = original

    return undo


def _owner(ec2: Any, snapshot: Any) -> str:
    image = ec2.amis.get(snapshot.from_ami)
    return str(snapshot.owner_id if image is None else image.owner_id)
