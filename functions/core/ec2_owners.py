"""Pure: which service or tool looks after an instance, by what AWS says of it and by its tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWNERS: tuple[tuple[str, str], ...] = (
    ("aws:eks:cluster-name", "EKS cluster"),
    ("eks:cluster-name", "EKS cluster"),
    ("eks:eks-cluster-name", "EKS cluster"),
    ("alpha.eksctl.io/cluster-name", "EKS cluster"),
    ("karpenter.sh/nodepool", "Karpenter node pool"),
    ("karpenter.sh/provisioner-name", "Karpenter provisioner"),
    ("AWSBatchServiceTag", "AWS Batch"),
    ("aws:batch:compute-environment", "AWS Batch compute environment"),
    ("aws:ecs:clusterName", "ECS cluster"),
    ("AmazonECSManaged", "ECS"),
    ("sagemaker:cluster-name", "SageMaker cluster"),
    ("aws:sagemaker:cluster-name", "SageMaker cluster"),
    ("aws:elasticmapreduce:job-flow-id", "EMR cluster"),
    ("parallelcluster:cluster-name", "ParallelCluster"),
    ("aws:ec2:fleet-id", "EC2 Fleet"),
    ("aws:ec2spot:fleet-request-id", "Spot Fleet"),
)
"""Tags by which services mark the instances that they start, replace and stop themselves, with the service's name."""
CLUSTER_KEY = "kubernetes.io/cluster/"


def manager(raw: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    """Which service or tool looks after the instance, or ""; an Auto Scaling group alone is none."""
    operator = raw.get("Operator") or {}
    if operator.get("Managed"):
        return str(operator.get("Principal") or "another AWS service")
    for key, owner in OWNERS:
        if key in tags:
            value = tags[key]
            return f"{owner} {value}" if value and value.lower() not in ("true", "batch") else owner
    cluster = next((key.removeprefix(CLUSTER_KEY) for key in tags if key.startswith(CLUSTER_KEY)), "")
    return f"Kubernetes cluster {cluster}" if cluster else ""
