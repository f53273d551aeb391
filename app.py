"""The CDK app: builds the stack from fusebox.yaml. Makes no AWS call and needs no credentials.

A policy with errors ends in one line for each of them on stderr and exit code 2.
"""

from __future__ import annotations

import os
import sys

from functions.policy import load_policy
from functions.policy_errors import PolicyError
from stacks.errors import StackError
from stacks.synthesis import new_app, policy_file, synthesise


def main() -> int:
    """Synthesises; returns the exit code."""
    app = new_app()
    try:
        synthesise(app, load_policy(policy_file(app, dict(os.environ))))
    except (PolicyError, StackError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
