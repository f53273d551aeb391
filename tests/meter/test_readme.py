"""What the README shows works."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.meter.conftest import Lines
from tests.meter.recorded import as_sdk, shape

README = (ROOT / "meter" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


class Client:
    """Whatever is called on it, however deep, answers with a recorded response."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __getattr__(self, name: str) -> Client:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, **request: Any) -> Any:
        return self._response


def run(example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answers = {
        "openai": ("OpenAI", as_sdk(shape("openai_responses").response)),
        "anthropic": ("Anthropic", as_sdk(shape("anthropic_message").response)),
        "boto3": ("client", shape("bedrock_converse").response),
    }
    for module, (name, answer) in answers.items():
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{name: lambda *_, answer=answer: Client(answer)}))
    told: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), told)
    if "ask" in told:
        told["ask"]("Hello")
    return Lines(capsys.readouterr().out.splitlines()).only


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_writes_a_line(
    example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(example, monkeypatch, capsys)
    assert told["Budget"] == "assistants"
    assert told["EstimatedCostUSD"] > 0


def test_the_metrics_and_arguments_are_those_that_there_are() -> None:
    metrics = ("EstimatedCostUSD", "InferenceDurationSec", "InputTokens", "OutputTokens", "CachedTokens")
    arguments = ("budget", "team", "model", "provider", "batch", "emit")
    assert all(f"| `{name}` |" in README for name in (*metrics, *arguments))
