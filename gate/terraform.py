"""A plan of Terraform, as `terraform show -json PLAN` prints it: what it creates or changes, with its tags.

Sources: Terraform, JSON output format (format_version 1.x): `resource_changes[].change` has `actions`, `after` without
what is not known yet, and `after_unknown` and `after_sensitive` as maps or `true`. AWS provider, resource tagging:
`tags_all` is `tags` with the provider's default_tags below; a group of instances has blocks `tag` instead, and takes
no default_tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from gate import types
from gate.document import Document, Unreadable
from gate.resource import Resource
from gate.tagsets import NONE, TagOption, TagSet, combined
from gate.values import Option, Secret, Unknown

FILE = Path(__file__).with_name("terraform_types.csv")
SUPPORTED = ("0.", "1.")
MAKES = {"create", "update"}
AI_SERVICES = {
    "aws_bedrock_": "AWS::Bedrock::",
    "aws_bedrockagent_": "AWS::Bedrock::",
    "aws_bedrockagentcore_": "AWS::BedrockAgentCore::",
    "aws_sagemaker_": "AWS::SageMaker::",
}
"""Services whose types count as AI in most policies, as `AWS::SageMaker::*`: a type that is new has to, too."""
LATER = "a value of the plan"
"""Why something is not known: terraform says "(known after apply)"."""


def resources(document: Document) -> tuple[list[Resource], list[str]]:
    """What the plan creates or changes, and remarks; Unreadable for a format that is not known."""
    plan = document.value
    if not str(plan.get("format_version")).startswith(SUPPORTED):
        what = f"is a plan of format {plan.get('format_version')!r:.20}; 0.x and 1.x are read"
        raise Unreadable(document.file, 0, what)
    found: list[Resource] = []
    others = 0
    changes = plan.get("resource_changes") or []
    if not isinstance(changes, list):
        raise Unreadable(document.file, 0, "resource_changes is no list")
    for one in changes:
        change = one.get("change") if isinstance(one, dict) else None
        if not isinstance(change, dict) or one.get("mode", "managed") != "managed":
            continue
        actions, kind = change.get("actions"), str(one.get("type", ""))
        if not isinstance(actions, list) or not any(action in MAKES for action in actions if isinstance(action, str)):
            continue
        if kind.startswith(("aws_", "awscc_")):
            found.append(_resource(document.file, kind, one, change, plan))
        else:
            others += 1
    return found, [f"{others} resources of other providers than aws and awscc: not judged"] if others else []


@lru_cache(maxsize=1)
def cloudformation() -> dict[str, str]:
    """The CloudFormation type of the common resources of Terraform's aws provider."""
    return dict(line.split(",") for line in FILE.read_text(encoding="utf-8").splitlines())


def _of_ai(kind: str) -> str:
    """What a type of an AI service would be called by CloudFormation, or ""."""
    for start, service in AI_SERVICES.items():
        if kind.startswith(start):
            return service + "".join(word.capitalize() for word in kind.removeprefix(start).split("_"))
    return ""


def _resource(file: str, kind: str, one: Mapping[str, Any], change: Mapping[str, Any], plan: Any) -> Resource:
    after, later = _map(change.get("after")), _map(change.get("after_unknown"))
    address = str(one.get("address", kind))
    named = [name for name in ("tags", "tags_all", "tag") if name in after or name in later]
    sets = NONE
    if kind.startswith("awscc_"):
        known = types.named_alike(kind)
        # The provider computes what nobody wrote: only the configuration says whether anybody did.
        computed = later.get("tags") is True and not is_configured(plan, address, "tags")
        sets = NONE if computed else _tags("tags", after, later)
    else:
        known = cloudformation().get(kind) or types.named_alike(kind) or _of_ai(kind)
        sets = _of_aws(kind, after, later, _has_default_tags(plan))
    return Resource(
        file=file,
        line=0,
        id=address,
        type=kind,
        judged_as=known or kind,
        takes_tags="yes" if _takes_tags(kind, named) else "no",
        parts={"": _hidden(sets) if _is_sensitive(change.get("after_sensitive"), named) else sets},
        instance_types=_instance_types(after, later) if known == "AWS::EC2::Instance" else (),
        region=str(after.get("region") or ""),
    )


def _is_sensitive(marks: Any, named: list[str]) -> bool:
    """Whether any of the tags must not be shown; then none is."""
    return marks is True or any(_map(marks).get(name) not in (None, False, {}, []) for name in named)


def _hidden(sets: tuple[TagSet, ...]) -> tuple[TagSet, ...]:
    return tuple(replace(one, entries=tuple(tuple(map(_secret, entry)) for entry in one.entries)) for one in sets)


def _secret(option: TagOption) -> TagOption:
    return replace(option, value=Secret(option.value)) if isinstance(option.value, str) else option


def _takes_tags(kind: str, named: list[str]) -> bool:
    return bool({"tags", "tags_all"} & set(named)) or (kind == "aws_autoscaling_group" and "tag" in named)


def _of_aws(kind: str, after: Mapping[str, Any], later: Mapping[str, Any], defaults: bool) -> tuple[TagSet, ...]:
    if kind == "aws_autoscaling_group" and ("tag" in after or "tag" in later):
        # Providers before version 5 take a list `tags` beside the blocks.
        return combined([_tags("tags", after, later), _tags("tag", after, later)])
    if later.get("tags_all") is True:
        # The provider leaves it open where neither the resource nor default_tags have any, or they are not known.
        (own,) = _tags("tags", after, later)
        return (TagSet(own.entries, own.more or (LATER if defaults else "")),)
    return _tags("tags_all" if "tags_all" in after or "tags_all" in later else "tags", after, later)


def _has_default_tags(plan: Any) -> bool:
    """Whether a provider of the configuration has default_tags; True where that cannot be found."""
    configured = _map(_map(plan).get("configuration")).get("provider_config")
    if not isinstance(configured, dict):
        return True
    return any("default_tags" in _map(_map(one).get("expressions")) for one in configured.values())


def _tags(name: str, after: Mapping[str, Any], later: Mapping[str, Any]) -> tuple[TagSet, ...]:
    """The one alternative of an attribute: a map, or a list of objects with key and value."""
    value, unknown = after.get(name), later.get(name)
    if unknown is True:
        return (TagSet(more=LATER),)
    if isinstance(value, list) or isinstance(unknown, list):
        pairs = list(_listed(value if isinstance(value, list) else [], unknown if isinstance(unknown, list) else []))
        more = LATER if any(not isinstance(key, str) for key, _ in pairs) else ""
        return (TagSet(tuple(_entry(key, found) for key, found in pairs if isinstance(key, str)), more),)
    known, unset = _map(value), _map(unknown)
    entries = [_entry(key, one) for key, one in known.items() if not unset.get(key) and one is not None]
    entries += [(TagOption(key, Unknown(LATER)),) for key, one in unset.items() if one]
    return (TagSet(tuple(entries)),)


def _listed(values: list[Any], unknown: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Key and value of each item, None where not known yet."""
    for index in range(max(len(values), len(unknown))):
        value = _map(values[index]) if index < len(values) else {}
        later = unknown[index] if index < len(unknown) else {}
        hidden = {"key": later, "value": later} if isinstance(later, bool) else _map(later)
        yield (
            None if hidden.get("key") else value.get("key"),
            None if hidden.get("value") else value.get("value", ""),
        )


def _entry(key: str, value: Any) -> tuple[TagOption, ...]:
    return (TagOption(key, Unknown(LATER) if value is None else str(value)),)


def _instance_types(after: Mapping[str, Any], later: Mapping[str, Any]) -> tuple[Option, ...]:
    written = after.get("instance_type")
    if isinstance(written, str):
        return (Option(written),)
    return (Option(Unknown(LATER)),) if later.get("instance_type") or after.get("launch_template") else ()


def is_configured(plan: Mapping[str, Any], address: str, attribute: str) -> bool:
    """Whether the configuration of a resource mentions an attribute; True where it cannot be found."""
    # module.a["x"].module.b.aws_x.y[0]: indexes and keys are of the instance, not of the configuration.
    parts, depth, plain = [], 0, ""
    for one in address:
        depth += (one == "[") - (one == "]")
        plain += one if depth == 0 and one != "]" else ""
    parts = plain.split(".")
    module = _map(_map(plan.get("configuration")).get("root_module"))
    while len(parts) > 3 and parts[0] == "module":
        module = _map(_map(_map(module.get("module_calls")).get(parts[1])).get("module"))
        parts = parts[2:]
    listed = module.get("resources")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("address") == ".".join(parts):
            return attribute in _map(one.get("expressions"))
    return True


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
