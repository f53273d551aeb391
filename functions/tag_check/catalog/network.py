"""Load balancers and API Gateway."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Kind, Lists, Reads, on

BALANCER = "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{id}"
BALANCER_TAGGING = on("elasticloadbalancing", "AddTags", "RemoveTags", "DescribeTags")
GATEWAY = "arn:{partition}:apigateway:{region}::"
GATEWAY_TAGGING = on("apigateway", "PUT", "POST", "PATCH", "DELETE", "GET")

KINDS = (
    Kind(
        type="AWS::ElasticLoadBalancingV2::LoadBalancer",
        arn=BALANCER,
        id=r"(app|net|gwy)/[A-Za-z0-9-]{1,64}/\w{1,64}",
        reads=Reads(
            service="elbv2",
            operation="describe_tags",
            parameter="ResourceArns",
            by="arns",
            tags="TagDescriptions.Tags",
            missing=frozenset({"LoadBalancerNotFound"}),
        ),
        lists=Lists(
            service="elbv2",
            operation="describe_load_balancers",
            items="LoadBalancers",
            arn="LoadBalancerArn",
            since="CreatedTime",
            pages="Marker>NextMarker",
            only={"PageSize": 400},
            state="State.Code",
            gone=frozenset({"failed"}),
        ),
        tagging=BALANCER_TAGGING,
    ),
    Kind(
        type="AWS::ElasticLoadBalancing::LoadBalancer",
        arn=BALANCER,
        id=r"[A-Za-z0-9-]{1,64}",
        reads=Reads(
            service="elb",
            operation="describe_tags",
            parameter="LoadBalancerNames",
            by="ids",
            tags="TagDescriptions.Tags",
            missing=frozenset({"LoadBalancerNotFound"}),
        ),
        lists=Lists(
            service="elb",
            operation="describe_load_balancers",
            items="LoadBalancerDescriptions",
            id="LoadBalancerName",
            since="CreatedTime",
            pages="Marker>NextMarker",
            only={"PageSize": 400},
        ),
        tagging=BALANCER_TAGGING,
    ),
    Kind(
        type="AWS::ApiGateway::RestApi",
        arn=GATEWAY + "/restapis/{id}",
        id=r"[a-z0-9]{1,64}",
        reads=Reads(
            service="apigateway",
            operation="get_tags",
            parameter="resourceArn",
            by="arn",
            tags="tags",
            missing=frozenset({"NotFoundException"}),
        ),
        lists=Lists(
            service="apigateway",
            operation="get_rest_apis",
            items="items",
            id="id",
            since="createdDate",
            tags="tags",
            pages="position",
            only={"limit": 500},
        ),
        tagging=GATEWAY_TAGGING,
    ),
    Kind(
        type="AWS::ApiGatewayV2::Api",
        arn=GATEWAY + "/apis/{id}",
        id=r"[a-z0-9]{1,64}",
        reads=Reads(
            service="apigatewayv2",
            operation="get_tags",
            parameter="ResourceArn",
            by="arn",
            tags="Tags",
            missing=frozenset({"NotFoundException"}),
        ),
        lists=Lists(
            service="apigatewayv2",
            operation="get_apis",
            items="Items",
            id="ApiId",
            since="CreatedDate",
            tags="Tags",
        ),
        tagging=GATEWAY_TAGGING,
    ),
)
