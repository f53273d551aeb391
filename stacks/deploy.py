"""`make deploy`: is the account ready, what would change, shall it, then deploy.

Answers yes without asking with `--yes`, for pipelines that have shown the diff before.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stacks.cdk_cli import run_cdk
from stacks.synthesis import STACK

BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = 6
"""The first version of the bootstrap stack that publishes assets the way today's templates expect."""
LEASE = "/fusebox/lease"

Ask = Callable[[str], str]


class NotReady(Exception):
    """Why nothing can be deployed, and what to do about it."""


def account_of(session: Any) -> tuple[str, str]:
    """Account and Region of the current credentials; NotReady without them."""
    region = session.region_name
    if not region:
        raise NotReady("no Region: set AWS_REGION, or `region` in your AWS profile")
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise NotReady(f"no usable AWS credentials: {error}") from error
    return identity["Account"], region


def check_account(session: Any, stack: str) -> tuple[str, str]:
    """Whether the account is bootstrapped for CDK and has no other Fusebox; returns account and Region."""
    account, region = account_of(session)
    version = _parameter(session, BOOTSTRAP)
    if version is None or int(version) < BOOTSTRAP_VERSION:
        found = "is not bootstrapped for CDK" if version is None else f"has an old CDK bootstrap (version {version})"
        raise NotReady(
            f"{account} {region} {found}. Run once, as an administrator:\n"
            f"  AWS_REGION={region} .venv/bin/python -m stacks.cdk_cli bootstrap aws://{account}/{region}"
        )
    lease = _parameter(session, LEASE)
    if lease is not None and (owner := json.loads(lease).get("stack")) != stack:
        raise NotReady(f"{account} {region} has a Fusebox already, stack {owner!r}: one account and Region has one")
    return account, region


def deploy(session: Any, stack: str, ask: Ask, cdk: Callable[..., int] = run_cdk) -> int:
    """Shows the diff with its IAM changes, asks, deploys; returns the exit code."""
    account, region = check_account(session, stack)
    with TemporaryDirectory(prefix="fusebox-") as folder:
        assembly = str(Path(folder) / "cdk.out")
        synthesised = cdk("synth", stack, "--quiet", "--app", f"{sys.executable} app.py", "--output", assembly)
        if synthesised:
            return synthesised
        cdk("diff", stack, "--app", assembly, "--no-change-set")
        if ask(f"Deploy {stack} to {account} {region}? [y/N] ").strip().lower() not in ("y", "yes"):
            sys.stderr.write("Nothing was deployed.\n")
            return 0
        return cdk("deploy", stack, "--app", assembly, "--require-approval", "never")


def _parameter(session: Any, name: str) -> str | None:
    try:
        found = session.client("ssm").get_parameter(Name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise NotReady(f"cannot read the SSM parameter {name}: {error}") from error
    except BotoCoreError as error:
        raise NotReady(f"cannot read the SSM parameter {name}: {error}") from error
    return str(found["Parameter"]["Value"])


def _yes(question: str) -> str:
    sys.stderr.write(f"{question}y (--yes)\n")
    return "y"


def main(arguments: list[str]) -> int:
    """The command: `python -m stacks.deploy [STACK] [--yes]`."""
    names = [one for one in arguments if not one.startswith("-")]
    ask: Ask = _yes if "--yes" in arguments else input
    try:
        return deploy(
            boto3.session.Session(region_name=os.environ.get("AWS_REGION")), names[0] if names else STACK, ask
        )
    except NotReady as reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    except EOFError:
        sys.stderr.write("\nNothing was deployed: there is nobody to ask. Use --yes where the diff was reviewed.\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
