"""Puts together what llm_keys works with in an account: a switch for each kind of key, a reader for each source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from functions.core.guardrail import Connection
from functions.core.memory import Memory, Note
from functions.core.types import Scope
from functions.llm_keys import names, overriding
from functions.llm_keys.arns import models_arn
from functions.llm_keys.aws import LlmKeys
from functions.llm_keys.judging import Sources
from functions.llm_keys.looking import Looking
from functions.llm_keys.prices import price_of
from functions.llm_keys.providers.accounts import ApiOf, api_for
from functions.llm_keys.providers.anthropic import Anthropic
from functions.llm_keys.providers.api_gateway import ApiGatewayKey
from functions.llm_keys.providers.bedrock_key import BedrockKey
from functions.llm_keys.providers.bedrock_principal import BedrockPrincipal
from functions.llm_keys.providers.held_secret import HeldSecret
from functions.llm_keys.providers.iam_access_key import IamAccessKey
from functions.llm_keys.providers.litellm import LiteLlm
from functions.llm_keys.providers.openai_key import OpenAiKey
from functions.llm_keys.providers.openai_project import OpenAiProject
from functions.llm_keys.providers.openrouter import OpenRouter
from functions.llm_keys.providers.secret import SecretKey
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.aws_budget import AwsBudget
from functions.llm_keys.sources.bedrock_metrics import BedrockMetrics
from functions.llm_keys.sources.meter import Meter
from functions.llm_keys.sources.provider_usage import ProviderUsage
from functions.llm_keys.switching import Providers

To = Connection[LlmKeysSettings]


def connect(to: To) -> LlmKeys:
    """The account's keys and budgets. Makes no client and reads no secret before they are needed."""
    providers = _providers(to)
    looking = Looking(providers, to.scope, to.settings, to.clock, to.memory, _probed(to))
    sources: Sources = {
        "aws": AwsBudget(to.clients, to.scope.account, to.clock),
        "bedrock_metrics": BedrockMetrics(
            to.clients, to.scope.account, price_of, _models(to.memory, to.scope, to.clock), to.clock
        ),
        "meter": Meter(to.clients, to.clock),
        "provider_usage": ProviderUsage(providers, to.settings, to.clock),
    }
    return LlmKeys(providers, sources, looking, to.scope, to.settings, to.clock, to.memory)


def _providers(to: To) -> Providers:
    api_of = _apis(to)
    policy = names.stop_policy_arn(to.base, partition=to.scope.partition, account=to.scope.account)
    return {
        "anthropic": Anthropic(api_of, price_of),
        "openai_project": OpenAiProject(api_of),
        "openai_key": OpenAiKey(api_of),
        "openrouter": OpenRouter(api_of),
        "litellm": LiteLlm(api_of),
        "bedrock_key": BedrockKey(to.clients),
        "bedrock_principal": BedrockPrincipal(to.clients, policy),
        "api_gateway": ApiGatewayKey(to.clients),
        "iam_access_key": IamAccessKey(to.clients),
        "secret": SecretKey(to.clients),
    }


def _apis(to: To) -> ApiOf:
    apis = {}
    for account in to.settings.providers:
        what = f"the admin credential of {account.name}"
        held = HeldSecret(to.clients, names.admin_secret(to.base, account.name), what, to.clock)
        apis[account.name] = api_for(account, credential=held.value, forget=held.forget)
    return apis.__getitem__


def _probed(to: To) -> Callable[[str], str]:
    @cache
    def held(arn: str) -> HeldSecret:
        return HeldSecret(to.clients, arn, "the secret to try a key with", to.clock)

    return lambda arn: held(arn).value()


def _models(
    memory: Memory, scope: Scope, clock: Callable[[], datetime]
) -> Callable[[str, Sequence[str]], Sequence[str]]:
    """Remembers the models that were used in a period: ListMetrics forgets them after two weeks."""

    def remember(period: str, seen: Sequence[str]) -> Sequence[str]:
        known = sorted(set(seen))

        def change(note: Note) -> Note:
            nonlocal known
            before = note.get("models")
            known = sorted({*seen, *(map(str, before) if isinstance(before, list) else ())})
            return {"models": [*known]}

        memory.note(models_arn(scope, period), change, clock() + overriding.KEPT)
        return known

    return remember
