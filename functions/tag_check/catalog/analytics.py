"""Redshift and OpenSearch."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Kind, Lists, Reads, on

KINDS = (
    Kind(
        type="AWS::Redshift::Cluster",
        arn="arn:{partition}:redshift:{region}:{account}:cluster:{id}",
        id=r"[a-z][a-z0-9-]{0,62}",
        reads=Reads(
            service="redshift",
            operation="describe_tags",
            parameter="ResourceName",
            by="arn",
            tags="TaggedResources.Tag",
            missing=frozenset({"ResourceNotFoundFault"}),
            pages="Marker",
        ),
        lists=Lists(
            service="redshift",
            operation="describe_clusters",
            items="Clusters",
            id="ClusterIdentifier",
            since="ClusterCreateTime",
            tags="Tags",
            pages="Marker",
            state="ClusterStatus",
            gone=frozenset({"deleting", "final-snapshot"}),
        ),
        tagging=on("redshift", "CreateTags", "DeleteTags", "DescribeTags"),
    ),
    Kind(
        type="AWS::RedshiftServerless::Workgroup",
        arn="arn:{partition}:redshift-serverless:{region}:{account}:workgroup/{id}",
        id=r"[\w-]{1,64}",
        reads=Reads(
            service="redshift-serverless",
            operation="list_tags_for_resource",
            parameter="resourceArn",
            by="arn",
            tags="tags",
            missing=frozenset({"ResourceNotFoundException"}),
        ),
        lists=Lists(
            service="redshift-serverless",
            operation="list_workgroups",
            items="workgroups",
            arn="workgroupArn",
            since="creationDate",
            pages="nextToken",
            only={"maxResults": 100},
            state="status",
            gone=frozenset({"DELETING"}),
        ),
        tagging=on("redshift-serverless"),
    ),
    Kind(
        type="AWS::OpenSearchService::Domain",
        arn="arn:{partition}:es:{region}:{account}:domain/{id}",
        id=r"[a-z][a-z0-9-]{0,63}",
        reads=Reads(
            service="opensearch",
            operation="list_tags",
            parameter="ARN",
            by="arn",
            tags="TagList",
            missing=frozenset({"ResourceNotFoundException"}),
        ),
        lists=Lists(
            service="opensearch",
            operation="list_domain_names",
            items="DomainNames",
            id="DomainName",
            pages="",
        ),
        tagging=on("es", "AddTags", "RemoveTags", "ListTags"),
    ),
    Kind(
        type="AWS::OpenSearchServerless::Collection",
        arn="arn:{partition}:aoss:{region}:{account}:collection/{id}",
        id=r"[a-z0-9]{1,64}",
        reads=Reads(
            service="opensearchserverless",
            operation="list_tags_for_resource",
            parameter="resourceArn",
            by="arn",
            tags="tags",
            missing=frozenset({"ResourceNotFoundException"}),
        ),
        lists=Lists(
            service="opensearchserverless",
            operation="list_collections",
            items="collectionSummaries",
            arn="arn",
            pages="nextToken",
            only={"maxResults": 100},
            state="status",
            gone=frozenset({"DELETING", "FAILED"}),
        ),
        tagging=on("aoss"),
    ),
)
