"""The keys that the stories about LLM keys are about, and the policy that names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import urllib3

from functions.llm_keys import names
from functions.llm_keys.settings import LlmKeysSettings
from local import LocalAccount
from local.llm_providers import FakeKey, FakeProvider, FakeProviders

POLICY = Path(__file__).with_name("llm_keys.yaml")
ALLOWED = {"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}
LEGACY = "fake-value-of-a-legacy-key"
SEED = 2026
"""moto makes ids of it, so that every account gives out the same: those of the one policy that all stories share."""
AT_ANTHROPIC = (
    *("chat", "batch", "twice", "calm", "paused", "weak", "late"),
    *("sound", "kept", "odd", "watched", "asked"),
)
Held = tuple[FakeProvider, FakeKey]


def document(*statements: Mapping[str, str]) -> str:
    """A policy of IAM as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass(frozen=True)
class AwsKeys:
    """What the account gave out: ids by the names in the policy, and the secrets that belong to them."""

    ids: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


def make_aws_keys(account: LocalAccount) -> AwsKeys:
    """A key of each kind that AWS switches; the same in every account."""
    with urllib3.PoolManager() as http:
        http.request("POST", f"{account.endpoint}/moto-api/seed?a={SEED}")
    iam, secrets = account.client("iam"), account.client("secretsmanager")
    for user in ("notebooks", "robot", "somebody"):
        iam.create_user(UserName=user)
    for role in ("agents", "summaries"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document())
        iam.put_role_policy(RoleName=role, PolicyName="calls", PolicyDocument=document(ALLOWED))
    of_bedrock = iam.create_service_specific_credential(UserName="notebooks", ServiceName="bedrock.amazonaws.com")
    notebooks, robot = of_bedrock["ServiceSpecificCredential"], iam.create_access_key(UserName="robot")["AccessKey"]
    door = account.client("apigateway").create_api_key(name="front-door", enabled=True)
    legacy = secrets.create_secret(Name="legacy/openai", SecretString=LEGACY)["ARN"]
    secrets.put_secret_value(SecretId=legacy, SecretString="no key", VersionStages=[names.STOPPED_STAGE])
    ids = {
        "notebooks": notebooks["ServiceSpecificCredentialId"],
        "robot": robot["AccessKeyId"],
        "front-door": door["id"],
        "legacy": legacy,
    }
    values = {
        "notebooks": notebooks["ServiceCredentialSecret"],
        "robot": robot["SecretAccessKey"],
        "front-door": door["value"],
        "legacy": LEGACY,
    }
    return AwsKeys(ids, values)


def make_provider_keys(fakes: FakeProviders) -> dict[str, Held]:
    """The keys at providers by their names in the policy, all new and active; with nothing spent and no faults."""
    for one in fakes.all:
        one.keys.clear()
        one.spent.clear()
        one.requests.clear()
        one.heal()
    fakes.openai.projects.clear()
    made: dict[str, Held] = {}
    for name in AT_ANTHROPIC:
        made[f"{name}-claude"] = fakes.anthropic, fakes.anthropic.add_key(name)
    for name in ("research", "weak"):
        made[f"{name}-gpt"] = fakes.openai, fakes.openai.add_key(fakes.openai.add_project(name))
    for name in ("eval", "shared", "weak"):
        made[f"{name}-router"] = fakes.openrouter, fakes.openrouter.add_key(name)
    for name in ("team", "metered", "weak"):
        made[f"{name}-proxy"] = fakes.litellm, fakes.litellm.add_key(name)
    return made


def policy_text(fakes: FakeProviders, of_aws: AwsKeys, mode: str) -> str:
    """The policy, with the addresses and the ids of what there is."""
    at_providers = {
        name: key.project if fake is fakes.openai else key.id for name, (fake, key) in make_provider_keys(fakes).items()
    }
    return Template(POLICY.read_text()).substitute(
        {name.replace("-", "_"): id for name, id in {**of_aws.ids, **at_providers}.items()},
        mode=mode,
        **{one.name: one.url for one in fakes.all},
    )


@dataclass(frozen=True)
class Stack:
    """A synthesised stack, with the policy that it follows from."""

    assembly: Path
    policy: Path
    settings: LlmKeysSettings
