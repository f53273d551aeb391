"""SNS, SQS, Step Functions, CloudWatch Logs, Secrets Manager, KMS."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Kind, Lists, Reads, on


def _without_streams(arn: str) -> str:
    """A log group's ARN without the ":*" that stands for its streams."""
    return arn.removesuffix(":*") if ":log-group:" in arn else arn


KINDS = (
    # A subscription's ARN goes on after the topic's with ":".
    Kind(
        type="AWS::SNS::Topic",
        arn="arn:{partition}:sns:{region}:{account}:{id}",
        id=r"[\w-]{1,256}(\.fifo)?",
        reads=Reads(
            service="sns",
            operation="list_tags_for_resource",
            parameter="ResourceArn",
            by="arn",
            tags="Tags",
            missing=frozenset({"ResourceNotFound"}),
        ),
        lists=Lists(service="sns", operation="list_topics", items="Topics", arn="TopicArn"),
        tagging=on("sns"),
    ),
    Kind(
        type="AWS::SQS::Queue",
        arn="arn:{partition}:sqs:{region}:{account}:{id}",
        id=r"[\w-]{1,80}(\.fifo)?",
        reads=Reads(
            service="sqs",
            operation="list_queue_tags",
            parameter="QueueUrl",
            by="queue url",
            tags="Tags",
            missing=frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}),
        ),
        # Without MaxResults, SQS gives the first thousand and no token.
        lists=Lists(
            service="sqs",
            operation="list_queues",
            items="QueueUrls",
            url="",
            only={"MaxResults": 1000},
        ),
        tagging=on("sqs", "TagQueue", "UntagQueue", "ListQueueTags"),
    ),
    # A version's or an alias's ARN goes on after the machine's with ":".
    Kind(
        type="AWS::StepFunctions::StateMachine",
        arn="arn:{partition}:states:{region}:{account}:stateMachine:{id}",
        id=r"[\w.+=@!()'-]{1,80}",
        reads=Reads(
            service="stepfunctions",
            operation="list_tags_for_resource",
            parameter="resourceArn",
            by="arn",
            tags="tags",
            missing=frozenset({"ResourceNotFound"}),
        ),
        lists=Lists(
            service="stepfunctions",
            operation="list_state_machines",
            items="stateMachines",
            arn="stateMachineArn",
            since="creationDate",
            pages="nextToken",
            only={"maxResults": 1000},
        ),
        tagging=on("states"),
    ),
    Kind(
        type="AWS::Logs::LogGroup",
        arn="arn:{partition}:logs:{region}:{account}:log-group:{id}",
        id=r"[\w./#-]{1,512}",
        reads=Reads(
            service="logs",
            operation="list_tags_for_resource",
            parameter="resourceArn",
            by="arn",
            tags="tags",
            missing=frozenset({"ResourceNotFoundException"}),
        ),
        lists=Lists(
            service="logs",
            operation="describe_log_groups",
            items="logGroups",
            id="logGroupName",
            since="creationTime",
            pages="nextToken",
        ),
        tagging=on("logs"),
        known=_without_streams,
    ),
    # AWS adds six characters to a secret's name, so that a successor of that name has another ARN.
    Kind(
        type="AWS::SecretsManager::Secret",
        arn="arn:{partition}:secretsmanager:{region}:{account}:secret:{id}",
        id=r"[\w/+=.@-]{1,512}-[A-Za-z0-9]{6}",
        reads=Reads(
            service="secretsmanager",
            operation="describe_secret",
            parameter="SecretId",
            by="arn",
            tags="Tags",
            missing=frozenset({"ResourceNotFoundException"}),
            dying="DeletedDate",
        ),
        lists=Lists(
            service="secretsmanager",
            operation="list_secrets",
            items="SecretList",
            arn="ARN",
            since="CreatedDate",
            tags="Tags",
            only={"MaxResults": 100},
            managed="OwningService",
        ),
        tagging=on("secretsmanager", "TagResource", "UntagResource", "DescribeSecret"),
    ),
    Kind(
        type="AWS::KMS::Key",
        arn="arn:{partition}:kms:{region}:{account}:key/{id}",
        id=r"[\w-]{1,128}",
        reads=Reads(
            service="kms",
            operation="list_resource_tags",
            parameter="KeyId",
            by="arn",
            tags="Tags",
            missing=frozenset({"NotFoundException"}),
            pages="Marker>NextMarker",
        ),
        lists=None,
        unlisted="KMS lists AWS's keys among the customer's, and not which are whose",
        tagging=on("kms", "TagResource", "UntagResource", "ListResourceTags"),
    ),
)
