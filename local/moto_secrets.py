"""Hooks into moto's Secrets Manager, where readers do not follow a label that was moved, and new values drop labels.

Like moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.api import ApiRequest
from local.moto_hooks import backend
from local.scope import Scope

CURRENT = "AWSCURRENT"
AWS = "AWS"
"""Begins the labels that Secrets Manager moves by itself."""


def label_moved(scope: Scope, request: ApiRequest) -> None:
    """Has readers that name no version get the one that carries AWSCURRENT."""
    secret = backend("secretsmanager", scope).secrets[str(request.params["SecretId"])]
    secret.set_default_version_id(next(id for id, one in secret.versions.items() if CURRENT in one["version_stages"]))


@contextmanager
def keeping_labels(scope: Scope, request: ApiRequest) -> Iterator[None]:
    """Gives labels back that moto takes from the current version when a new value comes."""
    name = str(request.params["SecretId"])
    before = {id: _own(one) for id, one in _versions(scope, name).items()}
    yield
    after = _versions(scope, name)
    for id, labels in before.items():
        moved = {label for one in after.values() for label in one["version_stages"]}
        after[id]["version_stages"] += [label for label in labels if label not in moved]


def _versions(scope: Scope, name: str) -> dict[str, Any]:
    found = backend("secretsmanager", scope).secrets.get(name)
    return {} if found is None else found.versions


def _own(version: dict[str, Any]) -> list[str]:
    return [label for label in version["version_stages"] if not label.startswith(AWS)]
