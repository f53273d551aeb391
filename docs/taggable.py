"""What gate/types.csv should hold: which resource types take tags, where and in which shape.

The source is the CloudFormation resource schemas of every Region that cfn-lint ships. A type takes tags where

- its schema says `tagging.taggable`: under `tagging.tagProperty`, or `Tags`, the default of the schema's schema;
- or it has a property `Tags` or `TagSpecifications` all the same: the template can set it. Older schemas say nothing
  of tags, and `taggable: false` often means only that CloudFormation does not handle them in its general way
  (AWS::EC2::LaunchTemplate, AWS::Glue::CustomEntityType).

`taggable: false` with a `tagProperty` that is no property of the type is a leftover: it takes none
(AWS::IAM::InstanceProfile). Other properties with "Tags" in their name hold what the type hands on or selects by.

Tags of the stack reach a type whose schema says `taggable` and not `tagOnCreate: false`. For the others it is not
known: "the propagation of stack-level tags to resources varies by resource type" (CloudFormation template
reference, resource tags). `cloudFormationSystemTags` speaks of the tags aws:cloudformation:* alone.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "gate" / "types.csv"
FIRST_REGION = "us-east-1"
OWN_NAME = {
    "AWS::EC2::CapacityReservation": "capacity-reservation",
    "AWS::EC2::CapacityReservationFleet": "capacity-reservation-fleet",
    "AWS::EC2::ClientVpnEndpoint": "client-vpn-endpoint",
    "AWS::EC2::EC2Fleet": "fleet",
    "AWS::EC2::LaunchTemplate": "launch-template",
    "AWS::WorkspacesInstances::Volume": "volume",
}
"""What `ResourceType` in TagSpecifications says for the resource itself (EC2 API reference, TagSpecification)."""
WITH_REPLICAS = {"AWS::DynamoDB::GlobalTable": "Replicas"}
"""Types with a list property whose items each have `Tags`."""
MANY_THINGS = {"AWS::CloudFormation::CustomResource"}
"""Types of which nobody knows what they make."""


def text() -> str:
    """What the file should hold: a line with the versions, a head, and a line for each type."""
    head = f"# CloudFormation resource schemas in cfn-lint {importlib.metadata.version('cfn-lint')}: make docs"
    schemas = dict(_schemas())
    rows = [row(type, schemas[type]) for type in sorted(schemas) if type not in MANY_THINGS]
    return "\n".join([head, "type,property,shape,stack_tags", *(",".join(one) for one in rows), ""])


def row(type: str, schema: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """One line: the type, its property for tags ("": takes none), their shape, and whether the stack's reach it.

    The shape is `list` of keys and values, `map`, `items` (a list inside {Items}), `replicas` (each item of the
    property has Tags), or what ResourceType says of the resource in a list of tag specifications.
    """
    tagging, properties = schema.get("tagging", {}), schema.get("properties", {})
    if type in WITH_REPLICAS:
        return type, WITH_REPLICAS[type], "replicas", "maybe"
    named = str(tagging.get("tagProperty", "/properties/Tags")).removeprefix("/properties/")
    candidates = (named, "TagSpecifications") if tagging.get("taggable") else ("Tags", "TagSpecifications")
    found = next((one for one in candidates if one in properties), "")
    if not found:
        return type, "", "", ""
    certain = type.startswith("AWS::Serverless::") or (tagging.get("taggable") and tagging.get("tagOnCreate", True))
    return type, found, _shape(type, found, schema), "yes" if certain else "maybe"


def _shape(type: str, name: str, schema: Mapping[str, Any]) -> str:
    if name == "TagSpecifications":
        return OWN_NAME[type]
    found = _resolved(schema, schema["properties"][name])
    if found.get("type") == "array":
        return "list"
    return "items" if list(found.get("properties", {})) == ["Items"] else "map"


def _resolved(schema: Mapping[str, Any], part: Any) -> Mapping[str, Any]:
    while "$ref" in part:
        place: Any = schema
        for step in part["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        part = place
    return dict(part)


def _schemas() -> Iterator[tuple[str, Any]]:
    """Every type of any Region with its schema; where Regions differ, the first has it."""
    found = importlib.util.find_spec("cfnlint")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "data" / "schemas"
    names: dict[str, str] = {}
    for file in sorted((folder / "providers").glob("*.json"), key=lambda one: (one.stem != FIRST_REGION, one.stem)):
        names = json.loads(file.read_text(encoding="utf-8")) | names
    for type, name in names.items():
        yield type, json.loads((folder / "resources" / f"{name}.json").read_text(encoding="utf-8"))
