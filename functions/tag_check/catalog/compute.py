"""Auto Scaling and Lambda."""

from __future__ import annotations

from functions.core.group_arn import canonical
from functions.tag_check.catalog.kind import Kind, Lists, Reads, on

KINDS = (
    Kind(
        type="AWS::AutoScaling::AutoScalingGroup",
        arn="arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{id}",
        id=r"[!-)+-9;->@-~]{1,255}",
        reads=Reads(
            service="autoscaling",
            operation="describe_auto_scaling_groups",
            parameter="AutoScalingGroupNames",
            by="ids",
            tags="AutoScalingGroups.Tags",
        ),
        lists=Lists(
            service="autoscaling",
            operation="describe_auto_scaling_groups",
            items="AutoScalingGroups",
            id="AutoScalingGroupName",
            since="CreatedTime",
            tags="Tags",
            only={"MaxRecords": 100},
            state="Status",
            gone=frozenset({"Delete in progress"}),
        ),
        tagging=on("autoscaling", "CreateOrUpdateTags", "DeleteTags"),
        known=canonical,
    ),
    Kind(
        type="AWS::Lambda::Function",
        arn="arn:{partition}:lambda:{region}:{account}:function:{id}",
        id=r"[A-Za-z0-9_-]{1,64}",
        reads=Reads(
            service="lambda",
            operation="list_tags",
            parameter="Resource",
            by="arn",
            tags="Tags",
            missing=frozenset({"ResourceNotFoundException"}),
        ),
        lists=Lists(
            service="lambda",
            operation="list_functions",
            items="Functions",
            arn="FunctionArn",
            since="LastModified",
            pages="Marker>NextMarker",
        ),
        tagging=on("lambda", "TagResource", "UntagResource", "ListTags"),
    ),
)
