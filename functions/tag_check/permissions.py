"""What the role of tag_check may do: from the catalog, so that a new kind brings its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from functions.core import tags
from functions.core.iam_actions import reads
from functions.core.spec import Fence, Permission
from functions.tag_check.catalog import iam
from functions.tag_check.catalog.kind import Kind
from functions.tag_check.catalog.kinds import KINDS
from functions.tag_check.settings import TagCheckSettings

EVERY = ("*",)
INSTANCES = "arn:{partition}:ec2:{region}:{account}:instance/*"
NOTEBOOKS = "arn:{partition}:sagemaker:{region}:{account}:notebook-instance/*"
GROUPS = "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*"
STACKS = "arn:{partition}:cloudformation:{region}:{account}:stack/*"
KEYS = "arn:{partition}:kms:{region}:{account}:key/*"
ON_EC2 = ("ec2:CreateTags", "ec2:DeleteTags")
EC2_RESOURCES = tuple(iam.pattern(kind) for kind in KINDS.values() if kind.service == "ec2")
ON_GROUPS = ("autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags")
GATEWAY = "apigateway:"


def _actions(of: Callable[[Kind], Mapping[str, tuple[str, ...]]]) -> list[str]:
    return sorted({action for kind in KINDS.values() for action in of(kind) if not action.startswith(GATEWAY)})


def _gateway(of: Callable[[Kind], Mapping[str, tuple[str, ...]]]) -> dict[str, set[str]]:
    """The resources of each action on API Gateway: without their paths, its actions are about everything in an API."""
    found: dict[str, set[str]] = defaultdict(set)
    for kind in KINDS.values():
        for action, resources in of(kind).items():
            if action.startswith(GATEWAY):
                found[action] |= set(resources)
    return found


LISTS = _actions(iam.listing)
TAG_READS = [one for one in _actions(iam.reading) if one not in LISTS]
TAG_WRITES = [
    one for one in _actions(iam.tagging) if one not in (*LISTS, *TAG_READS, *ON_EC2, *ON_GROUPS) and not reads(one)
]
GATEWAY_READS = sorted(set().union(*_gateway(iam.listing).values(), *_gateway(iam.reading).values()))
API_TAGS = "arn:{partition}:apigateway:{region}::/tags/*"
# Not PATCH, although its own documentation names it for tags: on an API it changes the API.
API_TAG_WRITES = sorted(
    action for action, on in _gateway(iam.tagging).items() if on == {API_TAGS} and not reads(action)
)


PERMISSIONS = (
    Permission(
        actions=tuple(LISTS),
        resources=EVERY,
        reason="list what there is, with its tags where the listing has them; it is about all, so no resource is named",
    ),
    Permission(
        actions=tuple(TAG_READS),
        resources=EVERY,
        reason="read the tags of one resource; any of them may be in question, so no resource is named",
    ),
    Permission(
        actions=("apigateway:GET",),
        resources=tuple(GATEWAY_READS),
        reason="list APIs and read their tags",
    ),
    Permission(
        actions=("tag:GetResources",),
        resources=EVERY,
        reason="read the tags of a hundred resources in one call; the action takes no resource",
    ),
    Permission(
        actions=("cloudformation:DescribeStacks",),
        resources=(STACKS,),
        reason="fill in tags of the stack that an untagged resource belongs to, with `actions: [fill]`",
    ),
    Permission(
        actions=("ec2:DescribeInstanceTypes",),
        resources=EVERY,
        reason="know whether a stop would lose instance store; the action takes no resource",
    ),
    Permission(
        actions=("sagemaker:DescribeNotebookInstance",),
        resources=(NOTEBOOKS,),
        reason="read the state of a notebook, which a stop in quarantine and its undo go by",
    ),
    Permission(
        actions=ON_EC2,
        resources=EC2_RESOURCES,
        reason="mark and fill tags of EC2's resources; snapshots and images have no account in their ARN",
    ),
    Permission(actions=ON_GROUPS, resources=(GROUPS,), reason="mark and fill tags of Auto Scaling groups"),
    Permission(
        actions=("tag:TagResources", "tag:UntagResources"),
        resources=EVERY,
        reason="mark and fill tags of everything else, twenty in one call; the actions take no resource",
    ),
    Permission(
        actions=tuple(TAG_WRITES),
        resources=EVERY,
        reason="let the Tagging API change tags in each service; any may be untagged, so no resource is named",
        dependent="tag:TagResources",
    ),
    Permission(
        actions=tuple(API_TAG_WRITES),
        resources=(API_TAGS,),
        reason="let the Tagging API change tags of APIs, and nothing else of them",
        dependent="tag:TagResources",
    ),
    Permission(
        actions=("ec2:StopInstances", "ec2:StartInstances"),
        resources=(INSTANCES,),
        reason="stop an instance in quarantine once a person agreed, and start it again with an undo",
    ),
    Permission(
        actions=("sagemaker:StopNotebookInstance", "sagemaker:StartNotebookInstance"),
        resources=(NOTEBOOKS,),
        reason="stop a notebook in quarantine once a person agreed, and start it again with an undo",
    ),
    Permission(
        actions=("kms:CreateGrant",),
        resources=(KEYS,),
        reason="let EC2 attach volumes under a customer-managed key when an instance is started again",
        dependent="ec2:StartInstances",
    ),
)
CHANGES = tuple(
    sorted(
        {
            action
            for one in PERMISSIONS
            for action in one.actions
            if not reads(action) and not action.startswith(("tag:", "kms:CreateGrant"))
        }
    )
)


def fences(settings: TagCheckSettings) -> tuple[Fence, ...]:
    """Denies every change to what the policy protects, and every tag key that the policy does not have it write."""
    protected = tuple(
        Fence(
            actions=CHANGES,
            resources=EVERY,
            reason=f"resources tagged {tag} are protected by the policy",
            conditions=tags.condition(tag),
        )
        for tag in settings.protect_tags
    )
    return (
        *protected,
        Fence(
            actions=EVERY,
            resources=EVERY,
            reason="writes the tag keys of its policy only",
            conditions={"ForAnyValue:StringNotEquals": {"aws:TagKeys": list(settings.written_keys)}},
        ),
        Fence(
            actions=("kms:CreateGrant",),
            resources=EVERY,
            reason="grants a key to EC2's volumes only, never to anybody else",
            conditions={"Bool": {"kms:GrantIsForAWSResource": "false"}},
        ),
    )
