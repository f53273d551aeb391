"""What tests of every kind may share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import botocore.loaders
import pytest

ROOT = Path(__file__).parents[1]
MODELS = botocore.loaders.create_loader()


@pytest.fixture(autouse=True)
def no_images_of_amazons(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto makes 1,300 for each account in each Region, which takes longer than most tests; local accounts use some."""
    folder = request.path.relative_to(ROOT).parts[1]
    if folder not in ("local", "e2e", "browser"):
        monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")


@pytest.fixture(scope="session", autouse=True)
def what_is_the_same_for_all_is_read_once() -> Iterator[None]:
    """Service models, of which each new session would read its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda *_: MODELS)
        yield


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the policy at the root, synthesised once a session: starting CDK takes seconds."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    return synthesise(new_app(tmp_path_factory.mktemp("assembly")), load_policy(ROOT / "fusebox.yaml"))
