"""Canaries: each fails when a new moto changes the shape of a private part the local account relies on."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import moto
import pytest

import local
from local import LogGroupSeed, moto_budgets, moto_hooks, moto_machines, moto_principals, moto_tables
from local.scope import Scope

HERE = Scope("123456789012", "us-east-1")
PARSER = "moto.stepfunctions.parser"


@pytest.fixture
def account(stack: Any, opened: Any) -> Any:
    return opened(stack)


def test_the_hooks_were_written_for_this_moto() -> None:
    assert moto.__version__ == "5.2.5", "run the canaries, read moto's changes, then raise this version"


def test_nothing_but_the_hooks_imports_moto() -> None:
    package = Path(local.__file__).parent
    importing = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            )
            if any(name.split(".")[0] == "moto" for name in names):
                importing.add(path.name)
    assert importing == {
        "moto_hooks.py",
        "moto_images.py",
        "moto_machines.py",
        "moto_metrics.py",
        "moto_scaling.py",
        "moto_scaling_answers.py",
        "moto_tables.py",
        "moto_tasks.py",
    }


def test_a_new_account_starts_empty(account: Any) -> None:
    assert account.client("logs").describe_log_groups()["logGroups"] == []
    assert account.client("sqs").list_queues().get("QueueUrls", []) == []


def test_query_and_rest_requests_are_read_with_the_model(account: Any) -> None:
    topic = account.client("sns").create_topic(Name="t", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
    account.client("sns").publish(TopicArn=topic, Message="m & n", Subject="s")
    account.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["a", "b"])
    account.client("lambda").list_functions(MaxItems=7)
    created, published, groups, functions = [c for c in account.calls if c.service != "logs"]

    assert created.params["Tags"] == [{"Key": "a", "Value": "b"}]
    assert (published.params["Message"], published.params["Subject"]) == ("m & n", "s")
    assert (groups.action, groups.params["AutoScalingGroupNames"]) == (
        "autoscaling:DescribeAutoScalingGroups",
        ["a", "b"],
    )
    assert (functions.action, functions.params["MaxItems"]) == ("lambda:ListFunctions", 7)


def test_role_policies_are_the_documents_in_force(account: Any) -> None:
    iam = account.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=text)
    arn = iam.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]["Arn"]
    changed = text.replace("s3", "ec2")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=changed, SetAsDefault=True)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)

    assert moto_principals.role_policies(HERE, "r") == [text, changed]


def test_users_and_roles_are_known_by_their_path_and_users_by_their_policies(account: Any) -> None:
    iam = account.client("iam")
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'
    iam.create_role(RoleName="r", Path="/app/", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    iam.create_user(UserName="u", Path="/team/")
    iam.put_user_policy(UserName="u", PolicyName="inline", PolicyDocument=text)
    arn = iam.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="u", PolicyArn=arn)

    assert moto_principals.user_policies(HERE, "u") == [text, text]
    assert moto_principals.user_policies(HERE, "gone") is None
    own = "arn:aws:iam::123456789012"
    assert (moto_principals.role_arn(HERE, "r"), moto_principals.role_arn(HERE, "gone")) == (
        f"{own}:role/app/r",
        f"{own}:role/gone",
    )
    assert (moto_principals.user_arn(HERE, "u"), moto_principals.user_arn(HERE, "gone")) == (
        f"{own}:user/team/u",
        f"{own}:user/gone",
    )


def test_moto_still_lets_readers_of_a_secret_miss_a_moved_label_and_drops_labels(account: Any) -> None:
    """Asked by the account's own errands, which go past the watchers."""
    secrets = account._world.client("secretsmanager")
    arn = secrets.create_secret(Name="s", SecretString="one")["ARN"]
    secrets.put_secret_value(SecretId=arn, SecretString="two", VersionStages=["MINE"])
    labels = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    one, two = (next(id for id, stages in labels.items() if label in stages) for label in ("AWSCURRENT", "MINE"))
    move = {"SecretId": arn, "VersionStage": "AWSCURRENT"}
    secrets.update_secret_version_stage(**move, MoveToVersionId=two, RemoveFromVersionId=one)
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "one"
    secrets.update_secret_version_stage(SecretId=arn, VersionStage="OWN", MoveToVersionId=one)
    secrets.put_secret_value(SecretId=arn, SecretString="three")
    assert "OWN" not in secrets.describe_secret(SecretId=arn)["VersionIdsToStages"][one]


def test_a_tables_and_an_indexs_partition_keys_are_known(account: Any) -> None:
    account.client("dynamodb").create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "b", "KeyType": "HASH"}, {"AttributeName": "a", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in "ab"],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-a",
                "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    assert moto_tables.table_keys(HERE, "t", None) == "b"
    assert moto_tables.table_keys(HERE, "t", "by-a") == "a"
    assert moto_tables.table_keys(HERE, "gone", None) is None


def test_a_budgets_subscribers_and_spend_are_where_they_are_looked_for(account: Any) -> None:
    told = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    subscribers = [{"SubscriptionType": "EMAIL", "Address": "finops@example.com"}]
    budget = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    client = account.client("budgets")
    client.create_budget(
        AccountId=HERE.account_id,
        Budget={**budget, "BudgetLimit": {"Amount": "10", "Unit": "USD"}},
        NotificationsWithSubscribers=[{"Notification": told, "Subscribers": subscribers}],
    )

    moto_budgets.set_spend(HERE, "b", 7.25, 20)
    moto_budgets.change(HERE, "b", {**budget, "BudgetLimit": {"Amount": "12", "Unit": "USD"}})

    shown = client.describe_budget(AccountId=HERE.account_id, BudgetName="b")["Budget"]
    assert shown["BudgetLimit"]["Amount"] == moto_budgets.budget(HERE, "b")["BudgetLimit"]["Amount"] == "12"
    spend = shown["CalculatedSpend"]
    assert (spend["ActualSpend"]["Amount"], spend["ForecastedSpend"]["Amount"]) == ("7.25", "20.0")
    assert moto_budgets.notifications(HERE, "b") == [(told, subscribers)]


def test_a_queue_is_seen_without_receiving(account: Any) -> None:
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(
        QueueUrl=url,
        MessageBody="<body>",
        DelaySeconds=60,
        MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}},
    )
    (message,) = moto_hooks.queued_messages(HERE, "q")

    assert (message.body, message.receives) == ("<body>", 0)
    assert message.attributes["k"]["StringValue"] == "v"
    assert 55 < message.visible_at - account.clock.now().timestamp() <= 60


def test_log_groups_take_the_fields_moto_leaves_out(account: Any) -> None:
    seed = LogGroupSeed("g", datetime(2025, 1, 1, tzinfo=UTC), 9, 5, {"a": "b"}, "DELIVERY", "policy", True)
    account.seed_log_groups([seed])
    moto_hooks.set_log_group_extra(HERE, "g", logGroupClass="STANDARD")

    group = moto_hooks.log_group(HERE, "g")

    assert group is not None
    assert (group["creationTime"], group["storedBytes"], group["retentionInDays"]) == (1735689600000, 9, 5)
    assert (group["logGroupClass"], group["retentionPolicyName"]) == ("STANDARD", "policy")
    assert moto_hooks.log_group_tags(HERE, "g") == {"a": "b"}
    assert moto_hooks.log_group(HERE, "gone") is None


def test_moto_still_leaves_those_fields_out(account: Any) -> None:
    account.seed_log_groups([LogGroupSeed("g")])
    shown = moto_hooks.backend("logs", HERE).groups["g"].to_describe_dict()
    assert {"logGroupClass", "deletionProtectionEnabled", "retentionPolicyName"} & set(shown) == set()


def test_motos_state_machines_wait_where_the_stand_ins_are(account: Any) -> None:
    """The modules, the names replaced in them, and all uses of threading and time there."""
    uses = {
        f"{PARSER}.asl.eval.environment": ({"threading.RLock", "threading.Event"}, set()),
        f"{PARSER}.asl.component.state.exec.execute_state": ({"threading.Event"}, set()),
        f"{PARSER}.asl.component.common.retry.retrier_decl": (set(), {"time.sleep"}),
        f"{PARSER}.asl.component.program.program": ({"threading.Thread"}, set()),
    }
    for name, expected in uses.items():
        tree = ast.parse(inspect.getsource(sys.modules[name]))
        found: dict[str, set[str]] = {"threading": set(), "time": set()}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in found:
                found[node.value.id].add(f"{node.value.id}.{node.attr}")
        assert (found["threading"], found["time"]) == expected, name
    waiting = inspect.getsource(sys.modules[f"{PARSER}.asl.component.state.wait.wait_function.wait_function"])
    assert "env.program_state_event.wait(wait_seconds)" in waiting
    callbacks = inspect.getsource(sys.modules[f"{PARSER}.asl.eval.callback.callback"])
    assert "from threading import Event, Lock" in callbacks


def test_a_task_and_its_token_are_where_the_hooks_look_for_them(account: Any) -> None:
    callbacks = sys.modules[f"{PARSER}.asl.component.state.exec.state_task.service.state_task_service_callback"]
    task = callbacks.StateTaskServiceCallback
    account.close()
    assert "_evaluate_with_timeout" not in vars(task)
    assert "context_object.update_task_token()" in inspect.getsource(task._eval_body)
    assert "callback_endpoint.interrupt_all()" in inspect.getsource(task._eval_integration_pattern)
    endpoint = sys.modules[f"{PARSER}.asl.eval.callback.callback"].CallbackEndpoint("token")
    assert not endpoint._notify_event.is_set()
    endpoint.interrupt_all()
    assert endpoint._notify_event.is_set()
    assert "consumer_error" not in inspect.getsource(callbacks), "moto closes tokens itself now"


def test_moto_still_reads_timestamps_in_local_time_and_takes_any_time_out(account: Any) -> None:
    timestamp = sys.modules[f"{PARSER}.asl.component.state.wait.wait_function.timestamp"].Timestamp
    timeout = sys.modules[f"{PARSER}.asl.component.common.timeouts.timeout"].TimeoutSecondsPath
    account.close()
    assert "datetime.datetime.now()" in inspect.getsource(timestamp._get_wait_seconds)
    assert "not isinstance(seconds, int) and seconds <= 0" in inspect.getsource(timeout._eval_seconds)


def test_a_stopped_execution_is_not_told_of_errors_by_its_waits(account: Any) -> None:
    environment = sys.modules[f"{PARSER}.asl.eval.environment"].Environment
    assert environment.set_error.__module__ == environment.set_timed_out.__module__ == "local.moto_tasks"
    account.close()
    assert environment.set_error.__module__ == environment.set_timed_out.__module__ == environment.__module__


def test_a_secret_is_found_by_name_and_arn(account: Any) -> None:
    arn = account.client("secretsmanager").create_secret(Name="a/b", Tags=[{"Key": "k", "Value": "v"}])["ARN"]
    for name in ("a/b", arn, arn[:-7]):
        found = moto_hooks.secret(HERE, name)
        assert found is not None
        assert (found.arn, found.tags) == (arn, {"k": "v"})
    assert moto_hooks.secret(HERE, "a") is None


def test_tasks_call_through_the_client_of_their_own_role(account: Any) -> None:
    client = sys.modules[f"{PARSER}.asl.component.state.exec.state_task.lambda_eval_utils"].boto_client_for
    assert client.__module__.startswith("local.")
    assert list(inspect.signature(client).parameters) == ["region", "service", "state_credentials"]


def test_moto_is_as_it_was_once_the_account_is_closed(account: Any) -> None:
    account_time = account.clock.now()
    account.close()
    environment = sys.modules[f"{PARSER}.asl.eval.environment"]
    assert inspect.ismodule(environment.threading)
    assert abs(datetime.now(UTC) - account_time) > timedelta(days=1)


def test_executions_show_their_status_and_progress(account: Any) -> None:
    assume = '{"Version": "2012-10-17", "Statement": []}'
    role = account.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=assume)["Role"]["Arn"]
    states = account.client("stepfunctions")
    definition = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}'
    arn = states.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    states.start_execution(stateMachineArn=arn, name="x", input="{}")
    account.settle()

    (execution,) = moto_machines.executions(HERE)
    assert (execution.status, execution.events) == ("RUNNING", 2)


def ledger(account: Any, **sort: str) -> Any:
    schema = [
        {"AttributeName": "pk", "KeyType": "HASH"},
        *({"AttributeName": n, "KeyType": "RANGE"} for n in sort),
    ]
    client = account.client("dynamodb")
    client.create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema,
        AttributeDefinitions=[{"AttributeName": k["AttributeName"], "AttributeType": "S"} for k in schema],
    )
    return client


@pytest.mark.parametrize("sort", [{}, {"sk": "x"}])
def test_a_cancelled_transaction_leaves_every_row_as_it_was(account: Any, sort: dict[str, str]) -> None:
    client = ledger(account, **sort)
    rest = {name: {"S": value} for name, value in sort.items()}
    row = {"pk": {"S": "a"}, **rest, "n": {"N": "1"}, "l": {"L": [{"S": "x"}]}}
    client.put_item(TableName="ledger", Item=row)
    change = {
        "TableName": "ledger",
        "Key": {"pk": {"S": "a"}, **rest},
        "UpdateExpression": "SET n = :n, l[0] = :n",
        "ExpressionAttributeValues": {":n": {"N": "2"}},
    }
    new = {"TableName": "ledger", "Item": {"pk": {"S": "b"}, **rest}}
    twice = {**new, "Item": {"pk": {"S": "c"}, **rest}, "ConditionExpression": "attribute_exists(pk)"}

    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"Update": change}, {"Put": new}, {"Put": twice}])
    assert client.scan(TableName="ledger")["Items"] == [row]

    client.transact_write_items(TransactItems=[{"Update": change}, {"Put": new}])
    rows = sorted(client.scan(TableName="ledger")["Items"], key=lambda r: str(r["pk"]["S"]))
    assert (rows[0]["n"], rows[0]["l"], len(rows)) == ({"N": "2"}, {"L": [{"N": "2"}]}, 2)


def test_a_transaction_does_not_copy_the_table(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ledger(account)
    puts = [{"Put": {"TableName": "ledger", "Item": {"pk": {"S": str(n)}}}} for n in range(50)]
    client.transact_write_items(TransactItems=puts)
    copied: list[Any] = []
    item = sys.modules["moto.dynamodb.models.dynamo_type"].Item

    def note(row: Any, _memo: Any) -> Any:
        copied.append(row)
        return row

    monkeypatch.setattr(item, "__deepcopy__", note)

    client.transact_write_items(TransactItems=puts)

    assert copied == []


def test_moto_copies_in_a_transaction_only_by_the_name_that_is_replaced() -> None:
    source = inspect.getsource(sys.modules["moto.dynamodb.models"])
    assert source.count("copy.deepcopy(") == 2
    assert "original_table_state[table_name] = copy.deepcopy(" in source


def scaling_kinds() -> tuple[Any, Any, Any]:
    models, responses = sys.modules["moto.autoscaling.models"], sys.modules["moto.autoscaling.responses"]
    return models.FakeAutoScalingGroup, models.AutoScalingBackend, responses.AutoScalingResponse


def test_moto_still_forgets_what_its_groups_did(account: Any) -> None:
    """What the hooks into Auto Scaling make up for; each may go once moto does it."""
    account.close()
    group, backend, response = scaling_kinds()
    assert '{"Activities": []}' in inspect.getsource(response.describe_scaling_activities)
    for missing in ("describe_instance_refreshes", "disable_metrics_collection"):
        assert not hasattr(response, missing)
    assert not hasattr(group, "deletion_protection")
    assert "self.policies[name] = policy" in inspect.getsource(backend.put_scaling_policy)
    assert "self.mixed_instances_policy = mixed_instances_policy" in inspect.getsource(group.update)
    assert "max_size" not in inspect.getsource(backend.set_desired_capacity)
    assert "suspended_processes" not in inspect.getsource(group.set_desired_capacity)


def test_motos_groups_change_their_size_where_the_hooks_are(account: Any) -> None:
    account.close()
    group, backend, response = scaling_kinds()
    assert list(inspect.signature(group.replace_autoscaling_group_instances).parameters) == [
        "self",
        "count_needed",
        "propagated_tags",
    ]
    launching = inspect.getsource(group.replace_autoscaling_group_instances)
    assert "instance_type=self.instance_type" in launching
    assert launching.count("self.instance_states.append(") == 1
    assert "self.set_desired_capacity(desired_capacity)" in inspect.getsource(group.__init__)
    assert "self.set_desired_capacity(group_name, 0)" in inspect.getsource(backend.delete_auto_scaling_group)
    assert "group.update(" in inspect.getsource(backend.update_auto_scaling_group)
    assert "group.enable_metrics_collection(metrics)" in inspect.getsource(backend.enable_metrics_collection)
    for name in ("create_auto_scaling_group", "update_auto_scaling_group", "put_scaling_policy"):
        calling = ast.parse(inspect.getsource(getattr(response, name)).strip())
        (made,) = [
            node
            for node in ast.walk(calling)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
        ]
        assert {one.arg for one in made.keywords} <= set(inspect.signature(getattr(backend, name)).parameters)
        assert not made.args, "the hooks take its parameters by name"
    ended = inspect.getsource(
        importlib.import_module("moto.ec2.responses.instances").InstanceResponse.terminate_instances
    )
    assert ".notify_terminate_instances(instance_ids)" in ended


def test_motos_groups_are_as_they_were_once_the_account_is_closed(account: Any) -> None:
    kinds = scaling_kinds()
    hooked = {
        name for kind in kinds for name, value in vars(kind).items() if "local." in getattr(value, "__module__", "")
    }
    assert {"set_desired_capacity", "notify_terminate_instances", "describe_scaling_activities"} <= hooked
    account.close()
    assert not any("local." in getattr(value, "__module__", "") for kind in kinds for value in vars(kind).values())
    assert "self.ec2_launch_template" in inspect.getsource(kinds[0].instance_type.fget)


def test_a_trail_is_known_to_log(account: Any) -> None:
    assert not moto_hooks.is_trail_logging(HERE)
    account.client("s3").create_bucket(Bucket="example-trail")
    trails = account.client("cloudtrail")
    trails.create_trail(Name="management-events", S3BucketName="example-trail")
    assert not moto_hooks.is_trail_logging(HERE)
    trails.start_logging(Name="management-events")
    assert moto_hooks.is_trail_logging(HERE)
    trails.stop_logging(Name="management-events")
    assert not moto_hooks.is_trail_logging(HERE)


def test_moto_still_takes_the_snapshots_of_amazons_images_for_the_accounts_own(account: Any) -> None:
    ec2 = account.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    own = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    assert [one["SnapshotId"] for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]] == [own]
    account.close()
    assert "OwnerIds" not in inspect.getsource(
        importlib.import_module("moto.ec2.responses.elastic_block_store").ElasticBlockStore.describe_snapshots
    )


def test_rules_are_known_to_be_enabled_or_not(account: Any) -> None:
    events, bus = account.client("events"), account._services.bus
    for name in ("on", "off"):
        events.put_rule(Name=name, ScheduleExpression="rate(1 hour)")
    events.disable_rule(Name="off")
    assert bus.enabled() == {"on"}
    events.enable_rule(Name="off")
    assert bus.enabled() == {"on", "off"}
