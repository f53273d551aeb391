"""RDS, DynamoDB, ElastiCache."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Kind, Lists, Reads, on

RDS = "arn:{partition}:rds:{region}:{account}:"
RDS_ID = r"[A-Za-z][A-Za-z0-9-]{0,254}"
CACHE = "arn:{partition}:elasticache:{region}:{account}:"
DELETING = frozenset({"deleting"})
LEGACY_TAGGING = ("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")


def _rds(type: str, resource: str, lists: Lists, missing: str) -> Kind:
    """A kind of RDS; Neptune and DocumentDB are among them."""
    return Kind(
        type=type,
        arn=f"{RDS}{resource}:{{id}}",
        id=RDS_ID,
        reads=Reads(
            service="rds",
            operation="list_tags_for_resource",
            parameter="ResourceName",
            by="arn",
            tags="TagList",
            missing=frozenset({missing}),
        ),
        lists=lists,
        tagging=on("rds", *LEGACY_TAGGING),
    )


def _cache(type: str, resource: str, lists: Lists, missing: str) -> Kind:
    return Kind(
        type=type,
        arn=f"{CACHE}{resource}:{{id}}",
        id=r"[A-Za-z][A-Za-z0-9-]{0,63}",
        reads=Reads(
            service="elasticache",
            operation="list_tags_for_resource",
            parameter="ResourceName",
            by="arn",
            tags="TagList",
            missing=frozenset({missing}),
        ),
        lists=lists,
        tagging=on("elasticache", *LEGACY_TAGGING),
    )


KINDS = (
    _rds(
        "AWS::RDS::DBInstance",
        "db",
        Lists(
            service="rds",
            operation="describe_db_instances",
            items="DBInstances",
            arn="DBInstanceArn",
            since="InstanceCreateTime",
            tags="TagList",
            pages="Marker",
            state="DBInstanceStatus",
            gone=DELETING,
        ),
        "DBInstanceNotFound",
    ),
    _rds(
        "AWS::RDS::DBCluster",
        "cluster",
        Lists(
            service="rds",
            operation="describe_db_clusters",
            items="DBClusters",
            arn="DBClusterArn",
            since="ClusterCreateTime",
            tags="TagList",
            pages="Marker",
            state="Status",
            gone=DELETING,
        ),
        "DBClusterNotFoundFault",
    ),
    # Automated snapshots are RDS's own, and those of AWS Backup its.
    _rds(
        "AWS::RDS::DBSnapshot",
        "snapshot",
        Lists(
            service="rds",
            operation="describe_db_snapshots",
            items="DBSnapshots",
            arn="DBSnapshotArn",
            since="SnapshotCreateTime",
            tags="TagList",
            pages="Marker",
            only={"SnapshotType": "manual"},
            state="Status",
            gone=DELETING,
        ),
        "DBSnapshotNotFound",
    ),
    Kind(
        type="AWS::DynamoDB::Table",
        arn="arn:{partition}:dynamodb:{region}:{account}:table/{id}",
        id=r"[\w.-]{1,255}",
        reads=Reads(
            service="dynamodb",
            operation="list_tags_of_resource",
            parameter="ResourceArn",
            by="arn",
            tags="Tags",
            missing=frozenset({"ResourceNotFoundException"}),
            pages="NextToken",
        ),
        lists=Lists(
            service="dynamodb",
            operation="list_tables",
            items="TableNames",
            id="",
            pages="ExclusiveStartTableName>LastEvaluatedTableName",
        ),
        tagging=on("dynamodb", "TagResource", "UntagResource", "ListTagsOfResource"),
    ),
    # The nodes of a replication group carry its tags.
    _cache(
        "AWS::ElastiCache::CacheCluster",
        "cluster",
        Lists(
            service="elasticache",
            operation="describe_cache_clusters",
            items="CacheClusters",
            arn="ARN",
            since="CacheClusterCreateTime",
            pages="Marker",
            only={"ShowCacheClustersNotInReplicationGroups": True},
            state="CacheClusterStatus",
            gone=frozenset({"deleting", "deleted"}),
        ),
        "CacheClusterNotFound",
    ),
    _cache(
        "AWS::ElastiCache::ReplicationGroup",
        "replicationgroup",
        Lists(
            service="elasticache",
            operation="describe_replication_groups",
            items="ReplicationGroups",
            arn="ARN",
            since="ReplicationGroupCreateTime",
            pages="Marker",
            state="Status",
            gone=frozenset({"deleting", "create-failed"}),
        ),
        "ReplicationGroupNotFoundFault",
    ),
    _cache(
        "AWS::ElastiCache::ServerlessCache",
        "serverlesscache",
        Lists(
            service="elasticache",
            operation="describe_serverless_caches",
            items="ServerlessCaches",
            arn="ARN",
            since="CreateTime",
            state="Status",
            # The API's reference spells states in capitals, its answers do not.
            gone=frozenset({"deleting", "create-failed", "DELETING", "CREATE-FAILED"}),
        ),
        "ServerlessCacheNotFoundFault",
    ),
)
