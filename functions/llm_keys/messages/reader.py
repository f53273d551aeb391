"""What a message of the budget topic asks to look at, whichever form it has.

A message is a hint: what is done follows from what the sources of a budget say when they are read, never from a
figure in a message.
"""

from __future__ import annotations

from functions.core.events import Skip
from functions.core.messages import Message
from functions.core.one_line import one_line
from functions.core.types import MalformedEvent, Refused, Scope
from functions.llm_keys import names
from functions.llm_keys.messages import alarm_text, anomaly, budgets_text, json_text
from functions.llm_keys.messages.alarm_text import AlarmText
from functions.llm_keys.messages.budgets_text import CostAlert
from functions.llm_keys.messages.heard import Heard
from functions.llm_keys.messages.money import money
from functions.llm_keys.settings import LlmKeysSettings

OTHER_TYPES = frozenset(
    {
        "usage",
        "ri utilization",
        "ri coverage",
        "savings plans utilization",
        "savings plans coverage",
    }
)
"""Types of AWS budgets that count no dollars
(https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html), without regard to case
and to `_`: how their texts spell them is not documented."""
ALARM = "ALARM"


def hear(message: Message, scope: Scope, settings: LlmKeysSettings) -> Heard | Skip:
    """The budgets to look at, or why there is nothing to look at.

    Raises MalformedEvent where the message cannot be read or is about nothing that the policy knows, and Refused
    where it is of another account. That it came by the right topic is for the caller to see to.
    """
    if not json_text.claims_to_be_one(message.body):
        return _of_budget(message.body, scope, settings)
    about = json_text.read_object(message.body)
    forms = (alarm_text.claims_to_be_one(about), anomaly.claims_to_be_one(about))
    if forms == (True, False):
        return _of_alarm(alarm_text.read_alarm(about), scope, settings)
    if forms == (False, True):
        return anomaly.hear_anomaly(about, scope.account)
    raise MalformedEvent(f"the message is JSON of an unknown form, with the keys {', '.join(sorted(about))!r:.80}")


def _of_budget(text: str, scope: Scope, settings: LlmKeysSettings) -> Heard | Skip:
    found = budgets_text.read_budget_text(text)
    _check_account(found.account, scope)
    budget = names.by_aws_name(settings.budgets, found.name)
    if budget is None:
        if found.type.casefold().replace("_", " ") in OTHER_TYPES:
            return Skip(f"AWS budget {found.name!r:.80} is of type {found.type!r:.40}, which counts no dollars")
        raise MalformedEvent(f"the policy has no budget that AWS calls {found.name!r:.80}")
    if found.cost is None:
        raise MalformedEvent(f"budget {budget.name!r} is at AWS of type {found.type!r:.40}, not {budgets_text.COST}")
    return Heard((budget.name,), _said(budget.name, found.cost))


def _said(budget: str, cost: CostAlert) -> str:
    alert = f"alert at {cost.comparison} {money(cost.threshold)} of {money(cost.budgeted)}"
    if cost.alert == "FORECASTED":
        return f"AWS Budgets forecasts {money(cost.amount)} for {budget}, {alert}: a forecast stops nothing"
    return f"AWS Budgets: {money(cost.amount)} spent of {budget}, {alert}"


def _of_alarm(alarm: AlarmText, scope: Scope, settings: LlmKeysSettings) -> Heard | Skip:
    _check_account(alarm.account, scope)
    here = f"arn:{scope.partition}:cloudwatch:{scope.region}:{scope.account}:alarm:"
    if alarm.arn and not alarm.arn.startswith(here):
        raise Refused(f"the alarm {alarm.arn!r:.120} is not of {scope.account} {scope.region}")
    if alarm.state != ALARM:
        return Skip(f"alarm {alarm.name!r:.80} is {alarm.state!r:.40}")
    budgets = _budgets_of(alarm, settings)
    return Heard(budgets, f"CloudWatch alarm {one_line(alarm.name, 80)} on what is spent of {', '.join(budgets)}")


def _budgets_of(alarm: AlarmText, settings: LlmKeysSettings) -> tuple[str, ...]:
    """By the metrics; by the name only where no metric tells. A budget that the policy lacks is never passed over."""
    known = {one.name for one in settings.budgets}
    metered = {
        one.dimensions.get(names.BUDGET_DIMENSION, "")
        for one in alarm.metrics
        if (one.namespace, one.name) == (names.NAMESPACE, names.COST_METRIC)
    }
    unknown = sorted(metered - known)
    if unknown:
        raise MalformedEvent(f"alarm {alarm.name!r:.80}: the policy has no budget {unknown[0]!r:.80}")
    own = {names.alarm_name(name, window): name for name in known for window in ("hour", "day")}
    if not metered and alarm.name not in own:
        raise MalformedEvent(f"alarm {alarm.name!r:.80} is about no budget of the policy")
    return tuple(sorted(metered)) or (own[alarm.name],)


def _check_account(account: str, scope: Scope) -> None:
    if account != scope.account:
        raise Refused(f"a message of account {account!r:.40}, not {scope.account}")
