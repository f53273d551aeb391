"""Every row of the catalog, held against botocore's models of the services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.paginate import PaginatorModel
from botocore.validate import ParamValidator

from functions.core.types import Scope
from functions.tag_check.catalog import iam
from functions.tag_check.catalog.kind import Kind, Lists, Reads
from functions.tag_check.catalog.kinds import KINDS, kind_of, known_as

SCOPE = Scope(account="123456789012", region="eu-west-1")
SESSION = botocore.session.Session()
IDS = {
    "AWS::EC2::Instance": ("i-0123456789abcdef0",),
    "AWS::EC2::Volume": ("vol-0123456789abcdef0",),
    "AWS::EC2::Snapshot": ("snap-0123456789abcdef0",),
    "AWS::EC2::Image": ("ami-0123456789abcdef0",),
    "AWS::EC2::NatGateway": ("nat-0123456789abcdef0",),
    "AWS::EC2::EIP": ("eipalloc-0123456789abcdef0",),
    "AWS::EC2::VPC": ("vpc-1a2b3c4d", "vpc-0123456789abcdef0"),
    "AWS::EC2::VPCEndpoint": ("vpce-0123456789abcdef0",),
    "AWS::EC2::TransitGateway": ("tgw-0123456789abcdef0",),
    "AWS::EC2::CapacityReservation": ("cr-0123456789abcdef0",),
    "AWS::EC2::EC2Fleet": ("fleet-5b9a4a36-3c1e-4f4e-9a3a-0123456789ab",),
    "AWS::AutoScaling::AutoScalingGroup": ("train", "eks-gpu_{1}/a@b.c", "a" * 255),
    "AWS::Lambda::Function": ("train", "a-b_C9"),
    "AWS::S3::Bucket": ("data", "my.bucket-1", "Old_Bucket"),
    "AWS::RDS::DBInstance": ("orders-1",),
    "AWS::RDS::DBCluster": ("orders-1",),
    "AWS::RDS::DBSnapshot": ("orders-1",),
    "AWS::DynamoDB::Table": ("orders", "a.b_c-D"),
    "AWS::ECS::Cluster": ("web_1-a",),
    "AWS::ECS::Service": ("web_1-a/front",),
    "AWS::EKS::Cluster": ("web_1-a",),
    "AWS::EKS::Nodegroup": ("web_1-a/workers/1234abcd-12ab-34cd-56ef-1234567890ab",),
    "AWS::ECR::Repository": ("app", "team/app_1.x"),
    "AWS::SageMaker::Endpoint": ("llama-3",),
    "AWS::SageMaker::NotebookInstance": ("llama-3",),
    "AWS::SageMaker::TrainingJob": ("llama-3",),
    "AWS::SageMaker::ProcessingJob": ("llama-3",),
    "AWS::SageMaker::Domain": ("d-abcdefghijkl",),
    "AWS::SageMaker::Model": ("llama-3",),
    "AWS::SageMaker::Pipeline": ("llama-3",),
    "AWS::Bedrock::ProvisionedModelThroughput": ("abcdef123456",),
    "AWS::Bedrock::ApplicationInferenceProfile": ("abcdef123456",),
    "AWS::Bedrock::CustomModel": ("amazon.nova-lite-v1:0:256k/abcdef123456", "imported/abcdef123456"),
    "AWS::Bedrock::Agent": ("ABCDEF1234",),
    "AWS::Bedrock::KnowledgeBase": ("ABCDEF1234",),
    "AWS::Bedrock::Guardrail": ("abcdef123456",),
    "AWS::OpenSearchService::Domain": ("search-1",),
    "AWS::OpenSearchServerless::Collection": ("abcdefghij0123456789",),
    "AWS::ElastiCache::CacheCluster": ("cache-1",),
    "AWS::ElastiCache::ReplicationGroup": ("cache-1",),
    "AWS::ElastiCache::ServerlessCache": ("cache-1",),
    "AWS::Redshift::Cluster": ("dwh-1",),
    "AWS::RedshiftServerless::Workgroup": ("1234abcd-12ab-34cd-56ef-1234567890ab",),
    "AWS::EFS::FileSystem": ("fs-0123456789abcdef0",),
    "AWS::FSx::FileSystem": ("fs-0123456789abcdef0",),
    "AWS::SNS::Topic": ("alerts", "alerts.fifo"),
    "AWS::SQS::Queue": ("jobs", "jobs.fifo"),
    "AWS::StepFunctions::StateMachine": ("train", "a.b+c@d"),
    "AWS::Logs::LogGroup": ("/aws/lambda/train", "a.b_c#d-1"),
    "AWS::SecretsManager::Secret": ("db/password-Ab12Cd", "a@b=c.d-0aZ9xY"),
    "AWS::KMS::Key": ("1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("app/web/50dc6c495c0c9188", "net/web/5", "gwy/web/5"),
    "AWS::ElasticLoadBalancing::LoadBalancer": ("web", "app"),
    "AWS::ApiGateway::RestApi": ("a1b2c3d4e5",),
    "AWS::ApiGatewayV2::Api": ("a1b2c3d4e5",),
}
OTHERS = (
    "arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint/vpce-svc-0123456789abcdef0",
    "arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint-service/vpce-svc-0123456789abcdef0",
    "arn:aws:ec2:eu-west-1:123456789012:transit-gateway/tgw-attach-0123456789abcdef0",
    "arn:aws:ec2:eu-west-1:123456789012:capacity-reservation-fleet/crf-0123456789abcdef0",
    "arn:aws:lambda:eu-west-1:123456789012:function:train:PROD",
    "arn:aws:lambda:eu-west-1:123456789012:layer:train",
    "arn:aws:s3:::data/file",
    "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:orders-1",
    "arn:aws:rds:eu-west-1:123456789012:snapshot:rds:orders-1-2026-01-01-00-00",
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/index/by-day",
    "arn:aws:ecs:eu-west-1:123456789012:service/front",
    "arn:aws:ecs:eu-west-1:123456789012:task/web/0123456789abcdef0",
    "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/llama-3",
    "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/llama-3/execution/abcdefghijkl",
    "arn:aws:sagemaker:eu-west-1:aws:pipeline/llama-3",
    "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
    "arn:aws:bedrock:eu-west-1:123456789012:agent-alias/ABCDEF1234/TSTALIASID",
    "arn:aws:sns:eu-west-1:123456789012:alerts:1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:states:eu-west-1:123456789012:stateMachine:train:1",
    "arn:aws:logs:eu-west-1:123456789012:log-group:train:log-stream:x",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/password",
    "arn:aws:kms:eu-west-1:123456789012:alias/mine",
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/50dc6c495c0c9188/0467ef3c8400ae65",
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/50dc6c495c0c9188",
    "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod",
    "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod",
    "arn:aws:autoscaling:eu-west-1:123456789012:launchConfiguration:*:launchConfigurationName/train",
    "not an arn",
    "",
)
"""What is checked by no kind, though its ARN looks like one that is."""
NEVER = ("", " ", "a b", "*", "?", "a*", "a?c", "a\n", "a\tb", "é", "x/../y z")
HIERARCHIES = ("AWS::AutoScaling::AutoScalingGroup", "AWS::ECR::Repository", "AWS::Logs::LogGroup")
"""Kinds whose names may have any number of parts."""
UNMODELLED = {
    ("ec2", "InvalidCapacityReservationId.NotFound"),
    ("ec2", "InvalidFleetId.NotFound"),
    ("s3", "NoSuchBucket"),
    ("ecs", "ServiceNotFoundException"),
    ("sagemaker", "ResourceNotFound"),
    ("sagemaker", "ValidationException"),
    ("sqs", "AWS.SimpleQueueService.NonExistentQueue"),
}
"""Errors that botocore's models do not give for the call, or not by this code."""
listed = pytest.mark.parametrize("kind", [one for one in KINDS.values() if one.lists], ids=lambda kind: str(kind.type))
every = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: str(kind.type))


@cache
def service(name: str) -> tuple[Any, dict[str, str]]:
    """A service's model, and its operations by the names that clients have for them."""
    model = SESSION.get_service_model(name)
    return model, {xform_name(one): one for one in model.operation_names}


@cache
def paginators(name: str) -> PaginatorModel | None:
    try:
        return SESSION.get_paginator_model(name)
    except (UnknownServiceError, ValueError):
        return None


def operation(call: Lists | Reads) -> Any:
    model, names = service(call.service)
    return model.operation_model(names[call.operation])


def members(call: Lists | Reads) -> dict[str, Any]:
    """A call's request parameters."""
    return dict(operation(call).input_shape.members)


def paginator(call: Lists | Reads) -> dict[str, Any]:
    found = paginators(call.service)
    try:
        return dict(found.get_paginator(operation(call).name)) if found else {}
    except ValueError:
        return {}


def within(shape: Any, path: str) -> Any:
    """The shape at a path; lists on the way and at its end are gone through."""
    while shape.type_name == "list":
        shape = shape.member
    if not path:
        return shape
    head, _, rest = path.partition(".")
    assert shape.type_name == "structure", f"{shape.name} has no {head}"
    assert head in shape.members, f"{shape.name} has no {head}, but {sorted(shape.members)}"
    return within(shape.members[head], rest)


def item(lists: Lists) -> Any:
    return within(operation(lists).output_shape, lists.items)


def request(call: Lists | Reads, kind: Kind) -> dict[str, Any]:
    """A request as the row says it, for one resource or for all."""
    if isinstance(call, Lists):
        return {**call.only, **({call.regional: SCOPE.region} if call.regional else {})}
    id = IDS[kind.type][0]
    arn = kind.arn_of(id, SCOPE)
    match call.by:
        case "arn":
            return {call.parameter: arn}
        case "arns":
            return {call.parameter: [arn]}
        case "id":
            return {call.parameter: id}
        case "ids":
            return {call.parameter: [id]}
        case "queue url":
            return {call.parameter: f"https://sqs.{SCOPE.region}.amazonaws.com/{SCOPE.account}/{id}"}
        case "filter":
            assert kind.lists is not None
            return {**kind.lists.only, call.filters: [{"Name": call.parameter, "Values": [id]}]}


def calls(kind: Kind) -> Iterator[Lists | Reads]:
    yield kind.reads
    if kind.lists:
        yield kind.lists


def check_tags(shape: Any) -> None:
    if shape.type_name == "map":
        assert shape.value.type_name == "string"
        return
    assert shape.type_name == "structure"
    assert {"Key", "key", "TagKey"} & set(shape.members)


def test_each_kind_is_there_once() -> None:
    assert set(IDS) == set(KINDS)
    assert all(type == kind.type for type, kind in KINDS.items())


@every
def test_the_requests_are_as_the_service_takes_them(kind: Kind) -> None:
    for call in calls(kind):
        shape = operation(call).input_shape
        sent = request(call, kind)
        assert not set(sent) - set(shape.members), f"{call.operation} takes no {set(sent) - set(shape.members)}"
        # It says what is missing, of a wrong type, too small or too short.
        assert not ParamValidator().validate(sent, shape).has_errors(), (
            ParamValidator().validate(sent, shape).generate_report()
        )
        for name, value in sent.items():
            if isinstance(value, int) and not isinstance(value, bool):
                assert value <= (shape.members[name].metadata.get("max") or value), f"{call.operation}: {name}"
            allowed = getattr(shape.members[name], "enum", None)
            assert not allowed or value in allowed, f"{call.operation}: {name}"


@listed
def test_a_listing_has_what_the_row_says(kind: Kind) -> None:
    lists = kind.lists
    assert lists is not None
    of = item(lists)
    names = [path for path in (lists.id, lists.arn, lists.url) if path is not None]
    assert len(names) == 1, "one name is enough, and two may differ"
    assert all(within(of, path).type_name == "string" for path in names)
    if lists.since:
        assert within(of, lists.since).type_name in ("timestamp", "string", "long")
    if lists.tags is not None:
        check_tags(within(of, lists.tags))
    assert bool(lists.state) == bool(lists.gone)
    if lists.state:
        state = within(of, lists.state)
        assert state.type_name == "string"
        assert not state.enum or {one.lower() for one in lists.gone} <= {one.lower() for one in state.enum}
    if lists.owner:
        assert within(of, lists.owner).type_name == "string"
    if lists.managed:
        assert within(of, lists.managed).type_name in ("string", "boolean")


@listed
def test_the_moment_and_the_owner_that_an_item_tells_are_not_overlooked(kind: Kind) -> None:
    lists = kind.lists
    assert lists is not None
    of = item(lists)
    told = set(of.members) if of.type_name == "structure" else set()
    created = {
        one for one in told if re.fullmatch(r"(?i)(creation|created?)(date|time|timestamp|at|d)?|.*createtime", one)
    }
    assert bool(lists.since) >= bool(created), f"{created} tell when it was made"
    assert (lists.tags is not None) >= bool(told & {"Tags", "tags", "TagList"}), "its tags come with it"


@listed
def test_page_tokens_are_those_of_the_service(kind: Kind) -> None:
    lists = kind.lists
    assert lists is not None
    check_pages(lists, paginator(lists))


@every
def test_pages_of_tags_are_read_to_the_end(kind: Kind) -> None:
    reads = kind.reads
    if reads.by not in ("filter", "ids", "arns") and kind.service != "apigateway":
        check_pages(reads, paginator(reads))


def check_pages(call: Lists | Reads, known: dict[str, Any]) -> None:
    sends, _, answers = call.pages.partition(">")
    answers = answers or sends
    asked, answered = members(call), operation(call).output_shape.members
    if not call.pages:
        assert not known
        assert not {"NextToken", "nextToken", "Marker", "position"} & set(asked)
        return
    assert asked[sends].type_name == answered[answers].type_name == "string"
    if known:
        assert (sends, answers) == (known["input_token"], known["output_token"])
    if isinstance(call, Lists):
        assert (call.sends, call.answers) == (sends, answers)
        if known:
            results = known["result_key"]
            assert call.items.partition(".")[0] in (results if isinstance(results, list) else [results])


@every
def test_a_read_has_what_the_row_says(kind: Kind) -> None:
    reads, answered = kind.reads, operation(kind.reads).output_shape
    if reads.by == "filter":
        assert kind.lists is not None
        assert (reads.service, reads.operation) == (kind.lists.service, kind.lists.operation)
        assert reads.tags == kind.lists.tags
        described = re.sub(r"<[^>]+>", "", members(reads)[reads.filters].documentation)
        assert re.search(rf"(?<![\w-]){re.escape(reads.parameter)} -", described), f"no filter {reads.parameter}"
    else:
        check_tags(within(answered, reads.tags))
    if kind.described:
        assert kind.lists is not None
        whole = kind.lists.tags if reads.by == "filter" else f"{kind.lists.items}.{kind.lists.tags}"
        assert (reads.service, reads.tags) == (kind.lists.service, whole)
    if reads.dying:
        assert within(answered, reads.dying).type_name == "timestamp"


@every
def test_a_read_knows_how_the_service_says_that_there_is_no_such_resource(kind: Kind) -> None:
    reads = kind.reads
    shapes = operation(reads).error_shapes
    codes = {(one.metadata.get("error") or {}).get("code", one.name) for one in shapes}
    assert all(one in codes or (reads.service, one) in UNMODELLED for one in reads.missing), (reads.missing, codes)
    # A list or a filter answers with nothing.
    assert reads.missing or reads.by == "filter" or reads.service == "autoscaling"


@every
def test_what_cannot_be_listed_says_why(kind: Kind) -> None:
    assert bool(kind.unlisted) == (kind.lists is None)


@every
def test_an_arn_leads_to_its_id_and_back(kind: Kind) -> None:
    for id in IDS[kind.type]:
        arn = kind.arn_of(id, SCOPE)
        assert kind.id_of(arn, SCOPE) == id
        assert known_as(arn) == arn
        assert [one.type for one in KINDS.values() if one.id_of(arn, SCOPE)] == [kind.type]
        assert kind_of(arn, SCOPE) == (kind, id)
        assert arn.count(":") >= 5


@every
def test_an_arn_of_elsewhere_belongs_to_no_kind(kind: Kind) -> None:
    """API Gateway's ARNs tell no account, S3's neither account nor Region."""
    arn = kind.arn_of(IDS[kind.type][0], SCOPE)
    elsewhere = {
        "{partition}": replace(SCOPE, partition="aws-cn"),
        "{region}": replace(SCOPE, region="eu-west-2"),
        "{account}": replace(SCOPE, account="999999999999"),
    }
    for placeholder, scope in elsewhere.items():
        if placeholder in kind.arn:
            assert kind_of(kind.arn_of(IDS[kind.type][0], scope), SCOPE) is None
            assert kind_of(arn, scope) is None
    told = {one for one in elsewhere if one in kind.arn}
    lacking = {"s3": {"{region}", "{account}"}, "apigateway": {"{account}"}}
    assert told == set(elsewhere) - lacking.get(kind.service, set())


@every
def test_an_id_holds_nothing_that_stands_for_others(kind: Kind) -> None:
    for one in NEVER:
        assert not kind.is_id(one), one
    for id in IDS[kind.type]:
        for broken in (id + "\n", id + " ", " " + id, id + "*", "?" + id, id + ":x y", id[:1] + "\0" + id[1:]):
            assert not kind.is_id(broken), broken
        if kind.type not in HIERARCHIES:
            assert not kind.is_id(id + "/")
            assert not kind.is_id(id + "/x/x/x")
    if kind.type != "AWS::Bedrock::CustomModel":
        assert not kind.is_id(IDS[kind.type][0] + ":1")
    assert not kind.is_id("a" * 1000)


def test_a_groups_name_holds_no_wildcard_no_colon_and_no_space() -> None:
    group = KINDS["AWS::AutoScaling::AutoScalingGroup"]
    assert {chr(code) for code in range(256) if not group.is_id(chr(code))} == {
        *map(chr, range(33)),
        *map(chr, range(127, 256)),
        *"*:?",
    }


@pytest.mark.parametrize("arn", OTHERS)
def test_what_only_looks_like_a_resource_that_is_checked_is_none(arn: str) -> None:
    assert kind_of(known_as(arn), SCOPE) is None


def test_a_resource_is_known_by_one_arn_however_aws_writes_it() -> None:
    group = "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:{}:autoScalingGroupName/train"
    assert known_as(group.format("5b7c1f0e-9d7a-4b52-8f0d-3a9c1e2d4f60")) == group.format("*")
    logs = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/train"
    assert known_as(logs + ":*") == logs
    other = "arn:aws:kms:eu-west-1:123456789012:key:*"
    assert known_as(other) == other


@every
def test_iam_has_a_name_for_each_call(kind: Kind) -> None:
    for call in calls(kind):
        named, name = iam.action(call.service, call.operation), operation(call).name
        assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", named)
        if named.startswith("apigateway:"):
            assert named.partition(":")[2] == operation(call).http["method"]
        elif call.operation != "list_buckets":
            assert named.partition(":")[2] == name
        if named != "s3:ListAllMyBuckets":
            assert named.partition(":")[0] == kind.service


@every
def test_iam_is_asked_for_tags_of_a_kind_and_no_more(kind: Kind) -> None:
    for one in kind.tagging:
        prefix, _, name = one.partition(":")
        assert prefix == kind.service
        assert "tag" in name.lower() or one == "secretsmanager:DescribeSecret" or prefix == "apigateway"
    granted = iam.tagging(kind)
    assert set(granted) == set(kind.tagging)
    if kind.service == "apigateway":
        tags = ("arn:{partition}:apigateway:{region}::/tags/*",)
        assert {name: where for name, where in granted.items() if where != tags} == {
            "apigateway:PATCH": (kind.arn.replace("{id}", "*"),)
        }


@every
def test_iams_resources_cover_a_kinds(kind: Kind) -> None:
    """Snapshots and images have another ARN in IAM; API Gateway's tags are resources of their own."""
    for where in (*iam.reading(kind).values(), *iam.tagging(kind).values()):
        for one in where:
            if one == "*" or "/tags/" in one or kind.type in iam.PATTERNS:
                continue
            for id in IDS[kind.type]:
                assert fnmatchcase(kind.arn.replace("{id}", id), one)
    assert bool(iam.listing(kind)) == (kind.lists is not None)
