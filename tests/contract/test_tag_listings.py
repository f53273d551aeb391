"""Every listing and every read of the catalog, against moto and the answers in its place; without network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import botocore.httpsession
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core.types import Scope
from functions.tag_check.catalog import paths
from functions.tag_check.catalog.kind import Kind
from functions.tag_check.catalog.kinds import KINDS, kind_of
from tests.aws_world import ACCOUNT, REGION, RecordingClients, environment
from tests.contract import tag_world
from tests.contract.tag_seeds import SEEDS

SCOPE = Scope(account=ACCOUNT, region=REGION)
CANNED = {
    "AWS::EC2::CapacityReservation",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::RedshiftServerless::Workgroup",
    "AWS::Bedrock::ProvisionedModelThroughput",
    "AWS::Bedrock::ApplicationInferenceProfile",
    "AWS::Bedrock::CustomModel",
    "AWS::Bedrock::Guardrail",
}
LISTED = [one for one in KINDS.values() if one.lists]


@pytest.fixture(scope="module")
def clients() -> Iterator[RecordingClients]:
    """An account with one of everything. What would go out to the network fails."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for key, value in environment("").items():
            patch.setenv(key, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setattr(botocore.httpsession.URLLib3Session, "send", _no_network)
        for seed in SEEDS.values():
            seed()
        yield RecordingClients()


def _no_network(_: Any, request: Any) -> Any:
    raise AssertionError(f"a call over the network: {request.url}")


def taught(clients: RecordingClients, service: str) -> Any:
    client = clients.get(service)
    tag_world.teach(client.meta.events)
    return client


def listing(kind: Kind, client: Any) -> Iterator[Any]:
    lists = kind.lists
    assert lists is not None
    where, token = {lists.regional: REGION} if lists.regional else {}, None
    while True:
        page: dict[str, Any] = {lists.sends: token} if token else {}
        answer = getattr(client, lists.operation)(**lists.only, **where, **page)
        yield from paths.at(answer, lists.items)
        token = answer.get(lists.answers) if lists.pages else None
        if not token:
            return


def arn_of(kind: Kind, item: Any) -> str:
    lists = kind.lists
    assert lists is not None
    if lists.arn is not None:
        return kind.known(paths.text(item, lists.arn)[0])
    if lists.url is not None:
        return kind.arn_of(paths.text(item, lists.url)[0].rpartition("/")[2], SCOPE)
    assert lists.id is not None
    return kind.arn_of(paths.text(item, lists.id)[0], SCOPE)


def alive(kind: Kind, item: Any) -> bool:
    """Whether an item is the account's own, and not on its way out."""
    lists = kind.lists
    assert lists is not None
    owner = paths.text(item, lists.owner) if lists.owner else [ACCOUNT]
    managed = any(paths.at(item, lists.managed)) if lists.managed else False
    state = next(paths.at(item, lists.state), None) if lists.state else None
    return owner == [ACCOUNT] and not managed and state not in lists.gone


def read(kind: Kind, client: Any, id: str) -> dict[str, str]:
    reads, arn = kind.reads, kind.arn_of(id, SCOPE)
    if reads.by == "filter":
        assert kind.lists is not None
        chosen = {reads.filters: [{"Name": reads.parameter, "Values": [id]}]}
        answer = getattr(client, reads.operation)(**kind.lists.only, **chosen)
        found = list(paths.at(answer, kind.lists.items))
        if not found:
            raise LookupError(id)
        return paths.tags_at(found, [reads.tags])
    named: dict[str, Any] = {"arn": arn, "arns": [arn], "id": id, "ids": [id]}
    named["queue url"] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{id}"
    answer = getattr(client, reads.operation)(**{reads.parameter: named[reads.by]})
    return paths.tags_at(answer, [reads.tags])


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: str(kind.type))
def test_a_listing_tells_of_what_is_there_and_a_read_of_its_tags(kind: Kind, clients: RecordingClients) -> None:
    lists = kind.lists
    assert lists is not None
    client, reader = taught(clients, lists.service), taught(clients, kind.reads.service)
    clients.calls.clear()
    items = [one for one in listing(kind, client) if alive(kind, one)]
    found = {arn_of(kind, one): one for one in items}
    assert found
    assert clients.calls, "the call was written down, whoever answered"
    tagged = []
    for arn, item in found.items():
        known = kind_of(arn, SCOPE)
        assert known is not None, arn
        assert known[0] is kind
        tags = read(kind, reader, known[1])
        if lists.tags is not None:
            assert paths.tags_at(item, [lists.tags]) == tags
        if lists.since and kind.type not in tag_world.TIMELESS:
            assert next(paths.at(item, lists.since), None)
        tagged.append(tags == {"owner": "ml"})
    assert any(tagged)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: str(kind.type))
def test_a_read_of_what_is_not_there_says_so(kind: Kind, clients: RecordingClients) -> None:
    reads = kind.reads
    client = taught(clients, reads.service)
    operation = client.meta.method_to_api_mapping[reads.operation]
    id = NOT_THERE[kind.type]
    assert kind.is_id(id)
    lenient = (reads.service, operation) in tag_world.LENIENT and kind.type not in CANNED
    if reads.by == "filter":
        with pytest.raises(LookupError):
            read(kind, client, id)
    elif lenient or not reads.missing:
        assert read(kind, client, id) == {}
    else:
        refused = code_of(lambda: read(kind, client, id))
        assert refused in reads.missing


def code_of(call: Callable[[], object]) -> str:
    """The error of a call, or "" if it went through."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_nothing_is_made_twice_and_nothing_left_out() -> None:
    assert not set(SEEDS) & CANNED
    assert {one.type for one in LISTED} <= set(SEEDS) | CANNED


def test_dead_foreign_and_managed_ones_are_told_apart(clients: RecordingClients) -> None:
    for type, count in (
        ("AWS::EC2::CapacityReservation", 3),
        ("AWS::ElastiCache::ServerlessCache", 2),
        ("AWS::RedshiftServerless::Workgroup", 2),
        ("AWS::Bedrock::ProvisionedModelThroughput", 2),
    ):
        kind = KINDS[type]
        assert kind.lists is not None
        items = list(listing(kind, taught(clients, kind.lists.service)))
        assert (len(items), sum(alive(kind, one) for one in items)) == (count, 1)


NOT_THERE = {
    **dict.fromkeys(KINDS, "nothing"),
    "AWS::EC2::Instance": "i-0000",
    "AWS::EC2::Volume": "vol-0000",
    "AWS::EC2::Snapshot": "snap-0000",
    "AWS::EC2::Image": "ami-0000",
    "AWS::EC2::NatGateway": "nat-0000",
    "AWS::EC2::EIP": "eipalloc-0000",
    "AWS::EC2::VPC": "vpc-0000",
    "AWS::EC2::VPCEndpoint": "vpce-0000",
    "AWS::EC2::TransitGateway": "tgw-0000",
    "AWS::EC2::CapacityReservation": "cr-0000",
    "AWS::EC2::EC2Fleet": "fleet-0000",
    "AWS::ECS::Service": "web/nothing",
    "AWS::EKS::Nodegroup": "gpu/nothing/0",
    "AWS::Bedrock::CustomModel": "amazon.nova-lite-v1:0/0",
    "AWS::EFS::FileSystem": "fs-0000",
    "AWS::FSx::FileSystem": "fs-0000",
    "AWS::SecretsManager::Secret": "nothing-000000",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "app/nothing/0",
}
