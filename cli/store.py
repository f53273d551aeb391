"""Which table a command works on: a deployed stack's, or a local file.

A switch thrown in the wrong table does nothing and says it did. So without --stack, commands that
change something ask the lease record first whether a Fusebox is deployed here.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import ClientError

from cli import trouble
from cli.session import Place
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Key, Row, Table
from functions.core.types import Json, Refused, Scope

LEASE = "/fusebox/lease"
PLACE: Key = ("state#place", "place")
"""Which account and Region a local file is the ledger of."""
OUTPUTS = ("TableName", "AlertsTopicArn", "FailureQueueUrl", "Name")


@dataclass(frozen=True, slots=True)
class Lease:
    """The record of the one Fusebox deployed in this account and Region."""

    stack: str
    table: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack, by its outputs; `name` begins the names of its resources."""

    stack: str
    table: str
    alerts_topic: str
    failure_queue: str
    name: str


@dataclass(frozen=True, slots=True)
class Store:
    """An open table and what to call it; `option` is what names it on the command line."""

    table: Table
    title: str
    option: str
    deployed: Deployed | None = None

    def own_prefix(self, policy_prefix: str, scope: Scope) -> str:
        """What the names of Fusebox's own resources begin with."""
        return f"{self.deployed.name}-" if self.deployed else own_prefix(policy_prefix, scope)


def lease(place: Place) -> Lease | None:
    """Who is deployed here; a ClientError where that cannot be read, Refused where it makes no sense."""
    try:
        found = place.clients.get("ssm").get_parameter(Name=LEASE)
    except ClientError as error:
        if trouble.code_of(error) == "ParameterNotFound":
            return None
        raise
    value = found["Parameter"]["Value"]
    try:
        record = json.loads(value)
        return Lease(str(record["stack"]), str(record["table"]), str(record["prefix"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"parameter {LEASE} holds no lease (stack, table, prefix): {value!r:.80}") from error


def deployed(place: Place, stack: str) -> Deployed:
    """The outputs of a Fusebox stack."""
    try:
        found = place.clients.get("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if trouble.code_of(error) == "ValidationError":
            here = f"account {place.scope.account}, Region {place.scope.region}"
            raise Refused(f"there is no stack {stack!r} in {here}") from error
        raise
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found[0].get("Outputs", [])}
    missing = [key for key in OUTPUTS if key not in outputs]
    if missing:
        raise Refused(f"stack {stack!r} is no Fusebox stack: it has no output {', '.join(missing)}")
    return Deployed(stack, *(outputs[key] for key in OUTPUTS))


def must_be_alone(place: Place) -> None:
    """Refuses to change anything beside a deployed Fusebox, or where that cannot be known."""
    try:
        found = lease(place)
    except ClientError as error:
        reason = trouble.refusal(error)
        raise Refused(f"cannot tell whether a Fusebox is deployed here, so nothing is changed: {reason}") from error
    if found:
        raise Refused(
            f"a Fusebox is deployed in account {place.scope.account}, Region {place.scope.region}: "
            f"name it with --stack {found.stack}"
        )


def to_change(place: Place, stack: str | None, ledger: Path | None, *, alone: bool = True) -> Store:
    """The table to write to. `alone` is False where what is done beside a deployed Fusebox harms nobody."""
    _one_of(stack, ledger)
    if stack:
        return of_stack(deployed(place, stack), place)
    if alone:
        must_be_alone(place)
    file = ledger or default_file(place.scope)
    table = SqliteTable(file)
    _check_place(table, file, place.scope)
    body: dict[str, Json] = {"account": place.scope.account, "region": place.scope.region}
    if table.write([(Row(*PLACE, body),)]):
        _check_place(table, file, place.scope)
    return Store(table, f"ledger {file}", f"--ledger {file}" if ledger else "")


def to_read(place: Place, stack: str | None, ledger: Path | None) -> Store:
    """The table to read from; it makes no file, and takes no write where it is one."""
    _one_of(stack, ledger)
    if stack:
        return of_stack(deployed(place, stack), place)
    file = ledger or default_file(place.scope)
    if not file.exists():
        raise Refused(f"there is no ledger {file} yet; a deployed Fusebox's is read with --stack NAME")
    return Store(read_only(file, place.scope), f"ledger {file}", f"--ledger {file}" if ledger else "")


def read_only(file: Path, scope: Scope) -> Table:
    """What a local ledger holds now; Refused where it is another account's or Region's."""
    table = Snapshot(file)
    _check_place(table, file, scope)
    return table


def _check_place(table: Table, file: Path, scope: Scope) -> None:
    row = table.get([PLACE]).get(PLACE)
    if row and row.body != {"account": scope.account, "region": scope.region}:
        of = f"account {row.body['account']}, Region {row.body['region']}"
        raise Refused(f"{file} is the ledger of {of}, not of account {scope.account}, Region {scope.region}")


def of_stack(stack: Deployed, place: Place) -> Store:
    """The table of a deployed stack."""
    from functions.core.dynamodb_table import DynamoDBTable

    table = DynamoDBTable(place.clients.get("dynamodb"), stack.table)
    return Store(table, f"stack {stack.stack} (table {stack.table})", f"--stack {stack.stack}", stack)


def own_prefix(policy_prefix: str, scope: Scope) -> str:
    """What the names of a Fusebox deployed with this policy would begin with."""
    return f"{policy_prefix}-{scope.region}-"


def default_file(scope: Scope) -> Path:
    """The local ledger of an account and Region."""
    state = os.environ.get("XDG_STATE_HOME")
    folder = Path(state) if state else Path.home() / ".local" / "state"
    return folder / "fusebox" / f"{scope.account}-{scope.region}.sqlite3"


def nothing() -> SqliteTable:
    """An empty table in memory: for planning where no Fusebox ever ran."""
    return SqliteTable(Path(":memory:"))


class Snapshot(SqliteTable):
    """A local ledger as it is now, in memory: reading the file itself would leave others beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        with TemporaryDirectory(prefix="fusebox-") as folder:
            copy = Path(folder) / "ledger"
            # The log first: what is moved into the file meanwhile is then read twice, not missed.
            for suffix in ("-wal", ""):
                if Path(f"{path}{suffix}").exists():
                    shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
            with closing(sqlite3.connect(copy)) as source:
                source.backup(self._db)
        self._db.execute("PRAGMA query_only=ON")


def _one_of(stack: str | None, ledger: Path | None) -> None:
    if stack and ledger:
        raise Refused("--stack and --ledger name two different tables: give one of them")
