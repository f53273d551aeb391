"""What idle_gpu declares: settings, triggers, permissions, fences."""

from __future__ import annotations

from functions.core import alarm_spec, tags
from functions.core.spec import EventTrigger, Fence, GuardrailSpec, Permission, SafetyFields
from functions.idle_gpu.facts import ALARM_PREFIX, STOPPED_TAG
from functions.idle_gpu.settings import IdleGpuSettings

__all__ = ["INSTANCE_FIELDS", "SPEC", "TYPE_FIELDS", "IdleGpuSettings", "fences"]

INSTANCES = "arn:{partition}:ec2:{region}:{account}:instance/*"
GROUPS = "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*"
KEYS = "arn:{partition}:kms:{region}:{account}:key/*"
INSTANCE_FIELDS = SafetyFields(
    service="ec2",
    shape="Instance",
    fields=frozenset(
        {
            "CapacityReservationId",
            "CapacityReservationSpecification",
            "HibernationOptions",
            "InstanceLifecycle",
            "Operator",
            "StateTransitionReason",
        }
    ),
)
TYPE_FIELDS = SafetyFields(
    service="ec2",
    shape="InstanceTypeInfo",
    fields=frozenset(
        {"GpuInfo", "InferenceAcceleratorInfo", "InstanceStorageInfo", "MediaAcceleratorInfo", "NeuronInfo"}
    ),
)


def fences(settings: IdleGpuSettings) -> tuple[Fence, ...]:
    """Denies what the role never needs, and every change to instances with a protected tag."""
    changes = (
        "ec2:StopInstances",
        "ec2:TerminateInstances",
        "ec2:StartInstances",
    )
    protected = tuple(
        Fence(
            actions=changes,
            resources=("arn:{partition}:ec2:*:*:instance/*",),
            reason=f"instances tagged {tag} are protected by the policy",
            conditions=tags.condition(tag),
        )
        for tag in settings.protect_tags
    )
    return (
        *protected,
        Fence(
            actions=("ec2:CreateTags", "ec2:DeleteTags"),
            resources=("*",),
            reason=f"writes the tag {STOPPED_TAG} only",
            conditions={"ForAnyValue:StringNotEquals": {"aws:TagKeys": STOPPED_TAG}},
        ),
        Fence(
            actions=("kms:CreateGrant",),
            resources=("*",),
            reason="grants a key to EC2's volumes only, never to anybody else",
            conditions={"Bool": {"kms:GrantIsForAWSResource": "false"}},
        ),
    )


PERMISSIONS = (
    Permission(
        actions=("ec2:DescribeInstances",),
        resources=("*",),
        reason="find running instances and read their tags, state and lifecycle; the action takes no resource",
    ),
    Permission(
        actions=("ec2:DescribeInstanceTypes",),
        resources=("*",),
        reason="know which types have accelerators, how many, and instance store; the action takes no resource",
    ),
    Permission(
        actions=("ec2:DescribeVolumes",),
        resources=("*",),
        reason="know what disks go on costing, and which keys encrypt them; the action takes no resource",
    ),
    Permission(
        actions=("kms:DescribeKey",),
        resources=(KEYS,),
        reason="tell keys of the customer's own, which may refuse a restart, from AWS's",
    ),
    Permission(
        actions=("ec2:DescribeSpotInstanceRequests",),
        resources=("*",),
        reason="tell one-time Spot, which cannot stop, from persistent; the action takes no resource",
    ),
    Permission(
        actions=("ec2:DescribeInstanceAttribute",),
        resources=(INSTANCES,),
        reason="read the termination and stop protection of a candidate, which nothing else shows",
    ),
    Permission(
        actions=("autoscaling:DescribeAutoScalingGroups",),
        resources=("*",),
        reason="read the size and minimum of the groups that candidates are members of; the action takes no resource",
    ),
    Permission(
        actions=("cloudwatch:ListMetrics",),
        resources=("*",),
        reason="find every series that accelerators publish; the action takes no resource",
    ),
    Permission(
        actions=("cloudwatch:GetMetricData",),
        resources=("*",),
        reason="read GPU, CPU, network and disk datapoints; the action takes no resource",
    ),
    Permission(
        actions=("ec2:StopInstances",),
        resources=(INSTANCES,),
        reason="stop an idle instance, or one outside its working hours",
    ),
    Permission(
        actions=("ec2:StartInstances",),
        resources=(INSTANCES,),
        reason="start what it stopped: an undo, or the begin of working hours",
    ),
    Permission(
        actions=("ec2:TerminateInstances",),
        resources=(INSTANCES,),
        reason="terminate an idle instance, where the policy says so or a person approved it",
    ),
    Permission(
        actions=("ec2:CreateTags",),
        resources=(INSTANCES,),
        reason=f"note its own stop on the instance, as {STOPPED_TAG}",
    ),
    Permission(
        actions=("ec2:DeleteTags",),
        resources=(INSTANCES,),
        reason="take that note away again with the start",
    ),
    Permission(
        actions=("kms:CreateGrant",),
        resources=(KEYS,),
        reason="let EC2 attach volumes under a customer-managed key when an instance is started again",
        dependent="ec2:StartInstances",
    ),
    Permission(
        actions=("autoscaling:TerminateInstanceInAutoScalingGroup",),
        resources=(GROUPS,),
        reason="take an idle member out of its group, and lower the group's desired size with it",
    ),
    *alarm_spec.permissions(
        ALARM_PREFIX,
        made="make an alarm for an accelerated instance, with `alarms: true`",
        removed="remove its alarms together with the instance",
    ),
)


SPEC = GuardrailSpec(
    name="idle_gpu",
    title="Idle GPU instances",
    watches="accelerated instances that start or stop, its own alarms, and an hourly sweep",
    does="stops or terminates instances whose GPUs do nothing",
    handler="functions.idle_gpu.handler.handle",
    settings=IdleGpuSettings,
    events=(
        EventTrigger(
            name="instance-states",
            summary="`EC2 Instance State-change Notification`: running, stopped",
            pattern={
                "source": ["aws.ec2"],
                "detail-type": ["EC2 Instance State-change Notification"],
                "detail": {"state": ["running", "stopped"]},
            },
            # No call of anybody's: EC2 itself reports the state, and the verdict is computed anew.
            excludes_own_role=False,
        ),
        alarm_spec.trigger("idle-alarms", ALARM_PREFIX),
    ),
    sweep="rate(1 hour)",
    # Tags that a launch sets after the creation have arrived by then (field report F8).
    event_delay=lambda _: 120,
    permissions=PERMISSIONS,
    fences=fences,
    safety_fields=(INSTANCE_FIELDS, TYPE_FIELDS),
    arn_format="arn:{partition}:ec2:{region}:{account}:instance/{name}",
    memory_mb=512,
)
