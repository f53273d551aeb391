"""Which types take tags, where, and whether the tags of their stack reach them."""

from __future__ import annotations

import pytest

from docs import taggable
from gate import terraform, types
from gate.types import Tagging


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        ("AWS::S3::Bucket", Tagging("Tags", "list", True)),
        ("AWS::SSM::Parameter", Tagging("Tags", "map", True)),
        ("AWS::AutoScaling::AutoScalingGroup", Tagging("Tags", "list", True)),
        ("AWS::EFS::FileSystem", Tagging("FileSystemTags", "list", True)),
        ("AWS::Cognito::UserPool", Tagging("UserPoolTags", "map", True)),
        ("AWS::EC2::LaunchTemplate", Tagging("TagSpecifications", "launch-template", False)),
        ("AWS::EC2::EC2Fleet", Tagging("TagSpecifications", "fleet", False)),
        ("AWS::DynamoDB::GlobalTable", Tagging("Replicas", "replicas", False)),
        ("AWS::CloudFront::AnycastIpList", Tagging("Tags", "items", True)),
        ("AWS::Route53::HostedZone", Tagging("HostedZoneTags", "list", False)),
        ("AWS::DAX::Cluster", Tagging("Tags", "map", False)),
        ("AWS::Glue::CustomEntityType", Tagging("Tags", "map", False)),
        ("AWS::ManagedBlockchain::Accessor", Tagging("Tags", "list", True)),
        ("AWS::Serverless::Function", Tagging("Tags", "map", True)),
    ],
)
def test_a_type_that_takes_tags(type: str, expected: Tagging) -> None:
    assert types.of(type) == expected


@pytest.mark.parametrize(
    "type",
    [
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::InstanceProfile",
        "AWS::Lambda::Permission",
        "AWS::Lambda::LayerVersion",
        "AWS::Serverless::LayerVersion",
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::WaitCondition",
        "AWS::Cognito::IdentityPoolPrincipalTag",
        "AWS::ECR::RepositoryCreationTemplate",
        "AWS::LakeFormation::TagAssociation",
    ],
)
def test_a_type_that_takes_none(type: str) -> None:
    assert types.of(type) == Tagging("", "", False)


@pytest.mark.parametrize(
    "type",
    ["Custom::Thing", "AWS::CloudFormation::CustomResource", "Datadog::Monitors::Monitor", "AWS::New::Thing", ""],
)
def test_a_type_of_which_that_is_not_known(type: str) -> None:
    assert types.of(type) is None


def schema(properties: dict[str, object], **tagging: object) -> dict[str, object]:
    return {"properties": properties, **({"tagging": tagging} if tagging else {})}


LIST = {"type": "array", "items": {}}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (schema({"Tags": LIST}, taggable=True), ("Tags", "list", "yes")),
        (schema({"Tags": LIST}, taggable=True, tagOnCreate=False), ("Tags", "list", "maybe")),
        (schema({"Tags": LIST}, taggable=True, cloudFormationSystemTags=False), ("Tags", "list", "yes")),
        (schema({"Tags": LIST}, taggable=False), ("Tags", "list", "maybe")),
        (schema({"Tags": LIST}), ("Tags", "list", "maybe")),
        (schema({"Name": {}}, taggable=False, tagProperty="/properties/Tags"), ("", "", "")),
        (schema({"Name": {}}, taggable=True), ("", "", "")),
        (schema({"ResourceTags": LIST}, taggable=False), ("", "", "")),
        (
            schema({"ResourceTags": LIST}, taggable=True, tagProperty="/properties/ResourceTags"),
            ("ResourceTags", "list", "yes"),
        ),
        (schema({"Tags": {"type": ["object", "string"]}}, taggable=True), ("Tags", "map", "yes")),
        ({**schema({"Tags": {"$ref": "#/definitions/T"}}), "definitions": {"T": LIST}}, ("Tags", "list", "maybe")),
    ],
)
def test_how_a_schema_is_read(written: dict[str, object], expected: tuple[str, str, str]) -> None:
    assert taggable.row("AWS::A::B", written)[1:] == expected


def test_the_file_says_which_schemas_it_comes_from() -> None:
    assert types.FILE.read_text().splitlines()[0].startswith("# CloudFormation resource schemas in cfn-lint 1.")


def test_what_sam_makes_takes_tags_as_sam_does() -> None:
    for sam, made in types.BECOMES.items():
        ours, theirs = types.of(sam), types.of(made)
        assert ours is not None
        assert theirs is not None
        assert bool(ours.property) == bool(theirs.property), sam


NAMED_BY_TERRAFORM_ALONE = {"AWS::Bedrock::CustomModel", "AWS::Bedrock::ProvisionedModelThroughput"}


def test_terraforms_types_are_types_of_cloudformation() -> None:
    unknown = {one for one in terraform.cloudformation().values() if types.of(one) is None}
    assert unknown == NAMED_BY_TERRAFORM_ALONE
    assert len(terraform.cloudformation()) > 60


@pytest.mark.parametrize(
    ("terraforms", "expected"),
    [
        ("awscc_ec2_vpc_endpoint", "AWS::EC2::VPCEndpoint"),
        ("awscc_s3_bucket", "AWS::S3::Bucket"),
        ("aws_sagemaker_model_card", "AWS::SageMaker::ModelCard"),
        ("aws_something_else", ""),
    ],
)
def test_types_that_are_named_alike(terraforms: str, expected: str) -> None:
    assert types.named_alike(terraforms) == expected
