"""Writes the generated parts of the documents: `python -m docs.tables`, or with --check just compares.

A generated part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; everything else in the
files is written by hand.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from docs import llm_keys, llm_prices, taggable
from functions.approval.spec import ApprovalSettings
from functions.core.guardrail import Guardrail
from functions.core.spec import GuardrailSettings, GuardrailSpec, Permission
from functions.notify.spec import SlackSettings
from functions.policy import json_schema, load_policy
from functions.registry import GUARDRAILS
from functions.tag_check.catalog.calls import CALLS
from functions.tag_check.catalog.kinds import KINDS
from functions.tag_check.spec import SPEC as TAG_CHECK

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "fusebox.schema.json"
EXAMPLES = {"llm_keys": ROOT / "docs" / "examples" / "llm-keys.yaml"}
"""Policies to show the permissions of a guardrail with, where these follow from its settings."""


def generated() -> Iterator[tuple[Path, str]]:
    """Every file with generated parts, and what it should hold."""
    yield taggable.FILE, taggable.text()
    yield llm_prices.FILE, llm_prices.text()
    yield SCHEMA, json.dumps(json_schema(), indent=2) + "\n"
    yield _filled(ROOT / "README.md", {"guardrails": guardrail_table(GUARDRAILS)})
    for one in GUARDRAILS:
        parts = {
            "triggers": trigger_table(one.spec),
            "settings": settings_table(one.spec.settings),
            "permissions": permission_table(one.spec, example_of(one.spec)),
        }
        if one.spec is TAG_CHECK:
            parts["types"] = types_table()
        if one.spec is llm_keys.SPEC:
            parts["kinds"] = table(llm_keys.HEAD, llm_keys.rows())
        yield _filled(ROOT / "functions" / one.name / "README.md", parts)
    for folder, settings in (("approval", ApprovalSettings), ("notify", SlackSettings)):
        yield _filled(ROOT / "functions" / folder / "README.md", {"settings": settings_table(settings)})


def guardrail_table(guardrails: tuple[Guardrail[Any, Any], ...]) -> str:
    """Trigger, action and default mode of every guardrail."""
    rows = [
        (f"[{one.name}](functions/{one.name}/README.md)", one.spec.watches, one.spec.does, one.spec.settings().mode)
        for one in guardrails
    ]
    return table(("Guardrail", "Trigger", "Action", "Default mode"), rows)


def trigger_table(spec: GuardrailSpec) -> str:
    """What wakes a guardrail."""
    seconds = spec.event_delay(spec.settings())
    delay = f", {seconds} s later" if seconds else ""
    rows = [("event", trigger.summary + delay) for trigger in spec.events]
    if spec.topic:
        rows.append(("message", f"on the topic `PREFIX-REGION-{spec.topic}`"))
    return table(("Trigger", "When"), [*rows, ("sweep", f"`{spec.sweep}`")])


def types_table() -> str:
    """What tag_check looks at: the calls whose event it hears of, and whether its sweep lists them."""
    rows = []
    for kind in KINDS.values():
        calls = ", ".join(f"`{name}`" for name in sorted({call.name for call in CALLS if call.kind == kind.type}))
        rows.append((f"`{kind.type}`", calls, "yes" if kind.lists else f"no: {kind.unlisted}"))
    return table(("Type", "Created by", "Swept"), rows)


def settings_table(settings: type[Any]) -> str:
    """Every setting of a settings dataclass with its allowed values and default."""
    hints = get_type_hints(settings)
    defaults = settings()
    rows = [
        (f"`{one.name}`", _allowed(hints[one.name]), f"`{_shown(getattr(defaults, one.name))}`", one.metadata["doc"])
        for one in dataclasses.fields(settings)
    ]
    return table(("Setting", "Takes", "Default", "Meaning"), rows)


def example_of(spec: GuardrailSpec) -> GuardrailSettings:
    """The settings of a guardrail's example, or its defaults."""
    file = EXAMPLES.get(spec.name)
    return load_policy(file).guardrails[spec.name] if file else spec.settings()


def permission_table(spec: GuardrailSpec, settings: GuardrailSettings) -> str:
    """Every grant with its reason, then what is denied whatever is granted."""
    granted = [
        (" ".join(f"`{action}`" for action in one.actions), _on(one), one.reason) for one in spec.granted(settings)
    ]
    denied = [
        ("**denied** " + " ".join(f"`{action}`" for action in one.actions), _fenced(one.resources), one.reason)
        for one in spec.fences(spec.settings())
    ]
    return table(("Permission", "On", "Why"), [*granted, *denied])


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _on(grant: Permission) -> str:
    """What a grant is for, and under which condition."""
    only = "".join(f", where `{key}` is `{value}`" for keys in grant.conditions.values() for key, value in keys.items())
    return f"`{grant.resources[0]}`{only}"


def _fenced(resources: tuple[str, ...]) -> str:
    return f"`{resources[0]}`" + (f" and {len(resources) - 1} more" if len(resources) > 1 else "")


def _allowed(hint: Any) -> str:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return ", ".join(f"`{one.name}`" for one in dataclasses.fields(hint))
    if type(None) in get_args(hint):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
        return f"{_allowed(hint)}, `null`"
    if get_origin(hint) is tuple:
        return f"list of {_allowed(get_args(hint)[0])}"
    if get_args(hint):
        return ", ".join(f"`{one}`" for one in get_args(hint))
    return {bool: "`true`, `false`", int: "whole number", float: "number", str: "text"}.get(hint, str(hint))


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        more = f", and {len(value) - 1} more" if len(value) > 1 else ""
        return f"[{_shown(value[0])}{more}]"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return json.dumps(dataclasses.asdict(value)).replace('"', "")
    return str(json.dumps(value)) if not isinstance(value, str) else value


def _filled(file: Path, parts: dict[str, str]) -> tuple[Path, str]:
    text = file.read_text()
    for name, part in parts.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if begin not in text:
            raise SystemExit(f"{file}: the mark {begin} is missing")
        text = re.sub(f"{begin}.*?{end}", lambda _, new=f"{begin}\n{part}\n{end}": new, text, flags=re.DOTALL)  # type: ignore[misc]
    return file, text


def main() -> None:
    """Writes, or with --check names the files that are out of date and exits with 1."""
    stale = [(file, text) for file, text in generated() if not file.exists() or file.read_text() != text]
    for file, text in stale:
        name = file.relative_to(ROOT)
        if "--check" in sys.argv:
            sys.stderr.write(f"{name} is out of date: run make docs\n")
        else:
            file.write_text(text)
            sys.stderr.write(f"wrote {name}\n")
    if stale and "--check" in sys.argv:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
