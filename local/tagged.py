"""Which resources have which tags, straight from moto's state: for conditions, the Tagging API and tag change events.

Fusebox and people name resources by ARNs of the Tagging API's form, which are IAM's except for Auto Scaling groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local import moto_principals
from local.errors import UnmodelledCall
from local.moto_hooks import backend, log_group_tags, secret
from local.scope import Scope

Tags = Mapping[str, str]
EC2_TYPES = {
    "ami": "image",
    "eipalloc": "elastic-ip",
    "fleet": "fleet",
    "i": "instance",
    "nat": "natgateway",
    "snap": "snapshot",
    "tgw": "transit-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""The resource type in an ARN, by how ids begin."""
GROUP = "autoScalingGroup:"


def tags_of(scope: Scope, arn: str) -> Tags | None:
    """A resource's tags; None if there is no such resource."""
    service, resource = arn.split(":", 5)[2], arn.split(":", 5)[5]
    read = _READ.get(service)
    if read is None:
        raise UnmodelledCall(f"the tags of {arn} are not modelled; those of {', '.join(sorted(_READ))} are")
    return read(scope, resource)


def kind_of(arn: str) -> tuple[str, str]:
    """Service and resource type of an ARN, as a tag change event names them."""
    service, resource = arn.split(":", 5)[2], arn.split(":", 5)[5]
    bare = {"s3": "bucket", "sns": "topic", "sqs": "queue"}
    return service, bare.get(service) or resource.replace("/", ":").split(":")[0]


def ec2_arn(scope: Scope, id: str) -> str:
    """The ARN of a resource of EC2 by its id."""
    kind = EC2_TYPES.get(id.partition("-")[0])
    if kind is None:
        raise UnmodelledCall(f"resources of EC2 with ids like {id} are not modelled")
    return scope.arn("ec2", f"{kind}/{id}")


def group_arn(scope: Scope, name: str) -> str:
    """The ARN of an Auto Scaling group, as IAM and tag change events name it; with a made-up id if it is not there."""
    group = backend("autoscaling", scope).autoscaling_groups.get(name)
    return scope.arn("autoscaling", f"{GROUP}none:autoScalingGroupName/{name}") if group is None else str(group.arn)


def _ec2(scope: Scope, resource: str) -> Tags | None:
    ec2, (kind, id) = backend("ec2", scope), resource.split("/", 1)
    there: dict[str, Callable[[], Iterable[str]]] = {
        "image": lambda: ec2.amis,
        "instance": lambda: (one.id for group in ec2.reservations.values() for one in group.instances),
        "snapshot": lambda: ec2.snapshots,
        "volume": lambda: ec2.volumes,
        "vpc": lambda: ec2.vpcs,
    }
    if kind not in there:
        raise UnmodelledCall(f"the tags of a {kind} of EC2 are not modelled")
    return dict(ec2.tags.get(id, {})) if id in set(there[kind]()) else None


def _s3(scope: Scope, name: str) -> Tags | None:
    s3 = backend("s3", scope)
    return s3.tagger.get_tag_dict_for_resource(s3.buckets[name].arn) if name in s3.buckets else None


def _lambda(scope: Scope, resource: str) -> Tags | None:
    name = resource.split(":")[1]
    functions = {one.function_name: one for one in backend("lambda", scope).list_functions()}
    return dict(functions[name].tags) if name in functions else None


def _dynamodb(scope: Scope, resource: str) -> Tags | None:
    return _pairs(backend("dynamodb", scope).tables.get(resource.split("/")[1]))


def _sagemaker(scope: Scope, resource: str) -> Tags | None:
    kind, name = resource.split("/", 1)
    if kind != "notebook-instance":
        raise UnmodelledCall(f"the tags of a {kind} of SageMaker are not modelled")
    return _pairs(backend("sagemaker", scope).notebook_instances.get(name))


def _logs(scope: Scope, resource: str) -> Tags | None:
    name = resource.removeprefix("log-group:").removesuffix(":*")
    return log_group_tags(scope, name) if name in backend("logs", scope).groups else None


def _autoscaling(scope: Scope, resource: str) -> Tags | None:
    return _pairs(backend("autoscaling", scope).autoscaling_groups.get(resource.rpartition("/")[2]))


def _sns(scope: Scope, name: str) -> Tags | None:
    topic = backend("sns", scope).topics.get(scope.arn("sns", name))
    return None if topic is None else dict(topic._tags or {})


def _sqs(scope: Scope, name: str) -> Tags | None:
    queue = backend("sqs", scope).queues.get(name)
    return None if queue is None else dict(queue.tags or {})


def _states(scope: Scope, resource: str) -> Tags | None:
    states, arn = backend("stepfunctions", scope), scope.arn("states", resource)
    return (
        dict(states.tagger.get_tag_dict_for_resource(arn))
        if arn in {one.arn for one in states.state_machines}
        else None
    )


def _iam(scope: Scope, resource: str) -> Tags | None:
    kind, name = resource.split("/", 1)[0], resource.rsplit("/", 1)[-1]
    if kind == "role":
        return _pairs(moto_principals.role(scope, name))
    if kind == "user":
        return _pairs(moto_principals.user(scope, name))
    raise UnmodelledCall(f"the tags of a {kind} of IAM are not modelled")


def _apigateway(scope: Scope, resource: str) -> Tags | None:
    """An API key's, and none of the collection of all of them."""
    key = backend("apigateway", scope).keys.get(resource.removeprefix("/apikeys/"))
    return None if key is None else dict(key.tags or {})


def _secrets(scope: Scope, resource: str) -> Tags | None:
    found = secret(scope, scope.arn("secretsmanager", resource))
    return None if found is None else found.tags


def _pairs(found: Any) -> Tags | None:
    return None if found is None else {str(tag["Key"]): str(tag["Value"]) for tag in found.tags or []}


_READ: dict[str, Callable[[Scope, str], Tags | None]] = {
    "apigateway": _apigateway,
    "autoscaling": _autoscaling,
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "iam": _iam,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "sagemaker": _sagemaker,
    "secretsmanager": _secrets,
    "sns": _sns,
    "sqs": _sqs,
    "states": _states,
}
