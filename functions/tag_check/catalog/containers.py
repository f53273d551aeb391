"""ECS, EKS, ECR."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Kind, Lists, Reads, on

ECS = "arn:{partition}:ecs:{region}:{account}:"
EKS = "arn:{partition}:eks:{region}:{account}:"
NAME = r"[\w-]{1,255}"
ECS_TAGS = Reads(
    service="ecs",
    operation="list_tags_for_resource",
    parameter="resourceArn",
    by="arn",
    tags="tags",
    # A cluster or service that is no longer active is an invalid parameter.
    missing=frozenset({"ClusterNotFoundException", "ServiceNotFoundException", "InvalidParameterException"}),
)
EKS_TAGS = Reads(
    service="eks",
    operation="list_tags_for_resource",
    parameter="resourceArn",
    by="arn",
    tags="tags",
    missing=frozenset({"NotFoundException"}),
)

KINDS = (
    Kind(
        type="AWS::ECS::Cluster",
        arn=ECS + "cluster/{id}",
        id=NAME,
        reads=ECS_TAGS,
        lists=Lists(
            service="ecs",
            operation="list_clusters",
            items="clusterArns",
            arn="",
            pages="nextToken",
        ),
        tagging=on("ecs"),
    ),
    # A service with the old short ARN, without its cluster, cannot carry tags.
    Kind(
        type="AWS::ECS::Service",
        arn=ECS + "service/{id}",
        id=rf"{NAME}/{NAME}",
        reads=ECS_TAGS,
        lists=None,
        unlisted="ECS lists the services of one cluster at a time",
        tagging=on("ecs"),
    ),
    Kind(
        type="AWS::EKS::Cluster",
        arn=EKS + "cluster/{id}",
        id=r"[A-Za-z0-9][\w-]{0,99}",
        reads=EKS_TAGS,
        lists=Lists(
            service="eks",
            operation="list_clusters",
            items="clusters",
            id="",
            pages="nextToken",
        ),
        tagging=on("eks"),
    ),
    Kind(
        type="AWS::EKS::Nodegroup",
        arn=EKS + "nodegroup/{id}",
        id=rf"[A-Za-z0-9][\w-]{{0,99}}/{NAME}/[\w-]{{1,64}}",
        reads=EKS_TAGS,
        lists=None,
        unlisted="EKS lists the node groups of one cluster at a time",
        tagging=on("eks"),
    ),
    Kind(
        type="AWS::ECR::Repository",
        arn="arn:{partition}:ecr:{region}:{account}:repository/{id}",
        id=r"[a-z0-9]([a-z0-9._/-]{0,254}[a-z0-9])?",
        reads=Reads(
            service="ecr",
            operation="list_tags_for_resource",
            parameter="resourceArn",
            by="arn",
            tags="tags",
            missing=frozenset({"RepositoryNotFoundException"}),
        ),
        lists=Lists(
            service="ecr",
            operation="describe_repositories",
            items="repositories",
            arn="repositoryArn",
            since="createdAt",
            pages="nextToken",
            only={"maxResults": 1000},
        ),
        tagging=on("ecr"),
    ),
)
