"""Runs inside the child process: imports one handler and answers invocations, as Lambda's runtime would.

Invocations come as JSON lines on file descriptor REQUESTS and leave on ANSWERS; standard output and error
belong to the handler. It imports nothing of the local account, because the function must not see it on its
path.
"""

import importlib
import json
import os
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

# Where pytest is installed, time-machine brings its plugin and with it all of pytest: 0.3 s that no Lambda
# has.
sys.modules["pytest"] = None  # type: ignore[assignment]
import time_machine  # noqa: E402

del sys.modules["pytest"]

REQUESTS, ANSWERS = int(sys.argv[1]), int(sys.argv[2])


class Context:
    """The second argument of a handler; the fields Lambda documents for Python."""

    function_version = "$LATEST"
    client_context = None
    identity = None

    def __init__(self, request: dict[str, Any]) -> None:
        self.function_name: str = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.memory_limit_in_mb: str = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name: str = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name: str = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn: str = request["arn"]
        self.aws_request_id: str = request["id"]
        self._deadline: float = time.monotonic() + request["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def describe(error: BaseException, kind: str | None = None) -> dict[str, Any]:
    """An error as Lambda reports it. The first frames are this file's own and are left out."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__]
    return {
        "errorMessage": str(error),
        "errorType": kind or type(error).__name__,
        "stackTrace": traceback.format_list(own),
    }


def load(handler: str) -> Any:
    """The handler a function's setting names, like `app.handler`."""
    module, _, attribute = handler.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), attribute)


def answer(request: dict[str, Any], handler: Any) -> dict[str, Any]:
    """What the handler returned or raised, in a form that fits on one line of JSON."""
    try:
        result = handler(request["event"], Context(request))
    except Exception as error:  # noqa: BLE001 - whatever the handler raises is the function's error, as in Lambda
        return {"error": describe(error)}
    try:
        return {"result": json.loads(json.dumps(result))}
    except (TypeError, ValueError) as error:
        return {"error": describe(error, "Runtime.MarshalError")}


def initialise() -> tuple[Any, dict[str, Any]]:
    """The handler, or None with the error that kept it from loading."""
    try:
        return load(os.environ["_HANDLER"]), {}
    except ImportError as error:
        return None, {"error": describe(error, "Runtime.ImportModuleError")}
    except AttributeError as error:
        return None, {"error": describe(error, "Runtime.HandlerNotFound")}
    except Exception as error:  # noqa: BLE001 - whatever a module raises at import is the function's error
        return None, {"error": describe(error, "Runtime.Unknown")}


def main() -> None:
    """The first line initialises; each later one is an invocation. Both bring the virtual time along."""
    requests, answers = os.fdopen(REQUESTS), os.fdopen(ANSWERS, "w")
    handler: Any = None
    with time_machine.travel(0, tick=True) as traveller:
        for line in requests:
            request = json.loads(line)
            traveller.move_to(datetime.fromtimestamp(request["now"], UTC), tick=True)
            if handler is None:
                handler, reply = initialise()
            else:
                reply = answer(request, handler)
            sys.stdout.flush()
            sys.stderr.flush()
            answers.write(json.dumps(reply) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
