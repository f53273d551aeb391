"""The services of one account, put together: which API calls each answers, and what begins and ends with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Any

from local import absent, log_groups, moto_images, moto_machines, moto_metrics, moto_secrets, moto_tables, moto_tasks
from local.alarms import Alarms
from local.api import Answer, ApiRequest
from local.bedrock import Bedrock
from local.bedrock_keys import BedrockKeys
from local.budgets import Budgets
from local.clock import VirtualClock
from local.delivery import Bus
from local.deploy import Deployer
from local.embedded_metrics import EmbeddedMetrics
from local.function_urls import FunctionUrls
from local.gateway import Gateway
from local.identities import caller_identity
from local.lambda_process import LambdaProcesses
from local.lambdas import Lambdas
from local.metric_alarms import MetricAlarms
from local.queue_mappings import QueueMappings
from local.scaling import Scaling
from local.scaling_alarms import ScalingAlarms
from local.tag_changes import TagChanges
from local.tag_permissions import CHANGES
from local.tagging import Tagging
from local.task_tokens import TaskTokens
from local.template import Stack
from local.topics import Topics
from local.trail import Trail
from local.world import World


class Services:
    """Everything that answers or delivers. Functions, queues and alarms are there once it has started."""

    def __init__(self, start: datetime, region: str, account_id: str, parameters: Mapping[str, Any]) -> None:
        self.world = World(account_id, region, VirtualClock(start))
        self.gateway = Gateway(self.world)
        self.topics = Topics(self.world)
        self.budgets = Budgets(self.world, self.topics)
        self.urls = FunctionUrls(self.world)
        self.deployer = Deployer(self.world, self.urls, parameters)

    def start(self) -> None:
        """Starts virtual time and the server."""
        world = self.world
        world.clock.start()
        self.gateway.start()
        self.processes = LambdaProcesses(world.endpoint, world.region)
        self.lambdas = Lambdas(world, self.processes, self.topics)
        self.topics.invoke_later = lambda function, payload: self.lambdas.invoke_later(function, payload, trigger="sns")
        self.urls.invoke = self.lambdas.invoke
        self.mappings = QueueMappings(world, self.lambdas)
        self.bus = Bus(world, self.lambdas, self.topics)
        self.alarms = Alarms(world, self.bus, self.topics)
        metric_alarms = MetricAlarms(world, self.alarms)
        self.embedded_metrics = EmbeddedMetrics(world, metric_alarms)
        self.scaling = Scaling(world, self.bus)
        scaling_alarms = ScalingAlarms(world, self.scaling, self.alarms)
        self.gateway.witness = Trail(world, self.bus).witness
        self._moto_hooks = ExitStack()
        self._moto_hooks.callback(moto_machines.install_state_machines(world.client_for_role))
        self._moto_hooks.callback(moto_tables.install_transactions())
        self._moto_hooks.callback(moto_metrics.install_metrics())
        self._moto_hooks.callback(moto_tasks.install_tasks())
        self._moto_hooks.callback(moto_images.install_snapshots())
        self._moto_hooks.callback(self.scaling.install())
        answers, tagging = TaskTokens(world.scope), Tagging(world)
        bedrock_keys = BedrockKeys(world)
        self.bedrock = Bedrock(world, bedrock_keys)
        self.gateway.unsigned = self.bedrock.by_key
        self.gateway.handlers |= {
            "lambda.Invoke": self.lambdas.handle_invoke,
            "lambda.GetFunctionUrlConfig": self.urls.handle_get_config,
            "sts.GetCallerIdentity": self._who_is,
            **{f"stepfunctions.SendTask{how}": answers.handle for how in ("Success", "Failure", "Heartbeat")},
            "events.PutEvents": self.bus.handle_put_events,
            "logs.DescribeLogGroups": lambda request: log_groups.describe(request, world.scope),
            "resourcegroupstaggingapi.GetResources": tagging.read,
            "resourcegroupstaggingapi.TagResources": tagging.tag,
            "resourcegroupstaggingapi.UntagResources": tagging.untag,
            **dict.fromkeys([*absent.LISTS, *absent.ALSO], absent.nothing),
            **bedrock_keys.handlers,
            **self.bedrock.handlers,
        }
        self.gateway.observers |= dict.fromkeys(CHANGES, TagChanges(world, self.bus).watch)
        self.gateway.observers["secretsmanager.PutSecretValue"] = partial(moto_secrets.keeping_labels, world.scope)
        self.gateway.watchers["secretsmanager.UpdateSecretVersionStage"] = partial(
            moto_secrets.label_moved, world.scope
        )
        self.gateway.watchers |= {
            "sns.Publish": self.topics.watch_publish,
            "sns.PublishBatch": self.topics.watch_publish,
            "stepfunctions.StopExecution": answers.watch_stop,
            "cloudwatch.PutMetricAlarm": scaling_alarms.watch_put,
            "cloudwatch.PutMetricData": metric_alarms.watch_put,
        }

    def _who_is(self, request: ApiRequest) -> Answer:
        return caller_identity(self.world.identities.get(request.access_key, self.world.owner))

    def deploy(self, stacks: Sequence[Stack]) -> None:
        self.deployer.deploy(stacks)
        self.mappings.check()

    def stop(self) -> None:
        """Ends the functions and the server and returns to real time."""
        self.urls.stop()
        self.processes.stop()
        self._moto_hooks.close()
        self.world.close_clients()
        self.gateway.stop()
        self.deployer.close()
        self.world.clock.stop()
