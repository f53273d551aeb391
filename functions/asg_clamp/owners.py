"""Pure: who else manages a group, and what they would do to a clamp.

Sources: Amazon EKS, "Managed node groups"; Cluster Autoscaler on AWS, "Auto-Discovery"; Amazon ECS, "Managed scaling";
AWS Batch, "Compute environment"; AWS Elastic Beanstalk, "Auto Scaling group"; Karpenter, "NodePools".
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.asg_clamp.facts import Group


@dataclass(frozen=True, slots=True)
class Owner:
    """A service that manages a group: its name, and what it would undo at once."""

    name: str
    undoes: str


TAGS = (
    ("eks:nodegroup-name", Owner("an EKS node group", "EKS sets the sizes again when the node group is updated")),
    ("eks:cluster-name", Owner("an EKS cluster", "EKS sets the sizes again when the node group is updated")),
    ("AmazonECSManaged", Owner("an ECS capacity provider", "ECS sets desired again, up to max")),
    ("AWSBatchServiceTag", Owner("AWS Batch", "Batch sets max and desired again as its queue needs")),
    (
        "elasticbeanstalk:environment-name",
        Owner("Elastic Beanstalk", "Beanstalk sets the sizes again when the environment is updated"),
    ),
    ("karpenter.sh/nodepool", Owner("Karpenter", "Karpenter replaces nodes outside of the group")),
    ("karpenter.sh/provisioner-name", Owner("Karpenter", "Karpenter replaces nodes outside of the group")),
    (
        "k8s.io/cluster-autoscaler/enabled",
        Owner("the Kubernetes Cluster Autoscaler", "the autoscaler sets desired again, up to max"),
    ),
)
PREFIXES = (
    ("kubernetes.io/cluster/", Owner("a Kubernetes cluster", "its autoscaler may set desired again, up to max")),
)


def owner(group: Group) -> Owner | None:
    """Who manages a group besides people; None where nobody is known to."""
    if group.operator:
        return Owner(group.operator, "it sets the group as it needs it")
    tags = group.tags or {}
    for key, who in TAGS:
        if key in tags:
            return who
    for prefix, who in PREFIXES:
        if any(key.startswith(prefix) for key in tags):
            return who
    return None


def only_cap(group: Group) -> str:
    """Why a group may be capped only, with what would be undone at once; "" where anything may be done."""
    who = owner(group)
    if who is not None:
        return f"it belongs to {who.name}: {who.undoes}"
    if group.deletion_protection != "none":
        return f"its deletion protection is on ({group.deletion_protection})"
    if group.refreshing is None:
        return "whether an instance refresh is under way could not be read"
    return "an instance refresh is under way" if group.refreshing else ""
