"""The same check inside a CDK app: an aspect that marks constructs whose resources lack required tags.

    Aspects.of(app).add(RequiredTags("fusebox.yaml"))

Resources are judged when CDK validates the tree, after every aspect has run: whatever their order and priority, tags
by `Tags.of(…)` are there by then. What a property override writes is not seen here; `fusebox gate cdk.out` sees it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsii
from aws_cdk import Annotations, CfnResource, IAspect, Stack, Token
from constructs import IConstruct, IValidation

from functions.tag_check.settings import TagCheckSettings
from gate import template
from gate.document import Document
from gate.judge import in_words
from gate.resource import verdict
from gate.stack import Stack as Deployed
from gate.tagsets import NONE, TagSet, combined, plain

WARNING = "fusebox:required-tags"
"""What `Annotations.acknowledge_warning` takes."""


@jsii.implements(IAspect)
class RequiredTags:
    """Marks what lacks a tag that the policy requires, as an error or, with `warn`, as a warning.

    `policy` is the settings of tag_check or a policy file. `strict`: what cannot be told counts as lacking.
    """

    def __init__(self, policy: TagCheckSettings | Path | str, *, warn: bool = False, strict: bool = False) -> None:
        self.settings = policy if isinstance(policy, TagCheckSettings) else _read(Path(policy))
        self.warn = warn
        self.strict = strict

    def visit(self, node: IConstruct) -> None:
        """Called by CDK for every construct."""
        if CfnResource.is_cfn_resource(node):
            node.node.add_validation(_Judgement(node, self))


@jsii.implements(IValidation)
class _Judgement:
    """One resource's turn, once the tree is complete."""

    def __init__(self, resource: Any, aspect: RequiredTags) -> None:
        self.resource = resource
        self.aspect = aspect

    def validate(self) -> list[str]:
        """Called by CDK; what is wrong becomes an annotation, so that all of it is shown and not the first."""
        missing = lacking(self.resource, self.aspect.settings, strict=self.aspect.strict)
        if missing:
            text = f"{self.resource.cfn_resource_type} lacks required tags: {missing}"
            here = Annotations.of(self.resource)
            here.add_warning_v2(WARNING, text) if self.aspect.warn else here.add_error(text)
        return []


def lacking(resource: CfnResource, settings: TagCheckSettings, *, strict: bool = False) -> str:
    """What a resource of a tree lacks, in words; "" where its type takes no tags or the policy leaves it out."""
    stack = Stack.of(resource)
    judged = template.contents(_document(resource), _deployed(stack)).resources
    found = [verdict(one, settings) for one in judged if one.takes_tags == "yes" and settings.checks(one.judged_as)]
    return in_words(said for one in found for said in one.findings if strict or said.kind == "lacks")


def _document(resource: CfnResource) -> Document:
    """A template with this resource alone, as CDK is going to write it but for the names of inner properties."""
    resolved: Any = Stack.of(resource).resolve(resource._cfn_properties)
    properties = _pascal(resolved) or {}
    for name in ("TagSpecifications", "Replicas"):
        if isinstance(properties.get(name), list):
            properties[name] = [_pascal(one) for one in properties[name]]
    body = {"Type": resource.cfn_resource_type, "Properties": properties}
    return Document("", {"Resources": {resource.node.id: body}})


def _pascal(properties: Any) -> Any:
    """Property names as templates have them; constructs have them with a small letter first."""
    if not isinstance(properties, dict):
        return properties
    return {key[:1].upper() + key[1:]: value for key, value in properties.items()}


def _deployed(stack: Stack) -> Deployed:
    account, region = ("" if Token.is_unresolved(one) else one for one in (stack.account, stack.region))
    return Deployed(tags=_tags(stack), account=account, region=region)


def _tags(stack: Stack) -> tuple[TagSet, ...]:
    """The tags that the stack is deployed with, and those of the stacks around it."""
    parent, inner = stack.nested_stack_parent, stack.nested_stack_resource
    if parent is None or inner is None:
        return plain({key: str(value) for key, value in stack.tags.tag_values().items()})
    (itself,) = template.contents(_document(inner), _deployed(parent)).resources
    return combined([itself.parts.get("", NONE)])


def _read(file: Path) -> TagCheckSettings:
    from functions.policy import load_policy

    found: Any = load_policy(file).guardrails.get("tag_check")
    return found if isinstance(found, TagCheckSettings) else TagCheckSettings()
