"""A furnished Fusebox over keys at five providers, and the programs that use them: for end-to-end stories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from botocore.exceptions import ClientError

from functions.llm_keys import names
from functions.llm_keys.keys import Key
from local import LocalAccount
from local.llm_providers import FakeKey, FakeProvider, FakeProviders, call_model
from local.slack import FakeSlack
from tests.e2e.asking import connect
from tests.e2e.llm_policy import LEGACY, Stack, make_aws_keys, make_provider_keys

BASE = "fusebox-us-east-1"
SWEEP, FUNCTION, TABLE = f"{BASE}-llm-keys-sweep", f"{BASE}-llm-keys", f"{BASE}-ledger"
TOPIC = f"arn:aws:sns:us-east-1:123456789012:{BASE}-budgets"
OTHERS = (
    *(f"{name}-sweep" for name in ("log-retention", "idle-gpu", "asg-clamp", "tag-check")),
    *("tag-check-logs", "tag-check-changes"),
)
MODEL = "amazon.nova-lite-v1:0"
ASK = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}


class Keyring:
    """A Fusebox in a local account, furnished: keys, callers, admin credentials, and Slack."""

    def __init__(self, account: LocalAccount, fakes: FakeProviders, slack: FakeSlack, stack: Stack) -> None:
        self.account, self.fakes, self.slack = account, fakes, slack
        self.stack, self._settings = stack, stack.settings
        self._at_providers = make_provider_keys(fakes)
        self._at_aws = make_aws_keys(account)
        self._heard = 0
        self._let_others_rest()
        for one in self._settings.providers:
            fake: FakeProvider = getattr(fakes, one.kind)
            self._fill(f"llm-{one.name}", fake.admin_key)
        connect(account, slack)

    # -- what there is ----------------------------------------------------------------------------
    def works(self, name: str) -> bool:
        """Whether a program that uses the key of this name is served."""
        key = self._settings.key(name)
        if name in self._at_providers:
            return call_model(*self._at_providers[name]) == 200
        return self._works_at_aws(key)

    def keys_of(self, budget: str) -> tuple[str, ...]:
        """The keys that a budget covers."""
        return next(one.keys for one in self._settings.budgets if one.name == budget)

    def working(self, budget: str) -> list[str]:
        """Those of a budget's keys that programs are served with."""
        return [name for name in self.keys_of(budget) if self.works(name)]

    def key_at(self, name: str) -> FakeKey:
        """A key at its provider."""
        return self._at_providers[name][1]

    def id_at_aws(self, budget: str) -> str:
        """What AWS calls a budget."""
        return names.aws_budget(next(one for one in self._settings.budgets if one.name == budget))

    def news(self) -> list[str]:
        """What Slack was told since this was asked last, each message as text."""
        said = [json.dumps(one, ensure_ascii=False) for one in self.slack.messages[self._heard :]]
        self._heard += len(said)
        return said

    def failures(self) -> list[dict[str, Any]]:
        """The messages of the failure queue."""
        return self.account.queue(self.account.outputs["FailureQueueUrl"])

    def secrets(self) -> list[str]:
        """Every value that nobody may see: keys, admin credentials, and the address of Slack."""
        return [*self.fakes.secrets, *self._at_aws.secrets.values(), self.slack.webhook_url]

    def outputs(self) -> Iterator[tuple[str, str]]:
        """All that Fusebox has shown so far, as text, with where."""
        account = self.account
        for topic in ("AlertsTopicArn", "OperationsTopicArn"):
            yield topic, repr(account.messages(account.outputs[topic]))
        yield "Slack", repr(self.slack.messages)
        yield "the failure queue", repr(self.failures())
        yield "losses", repr(account.losses)
        table = account.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
        yield "the table", repr(list(table))
        for one in account.invocations:
            yield f"the log of {one.function}", one.log
            yield f"the end of {one.function}", repr((one.result, one.error))

    # -- what happens -----------------------------------------------------------------------------
    def spend(self, budget: str, dollars: float, forecast: float | None = None) -> list[str]:
        """AWS reckons that so much was spent of a budget, and tells of the thresholds that this crosses: the texts."""
        self.account.set_budget_spend(self.id_at_aws(budget), dollars, forecast)
        return [one.message for one in self.account.refresh_budget(self.id_at_aws(budget))]

    @contextmanager
    def deployed(self, stack: Stack) -> Iterator[None]:
        """With another policy for a while."""
        before = self.stack
        self._update(stack)
        yield
        self._update(before)

    def sweep(self) -> None:
        """The five-minute sweep, now."""
        self.account.run_schedule(SWEEP)

    def say(self, text: str) -> None:
        """AWS Budgets publishes some text on the topic."""
        self.account.publish(TOPIC, text, "AWS Budgets: said", source_arn="arn:aws:budgets::123456789012:budget/any")

    def fusebox(self, *arguments: str, policy: bool = False) -> Any:
        """The command, in this process and so in the account's virtual time."""
        from typer.testing import CliRunner

        from cli.main import app

        chosen = ["--policy", str(self.stack.policy)] if policy else []
        given = self.account.credentials()
        surroundings = {
            "AWS_ENDPOINT_URL": self.account.endpoint,
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_REGION": "us-east-1",
            "COLUMNS": "200",
        }
        return CliRunner(env=surroundings).invoke(app, [*arguments, *chosen])

    def override(self, budget: str, ceiling: float) -> str:
        """Somebody asks to close a breaker; the request's id."""
        asked = self.fusebox(
            "override", budget, "--ceiling", str(ceiling), "--reason", "launch on Friday", "--json", policy=True
        )
        assert asked.exit_code == 0, asked.output
        self.account.settle()
        (question,) = json.loads(asked.stdout)["questions"]
        return str(question["id"])

    def _update(self, stack: Stack) -> None:
        self.stack = stack
        self.account.update(stack.assembly)
        self._let_others_rest()

    def _works_at_aws(self, key: Key) -> bool:
        client = self.account.client
        if key.kind == "bedrock_key":
            headers = {"authorization": f"Bearer {self._at_aws.secrets[key.name]}"}
            with urllib3.PoolManager() as http:
                url = f"{self.account.endpoint}/model/{MODEL}/converse"
                return http.request("POST", url, headers=headers).status == 200
        if key.kind == "bedrock_principal":
            try:
                client("bedrock-runtime", key.id).converse(modelId=MODEL, **ASK)
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDeniedException":
                    raise
                return False
            return True
        if key.kind == "iam_access_key":
            (shown,) = client("iam").list_access_keys(UserName=key.user)["AccessKeyMetadata"]
            return bool(shown["Status"] == "Active")
        if key.kind == "api_gateway":
            return bool(client("apigateway").get_api_key(apiKey=key.id)["enabled"])
        return bool(client("secretsmanager").get_secret_value(SecretId=key.id)["SecretString"] == LEGACY)

    def _let_others_rest(self) -> None:
        """The other guardrails have nothing to do here, and their sweeps would only take time."""
        for name in OTHERS:
            self.account.client("events").disable_rule(Name=f"{BASE}-{name}")

    def _fill(self, name: str, value: str) -> None:
        self.account.client("secretsmanager").put_secret_value(SecretId=f"{BASE}-{name}", SecretString=value)
