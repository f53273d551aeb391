"""What llm_keys needs beside its function: the budget topic, AWS budgets, alarms, the stop policy and secrets."""

from __future__ import annotations

from aws_cdk import Tags
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.core.spec import OWN_TAG
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.spec import SPEC
from stacks.admin_secrets import AdminSecrets
from stacks.aws_budgets import AwsBudgets
from stacks.budget_topic import BudgetTopic
from stacks.naming import Naming
from stacks.spend_alarms import SpendAlarms
from stacks.stop_policy import StopPolicy


class LlmKeys(Construct):
    """Built only for a policy that has budgets.

    What keys need is made for all of the policy's, also for those that no budget covers: one that was stopped and lost
    its budget since has to be given back, and what an account has beside its keys is shown.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        settings: LlmKeysSettings,
        function: lambda_.IFunction,
        failures: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        told = BudgetTopic(self, "Told", naming=naming, function=function, failures=failures)
        self.topic = told.topic
        budgets = AwsBudgets(self, "Budgets", of_policy=settings.budgets, topic=told.topic)
        # The first message finds its way: policy, subscription and function stand before any budget.
        budgets.node.add_dependency(told)
        SpendAlarms(self, "Alarms", of_policy=settings.budgets)
        if any(one.kind == "bedrock_principal" for one in settings.keys):
            StopPolicy(self, "Stop", naming=naming)
        AdminSecrets(self, "Secrets", naming=naming, accounts=settings.providers)
        Tags.of(self).add(OWN_TAG, SPEC.name)
