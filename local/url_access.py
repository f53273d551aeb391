"""Who may invoke a function by its URL: a caller needs two permissions, each with a condition key of its own.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, as it is for URLs made since October 2025. With
AuthType NONE the function's policy alone must let anyone in; with AWS_IAM the caller signs, and its own policies or
the function's must allow both actions.
"""

from __future__ import annotations

from local import signatures
from local.errors import UnmodelledCall
from local.iam import Check
from local.identities import Identity
from local.records import Call
from local.signatures import BadSignature, HttpRequest
from local.wiring import FunctionUrl
from local.world import World


class Forbidden(Exception):
    """The caller may not invoke the function; the message is the reason, which AWS does not tell."""


def admit(world: World, url: FunctionUrl, request: HttpRequest) -> Identity | None:
    """The caller, None if nobody needs to sign. Raises Forbidden; either way the verdict is among the calls."""
    time, caller, reason, allowed = world.clock.now(), None, "", False
    needed = _needed(url)
    try:
        if url.auth_type == "AWS_IAM":
            caller = _signer(world, request)
        for check in needed:
            if not _may(world, caller, check):
                raise Forbidden(f"{_name(caller)} may not {check.action} on {check.resource}")
        allowed = True
    except (Forbidden, BadSignature) as refused:
        reason = str(refused)
        raise Forbidden(reason) from refused
    finally:
        for check in needed:
            world.calls.append(
                Call(
                    time,
                    _name(caller),
                    "lambda",
                    check.action,
                    (check.resource,),
                    allowed,
                    None if allowed else "AccessDeniedException",
                    False,
                    {"FunctionUrl": url.url, **({"Reason": reason} if reason else {})},
                )
            )
    return caller


def _needed(url: FunctionUrl) -> tuple[Check, Check]:
    return (
        Check("lambda:InvokeFunctionUrl", url.function_arn, {"lambda:functionurlauthtype": (url.auth_type,)}),
        Check("lambda:InvokeFunction", url.function_arn, {"lambda:invokedviafunctionurl": ("true",)}),
    )


def _signer(world: World, request: HttpRequest) -> Identity:
    if "X-Amz-Signature=" in request.target:
        raise UnmodelledCall("a signature in the query of a function URL is not modelled; sign in the header")
    return signatures.signer(request, world.identities, "lambda", world.region)


def _may(world: World, caller: Identity | None, check: Check) -> bool:
    if caller is None:
        return world.anyone_may(check)
    return caller.role_arn is None or world.role_may(caller.role_arn, check)


def _name(caller: Identity | None) -> str:
    """As `Call.principal` names callers."""
    return "anonymous" if caller is None else caller.role_arn or "owner"
