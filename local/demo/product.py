"""The product as its user meets it: the CDK app and the `fusebox` command, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WIDTH = 140
"""Columns of the output where there is no terminal."""
POLICY = Path(__file__).with_name("policy.yaml")


class ProductFailed(Exception):
    """A step of the product did not end as it should; the text is what it said."""


class Product:
    """Runs Fusebox's own commands against a local account. `claude` is where Anthropic is."""

    def __init__(self, folder: Path, claude: str) -> None:
        self._folder, self._claude = folder, claude
        self.policy = folder / "fusebox.yaml"
        self.endpoint = ""

    def synthesise(self, mode: str) -> Path:
        """Writes the policy in that mode and synthesises the stack; returns the assembly."""
        self.policy.write_text(POLICY.read_text().format(mode=mode, claude=self._claude))
        assembly = self._folder / f"cdk.out-{mode}"
        self._run([sys.executable, "app.py"], CDK_OUTDIR=str(assembly), FUSEBOX_POLICY=str(self.policy))
        return assembly

    def fusebox(self, *arguments: str) -> str:
        """What a `fusebox` command prints; it talks to the local account as the owner."""
        width = os.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
        policy = ["--policy", str(self.policy)] if arguments[0] in ("plan", "run", "override") else []
        return self._run(
            [sys.executable, "-m", "cli", *arguments, *policy],
            AWS_ENDPOINT_URL=self.endpoint,
            AWS_ACCESS_KEY_ID="testing",
            AWS_SECRET_ACCESS_KEY="testing",  # noqa: S106 - what moto takes for the owner
            AWS_REGION="us-east-1",
            AWS_EC2_METADATA_DISABLED="true",
            COLUMNS=str(width),
            FORCE_COLOR="1" if sys.stdout.isatty() else "",
        )

    def _run(self, command: list[str], **settings: str) -> str:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        environment = {**inherited, **{key: value for key, value in settings.items() if value}}
        ran = subprocess.run(  # noqa: S603 - our own commands
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise ProductFailed(f"{' '.join(command[1:3])} ended with {ran.returncode}:\n{ran.stderr}{ran.stdout}")
        return ran.stdout
