"""What asg_clamp declares: settings, triggers, permissions, fences."""

from __future__ import annotations

from functions.asg_clamp.facts import ALARM_PREFIX
from functions.asg_clamp.settings import AsgClampSettings
from functions.core import alarm_spec, tags
from functions.core.group_arn import canonical
from functions.core.spec import EventTrigger, Fence, GuardrailSpec, Permission, SafetyFields

__all__ = ["GROUP_FIELDS", "SPEC", "WATCHED", "AsgClampSettings", "fences"]

GROUPS = "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*"
LAUNCHED, NOT_LAUNCHED = "EC2 Instance Launch Successful", "EC2 Instance Launch Unsuccessful"
WATCHED = ("CreateAutoScalingGroup", "UpdateAutoScalingGroup", "SetDesiredCapacity", "PutScalingPolicy")
CHANGES = (
    "autoscaling:UpdateAutoScalingGroup",
    "autoscaling:SuspendProcesses",
    "autoscaling:ResumeProcesses",
)
GROUP_FIELDS = SafetyFields(
    service="autoscaling",
    shape="AutoScalingGroup",
    fields=frozenset({"DeletionProtection", "DesiredCapacityType", "Operator", "Status", "SuspendedProcesses"}),
)


def fences(settings: AsgClampSettings) -> tuple[Fence, ...]:
    """Denies every change to the groups that the policy protects, by tag and by name."""
    tagged = tuple(
        Fence(
            actions=CHANGES,
            resources=("arn:{partition}:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*",),
            reason=f"groups tagged {tag} are protected by the policy",
            conditions=tags.condition(tag),
        )
        for tag in settings.protect_tags
    )
    if not settings.protect:
        return tagged
    names = tuple(
        f"arn:{{partition}}:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/{glob}" for glob in settings.protect
    )
    return (*tagged, Fence(actions=CHANGES, resources=names, reason="names that the policy protects"))


PERMISSIONS = (
    Permission(
        actions=("autoscaling:DescribeAutoScalingGroups",),
        resources=("*",),
        reason="read sizes, members, processes and tags of the groups; the action takes no resource",
    ),
    Permission(
        actions=("autoscaling:DescribeScalingActivities",),
        resources=("*",),
        reason="see what was launched lately, and why; the action takes no resource",
    ),
    Permission(
        actions=("autoscaling:DescribeInstanceRefreshes",),
        resources=("*",),
        reason="see whether an instance refresh is under way, where it looks so; the action takes no resource",
    ),
    Permission(
        actions=("ec2:DescribeInstances",),
        resources=("*",),
        reason="tell Spot members of a group that has a limit of dollars; the action takes no resource",
    ),
    Permission(
        actions=("autoscaling:UpdateAutoScalingGroup",),
        resources=(GROUPS,),
        reason="set max, desired and min: a cap, a shrink and their undo",
    ),
    Permission(
        actions=("autoscaling:SuspendProcesses",),
        resources=(GROUPS,),
        reason="freeze a group, and keep Terminate still while its max goes down",
    ),
    Permission(
        actions=("autoscaling:ResumeProcesses",),
        resources=(GROUPS,),
        reason="resume what it suspended itself",
    ),
    *alarm_spec.permissions(
        ALARM_PREFIX,
        made="make an alarm on a group's desired capacity, with `alarms: true`",
        removed="remove its alarms that nothing wants any longer",
    ),
)


SPEC = GuardrailSpec(
    name="asg_clamp",
    title="Runaway Auto Scaling groups",
    watches="launches and changes of groups, its own alarms, and a sweep every half hour",
    does="caps, freezes or shrinks groups that run away",
    handler="functions.asg_clamp.handler.handle",
    settings=AsgClampSettings,
    events=(
        EventTrigger(
            name="launches",
            summary=f"`{LAUNCHED}`, `{NOT_LAUNCHED}`",
            pattern={
                "source": ["aws.autoscaling"],
                "detail-type": [LAUNCHED, NOT_LAUNCHED],
            },
            # No call of anybody's: Auto Scaling itself reports the launch, and Fusebox launches nothing but in an undo.
            excludes_own_role=False,
        ),
        EventTrigger(
            name="group-calls",
            summary=", ".join(f"`{name}`" for name in WATCHED) + " through CloudTrail",
            pattern={
                "source": ["aws.autoscaling"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": ["autoscaling.amazonaws.com"],
                    "eventName": list(WATCHED),
                    "errorCode": [{"exists": False}],
                },
            },
        ),
        alarm_spec.trigger("desired-alarms", ALARM_PREFIX),
    ),
    sweep="rate(30 minutes)",
    permissions=PERMISSIONS,
    fences=fences,
    safety_fields=(GROUP_FIELDS,),
    arn_format="arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{name}",
    canonical=canonical,
    remembers=True,
    memory_mb=512,
)
