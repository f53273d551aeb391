"""Services of which an account here has nothing: their lists are empty, and nothing can be made in them.

moto lacks many of these lists, and takes seconds to load the others. An answer of "nothing there" is right as long as
no call can make anything, so all other calls to these services are refused, whoever makes them.
"""

from __future__ import annotations

from local.api import Answer, ApiRequest
from local.errors import LocalAccountError, UnmodelledCall

LISTS = {
    "apigateway.GetRestApis": "item",
    "apigatewayv2.GetApis": "items",
    "bedrock.ListCustomModels": "modelSummaries",
    "bedrock.ListGuardrails": "guardrails",
    "bedrock.ListInferenceProfiles": "inferenceProfileSummaries",
    "bedrock.ListModelInvocationJobs": "invocationJobSummaries",
    "bedrock.ListProvisionedModelThroughputs": "provisionedModelSummaries",
    "bedrock-agent.ListAgents": "agentSummaries",
    "bedrock-agent.ListKnowledgeBases": "knowledgeBaseSummaries",
    "ecr.DescribeRepositories": "repositories",
    "ecs.ListClusters": "clusterArns",
    "efs.DescribeFileSystems": "FileSystems",
    "eks.ListClusters": "clusters",
    "elasticache.DescribeCacheClusters": "CacheClusters",
    "elasticache.DescribeReplicationGroups": "ReplicationGroups",
    "elasticache.DescribeServerlessCaches": "ServerlessCaches",
    "elb.DescribeLoadBalancers": "LoadBalancerDescriptions",
    "elbv2.DescribeLoadBalancers": "LoadBalancers",
    "fsx.DescribeFileSystems": "FileSystems",
    "opensearch.ListDomainNames": "DomainNames",
    "opensearchserverless.ListCollections": "collectionSummaries",
    "rds.DescribeDBClusters": "DBClusters",
    "rds.DescribeDBInstances": "DBInstances",
    "rds.DescribeDBSnapshots": "DBSnapshots",
    "redshift.DescribeClusters": "Clusters",
    "redshift-serverless.ListWorkgroups": "workgroups",
}
"""Operations that list, with the field that holds the list on the wire."""
SERVICES = frozenset(name.partition(".")[0] for name in LISTS)
KNOWN = frozenset(f"apigateway.{name}" for name in ("CreateApiKey", "GetApiKey", "GetApiKeys", "UpdateApiKey"))
"""Calls of these services about things that may be here all the same."""
ALSO = {"ec2.DescribeCapacityReservations": "capacityReservationSet"}
"""Lists of services that are here otherwise; moto knows no call that makes such a thing."""


def check(request: ApiRequest) -> None:
    """Raises UnmodelledCall for a call to an absent service that does not just list what is not there."""
    name = f"{request.service}.{request.operation}"
    if request.service in SERVICES and name not in LISTS and name not in KNOWN:
        raise UnmodelledCall(f"{request.action}: an account here has nothing of {request.service}; see local/absent.py")


def nothing(request: ApiRequest) -> Answer:
    """An empty list, in the service's protocol."""
    name, operation = f"{request.service}.{request.operation}", request.operation
    field = {**LISTS, **ALSO}[name]
    if request.protocol in ("json", "rest-json"):
        return Answer.json({field: []})
    if request.protocol == "ec2":
        return _xml(f"<{operation}Response><requestId>local</requestId><{field}/></{operation}Response>")
    if request.protocol == "query":
        result = f"<{operation}Result><{field}/></{operation}Result>"
        meta = "<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata>"
        return _xml(f"<{operation}Response>{result}{meta}</{operation}Response>")
    raise LocalAccountError(f"{name} speaks {request.protocol}, in which no empty list is modelled")


def _xml(text: str) -> Answer:
    return Answer(200, {"Content-Type": "text/xml"}, text.encode())
