"""The documents hold: generated parts are fresh, commands exist with their options, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from cli.main import app
from docs.tables import generated

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    file
    for file in ROOT.rglob("*.md")
    if not {".venv", "node_modules", "cdk.out", ".venv-bench"} & set(file.relative_to(ROOT).parts)
)
CODE = re.compile(r"`([^`\n]+)`|^(?:  )?((?:make|\.venv/bin/fusebox) .*)$", re.MULTILINE)
"""Code in a line, and lines of code blocks that begin with one of our commands."""


def lines_of_code() -> list[str]:
    found = [code or line for file in DOCUMENTS for code, line in CODE.findall(file.read_text())]
    return sorted({line.removeprefix(".venv/bin/").split("  #")[0].strip() for line in found})


COMMANDS = [line.removeprefix("fusebox ") for line in lines_of_code() if line.startswith("fusebox ")]
TARGETS = sorted({line.split()[1] for line in lines_of_code() if re.match(r"make [a-z]", line)})


def by_name(file: object) -> str | None:
    return str(file.relative_to(ROOT)) if isinstance(file, Path) else None


@pytest.mark.parametrize(("file", "text"), list(generated()), ids=by_name)
def test_what_is_generated_is_up_to_date(file: Path, text: str) -> None:
    assert file.read_text() == text, "run: make docs"


def test_commands_and_targets_were_found() -> None:
    assert {"run log_retention --mode enforce"} <= set(COMMANDS)
    assert {"demo", "test", "plan", "deploy"} <= set(TARGETS)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_in_the_documents_exists_with_its_options(line: str) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    words = line.split()
    assert words[0] in commands
    known = {option for parameter in commands[words[0]].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_in_the_documents_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("file", DOCUMENTS, ids=by_name)
def test_links_lead_somewhere(file: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", file.read_text()):
        if not link.startswith("http"):
            assert (file.parent / link).exists(), link


def test_the_readme_opens_with_one_sentence_and_then_the_table() -> None:
    title, sentence, table = (ROOT / "README.md").read_text().split("\n", 1)[0], *paragraphs()[1:3]
    assert title == "# Fusebox"
    assert sentence.count(". ") == 0
    assert "| Guardrail | Trigger | Action | Default mode |" in table


def paragraphs() -> list[str]:
    text = (ROOT / "README.md").read_text().replace("# Fusebox\n", "# Fusebox\n\n")
    return [one for one in text.split("\n\n") if one.strip()]
