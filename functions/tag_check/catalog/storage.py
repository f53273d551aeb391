"""S3, EFS, FSx."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Kind, Lists, Reads, on

KINDS = (
    Kind(
        type="AWS::S3::Bucket",
        arn="arn:{partition}:s3:::{id}",
        id=r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}",
        reads=Reads(
            service="s3",
            operation="get_bucket_tagging",
            parameter="Bucket",
            by="id",
            tags="TagSet",
            untagged="NoSuchTagSet",
            missing=frozenset({"NoSuchBucket"}),
        ),
        lists=Lists(
            service="s3",
            operation="list_buckets",
            items="Buckets",
            id="Name",
            since="CreationDate",
            pages="ContinuationToken",
            # As many as a sweep can ask for their tags one by one within a page; their default quota is 10,000.
            only={"MaxBuckets": 1000},
            regional="BucketRegion",
        ),
        # A bucket with attribute-based access control takes tags by s3:TagResource alone.
        tagging=on(
            *("s3", "PutBucketTagging", "GetBucketTagging"),
            *("TagResource", "UntagResource", "ListTagsForResource"),
        ),
    ),
    Kind(
        type="AWS::EFS::FileSystem",
        arn="arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}",
        id=r"fs-\w{1,60}",
        reads=Reads(
            service="efs",
            operation="list_tags_for_resource",
            parameter="ResourceId",
            by="id",
            tags="Tags",
            missing=frozenset({"FileSystemNotFound"}),
            pages="NextToken",
        ),
        lists=Lists(
            service="efs",
            operation="describe_file_systems",
            items="FileSystems",
            id="FileSystemId",
            since="CreationTime",
            tags="Tags",
            pages="Marker>NextMarker",
            state="LifeCycleState",
            gone=frozenset({"deleting", "deleted", "error"}),
        ),
        tagging=on("elasticfilesystem"),
    ),
    Kind(
        type="AWS::FSx::FileSystem",
        arn="arn:{partition}:fsx:{region}:{account}:file-system/{id}",
        id=r"fs-\w{1,60}",
        reads=Reads(
            service="fsx",
            operation="list_tags_for_resource",
            parameter="ResourceARN",
            by="arn",
            tags="Tags",
            missing=frozenset({"ResourceNotFound"}),
            pages="NextToken",
        ),
        lists=Lists(
            service="fsx",
            operation="describe_file_systems",
            items="FileSystems",
            arn="ResourceARN",
            since="CreationTime",
            tags="Tags",
            state="Lifecycle",
            gone=frozenset({"DELETING", "FAILED"}),
        ),
        tagging=on("fsx"),
    ),
)
