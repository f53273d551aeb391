"""What llm_keys declares: settings, triggers, permissions, fences."""

from __future__ import annotations

from functions.core import alarm_spec
from functions.core.spec import EventTrigger, GuardrailSpec
from functions.llm_keys import names, permissions, policy_names
from functions.llm_keys.arns import not_exempt
from functions.llm_keys.settings import LlmKeysSettings

__all__ = ["SPEC", "LlmKeysSettings"]

SPEC = GuardrailSpec(
    name="llm_keys",
    title="LLM keys of a tripped budget",
    watches="messages of AWS Budgets, Cost Anomaly Detection and alarms, and a sweep every five minutes",
    does="stops the keys of a budget that is spent, and gives them back by hand",
    handler="functions.llm_keys.handler.handle",
    settings=LlmKeysSettings,
    events=(
        alarm_spec.trigger("meter-alarms", names.ALARM_PREFIX),
        EventTrigger(
            name="cost-anomalies",
            summary="`Anomaly Detected` of Cost Anomaly Detection",
            pattern={"source": ["aws.ce"], "detail-type": ["Anomaly Detected"]},
            excludes_own_role=False,
        ),
    ),
    sweep="rate(5 minutes)",
    permissions=(),
    fences=lambda _: (),
    arn_format="arn:{partition}:fusebox:{region}:{account}:llm-key/{name}",
    more_arns=("arn:{partition}:fusebox:{region}:{account}:llm-budget/{name}",),
    known_as=policy_names.arns_of,
    remembers=True,
    memory_mb=512,
    timeout_seconds=120,
    grants=permissions.grants,
    topic=names.TOPIC,
    idle=lambda settings: settings.is_idle,
    urgent=True,
    not_exempt=not_exempt,
)
