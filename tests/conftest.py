"""What tests of every kind may share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the policy at the root, synthesised once a session: starting CDK takes seconds."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    return synthesise(new_app(tmp_path_factory.mktemp("assembly")), load_policy(ROOT / "fusebox.yaml"))
