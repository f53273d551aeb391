"""Stories of functions as child processes: what they see, and how they fail."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import pytest


def call(account: Any, name: str, event: Any = None) -> Any:
    answer = account.client("lambda").invoke(
        FunctionName=account.physical_ids[name], Payload=json.dumps(event or {}).encode()
    )
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_a_handler_sees_the_templates_environment_and_nothing_of_ours(
    stack: Any, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", "do not leak")
    code = """
        import os, sys
        from aws_lambda_powertools import Logger
        def handler(event, context):
            mine = os.path.join("local", "account.py")
            assert not [p for p in sys.path if os.path.exists(os.path.join(p, mine))], sys.path
            left = context.get_remaining_time_in_millis()
            return [dict(os.environ), context.function_name, context.invoked_function_arn,
                    context.memory_limit_in_mb, 0 < left <= 10_000]
    """
    stack.function("Look", code, Environment={"Variables": {"COLOUR": "blue"}}, MemorySize=256)
    account = opened(stack)

    _, (environment, name, arn, memory, in_time) = call(account, "Look")

    assert environment["COLOUR"] == "blue"
    assert environment["AWS_ENDPOINT_URL"] == account.endpoint
    assert environment["AWS_REGION"] == "us-east-1"
    assert "MY_SECRET" not in environment
    assert environment["PATH"] != os.environ["PATH"]
    assert name == account.physical_ids["Look"]
    assert arn == f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert (memory, in_time) == ("256", True)


def test_a_function_stays_warm_until_it_is_made_cold(stack: Any, opened: Any) -> None:
    code = """
        count = 0
        def handler(event, context):
            global count
            count += 1
            return count
    """
    stack.function("Count", code)
    account = opened(stack)

    assert [call(account, "Count")[1] for _ in range(2)] == [1, 2]
    account.go_cold()
    assert call(account, "Count")[1] == 1


def test_two_invocations_at_once_get_two_processes(stack: Any, opened: Any) -> None:
    code = """
        import os, pathlib, time
        def handler(event, context):
            here = pathlib.Path(event["meet"])
            here.joinpath(str(os.getpid())).touch()
            while len(list(here.iterdir())) < 2:
                time.sleep(0.005)
            return os.getpid()
    """
    stack.function("Meet", code)
    account = opened(stack)
    account.client("lambda")
    meeting = stack._directory / "meeting"
    meeting.mkdir()
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(call(account, "Meet", {"meet": str(meeting)}))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({pid for _, pid in found}) == 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def handler(event, context): raise KeyError('gone')", "KeyError"),
        ("import nothing_like_this", "Runtime.ImportModuleError"),
        ("def other(event, context): pass", "Runtime.HandlerNotFound"),
        ("def handler(event, context): return object()", "Runtime.MarshalError"),
        ("import os\ndef handler(event, context): os._exit(3)", "Runtime.ExitError"),
        ("1 / 0", "Runtime.Unknown"),
    ],
)
def test_failures_look_as_they_do_in_lambda(stack: Any, opened: Any, code: str, kind: str) -> None:
    stack.function("Broken", code)
    account = opened(stack)

    error, payload = call(account, "Broken")

    assert error == "Unhandled"
    assert payload["errorType"] == kind
    # The next invocation starts anew and fails the same way.
    assert call(account, "Broken")[1]["errorType"] == kind


def test_a_function_that_takes_too_long_is_ended(stack: Any, opened: Any) -> None:
    code = """
        import time
        print("sleeping", flush=True)
        def handler(event, context):
            time.sleep(60)
    """
    stack.function("Slow", code, Timeout=1)
    account = opened(stack)

    error, payload = call(account, "Slow")

    assert (error, payload["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert "Task timed out after 1.00 seconds" in payload["errorMessage"]
    assert account.invocations[0].log == "sleeping\n"


def test_an_event_invocation_returns_at_once_and_runs_when_things_settle(stack: Any, opened: Any) -> None:
    stack.function("Later", "def handler(event, context): return event")
    account = opened(stack)

    answer = account.client("lambda").invoke(
        FunctionName=account.physical_ids["Later"], InvocationType="Event", Payload=b'{"a": 1}'
    )
    assert (answer["StatusCode"], account.invocations) == (202, [])
    account.settle()

    assert account.invocations[0].result == {"a": 1}


def test_inline_code_runs(stack: Any, opened: Any) -> None:
    stack.function("Inline", "")
    stack.resources["Inline"]["Properties"] |= {
        "Code": {"ZipFile": "def handler(event, context): return 'inline'"},
        "Handler": "index.handler",
    }
    account = opened(stack)
    assert call(account, "Inline")[1] == "inline"
