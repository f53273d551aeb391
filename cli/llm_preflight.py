"""Whether what llm_keys relies on is there: AWS budgets and who hears of them, secrets, principals with room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from cli import secret_values, trouble
from cli.preflight import Check
from cli.session import Place
from functions.llm_keys import names
from functions.llm_keys.budgets import Budget
from functions.llm_keys.keys import Key
from functions.llm_keys.settings import LlmKeysSettings

MOST_POLICIES = 10
"""Managed policies that a role or a user may have, unless the account's quota was raised (IAM quotas)."""
NO_BUDGET, NO_PRINCIPAL = "NotFoundException", "NoSuchEntity"


@dataclass(frozen=True, slots=True)
class Fusebox:
    """Where to look for what a stack makes: `base` begins its names. `deployed` says whether it should be there."""

    place: Place
    base: str
    deployed: bool

    @property
    def topic(self) -> str:
        """The ARN of its budget topic."""
        scope = self.place.scope
        return names.topic_arn(self.base, partition=scope.partition, region=scope.region, account=scope.account)

    @property
    def stop_policy(self) -> str:
        """The ARN of the policy that it attaches."""
        scope = self.place.scope
        return names.stop_policy_arn(self.base, partition=scope.partition, account=scope.account)


def of_settings(settings: LlmKeysSettings, fusebox: Fusebox) -> Iterator[Check]:
    """A line for each AWS budget, each admin credential, and each key whose switch needs something to be there."""
    for budget in settings.budgets:
        if budget.source("aws") is not None:
            yield _tried(f"budget {budget.name}", partial(_of_budget, budget, fusebox))
    for account in settings.providers:
        yield _tried(names.secret_part(account.name), partial(_of_credential, account.name, fusebox))
    for key in settings.stopping:
        if key.kind == "secret":
            yield _tried(f"key {key.name}", partial(_of_held_secret, key, fusebox))
        elif key.kind == "bedrock_principal":
            yield _tried(f"key {key.name}", partial(_of_principal, key, fusebox))


def _tried(subject: str, look: Callable[[str], Check]) -> Check:
    try:
        return look(subject)
    except ClientError as error:
        if trouble.code_of(error) not in trouble.DENIED:
            raise
        return Check(subject, "missing", f"unknown: {trouble.refusal(error)}")


def _of_budget(budget: Budget, fusebox: Fusebox, subject: str) -> Check:
    """Whether the AWS budget is there and, where it was adopted, tells the topic."""
    source = budget.source("aws")
    adopted = source is not None and bool(source.adopt)
    if not (adopted or fusebox.deployed):
        return Check(subject, "note", "its AWS budget is made by the deployment")
    client = fusebox.place.clients.get("budgets")
    which = {"AccountId": fusebox.place.scope.account, "BudgetName": names.aws_budget(budget)}
    try:
        found = client.describe_budget(**which)["Budget"]
    except ClientError as error:
        if trouble.code_of(error) != NO_BUDGET:
            raise
        helps = "`adopt` takes the name that AWS Budgets shows" if adopted else "deploy this policy"
        return Check(subject, "missing", f"there is no AWS budget {which['BudgetName']!r} in this account: {helps}")
    astray = _astray(client, which, fusebox.topic) if adopted else ""
    if astray:
        return Check(subject, "missing", f"AWS budget {which['BudgetName']!r} {astray}")
    return Check(subject, "ok", f"AWS budget {which['BudgetName']!r} reads {_spent(found)}")


def _astray(client: Any, which: Mapping[str, str], topic: str) -> str:
    """Why a budget's notifications do not all reach the topic, or ""."""
    notifications = client.describe_notifications_for_budget(**which)["Notifications"]
    if not notifications:
        return f"has no notification: give it one for what stops, with {topic} as its SNS subscriber"
    elsewhere = 0
    for one in notifications:
        subscribers = client.describe_subscribers_for_notification(**which, Notification=one)["Subscribers"]
        elsewhere += [each["Address"] for each in subscribers if each["SubscriptionType"] == "SNS"] != [topic]
    if not elsewhere:
        return ""
    return (
        f"tells {topic} by {len(notifications) - elsewhere} of its {len(notifications)} notifications: make it the SNS "
        "subscriber of each, of which a notification takes one, and subscribe to the topic whoever else wants to hear"
    )


def _spent(found: Mapping[str, Any]) -> str:
    spent = found.get("CalculatedSpend", {}).get("ActualSpend")
    return f"{spent['Unit']} {float(spent['Amount']):,.2f}" if spent else "nothing yet"


def _of_credential(account: str, fusebox: Fusebox, subject: str) -> Check:
    """Whether a provider's admin credential was set; its value is not read."""
    if not fusebox.deployed:
        return Check(subject, "note", f"its secret is made by the deployment; then: fusebox secret set {subject}")
    found = secret_values.described(fusebox.place, names.admin_secret(fusebox.base, account))
    if found is None:
        return Check(subject, "missing", "there is no such secret: deploy this policy")
    if secret_values.CURRENT not in secret_values.stages(found):
        return Check(subject, "missing", f"its secret is empty: fusebox secret set {subject}")
    return Check(subject, "ok", f"the admin credential of {account} is set")


def _of_held_secret(key: Key, fusebox: Fusebox, subject: str) -> Check:
    """Whether a secret has the version that its readers get while it is stopped."""
    found = secret_values.described(fusebox.place, key.id)
    if found is None:
        return Check(subject, "missing", f"there is no secret {key.id} here")
    if names.STOPPED_STAGE not in secret_values.stages(found):
        text = (
            f"no version is labelled {names.STOPPED_STAGE}, so it cannot be stopped: aws secretsmanager "
            f"put-secret-value --secret-id {key.id} --secret-string stopped --version-stages {names.STOPPED_STAGE}"
        )
        return Check(subject, "missing", text)
    return Check(subject, "ok", f"has a version labelled {names.STOPPED_STAGE}")


def _of_principal(key: Key, fusebox: Fusebox, subject: str) -> Check:
    """Whether a role or a user is there, and can take one more managed policy."""
    account, resource = key.id.split(":")[4], key.id.split(":", 5)[5]
    kind, _, path = resource.partition("/")
    name = path.rpartition("/")[2]
    if account != fusebox.place.scope.account:
        return Check(subject, "missing", f"{kind} {name} is of account {account}: only this account's can be stopped")
    try:
        attached = _attached(fusebox, kind, name)
    except ClientError as error:
        if trouble.code_of(error) != NO_PRINCIPAL:
            raise
        return Check(subject, "missing", f"there is no {kind} {name}")
    if fusebox.stop_policy in attached:
        return Check(subject, "ok", f"{kind} {name} is stopped now")
    if len(attached) >= MOST_POLICIES:
        text = f"{kind} {name} has {len(attached)} managed policies; unless its quota was raised it takes no more"
        return Check(subject, "missing", f"{text}, and could not be stopped")
    return Check(subject, "ok", f"{kind} {name} has {len(attached)} of {MOST_POLICIES} managed policies")


def _attached(fusebox: Fusebox, kind: str, name: str) -> list[str]:
    """The ARNs of the managed policies of a role or a user."""
    pages = (
        fusebox.place.clients.get("iam")
        .get_paginator(f"list_attached_{kind}_policies")
        .paginate(**{f"{kind.capitalize()}Name": name})
    )
    return [one["PolicyArn"] for page in pages for one in page["AttachedPolicies"]]
