"""Stops what is in quarantine, and starts it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.ec2_batches import Outcome, in_one_go
from functions.core.ec2_starts import start
from functions.core.refusals import action_failed
from functions.core.types import Action, ResourceGone
from functions.tag_check.facts import INSTANCE, RUNNING, STATE, STOP, Resource


class Switch:
    """Stops and starts instances and notebooks of one account."""

    def __init__(self, clients: Clients, sleep: Callable[[float], None]) -> None:
        self._clients = clients
        self._sleep = sleep

    def turn(self, batch: Sequence[tuple[Resource, Action]]) -> dict[str, Outcome]:
        """How each stop or start of a batch ended, by ARN; None where it is made."""
        turns = [(facts, action.parameters[STATE] == RUNNING) for facts, action in batch if action.kind == STOP]
        ended: dict[str, Outcome] = {}
        for starts in (False, True):
            some = [facts for facts, wanted in turns if wanted is starts]
            ended |= self._instances([one for one in some if one.type == INSTANCE], starts)
            ended |= {one.arn: self._notebook(one, starts) for one in some if one.type != INSTANCE}
        return ended

    def _instances(self, some: Sequence[Resource], starts: bool) -> dict[str, Outcome]:
        """A start has succeeded only once the instance is seen running."""
        if not some:
            return {}
        ec2, arns = self._clients.get("ec2"), {one.id: one.arn for one in some}
        ended = (
            start(ec2, list(arns), self._sleep)
            if starts
            else in_one_go(list(arns), lambda ids: ec2.stop_instances(InstanceIds=ids))
        )
        return {arns[id]: outcome for id, outcome in ended.items()}

    def _notebook(self, facts: Resource, starts: bool) -> Outcome:
        """SageMaker starts and stops a notebook within minutes of the call."""
        client = self._clients.get("sagemaker")
        call = client.start_notebook_instance if starts else client.stop_notebook_instance
        try:
            call(NotebookInstanceName=facts.id)
        except ClientError as error:
            gone = "RecordNotFound" in str(error)
            return ResourceGone(str(error)) if gone else action_failed(error)
        except BotoCoreError as error:
            return action_failed(error)
        return None
