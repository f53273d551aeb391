"""Which table a command works on: a deployed stack's, or a local file.

A switch thrown in the wrong table does nothing and says it did. So without --stack and --ledger, the
lease record says first whether a Fusebox is deployed here; if so, its table is the one that is meant.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import ClientError

from cli import deployment, say, trouble
from cli.deployment import Deployed
from cli.session import Place
from functions.core.commands import Commands
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Key, Row, Table
from functions.core.types import Json, Refused, Scope

PLACE: Key = ("state#place", "place")
"""Which account and Region a local file is the ledger of."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open table and what to call it; `option` is what names it on the command line."""

    table: Table
    title: str
    option: str
    deployed: Deployed | None = None

    @property
    def commands(self) -> Commands:
        """Commands that work on this table."""
        return Commands(self.option)

    def command(self, text: str) -> str:
        """Any other command, on this table."""
        return f"{text} {self.option}".strip()

    def own_prefix(self, policy_prefix: str, scope: Scope) -> str:
        """What the names of Fusebox's own resources begin with."""
        return f"{self.deployed.name}-" if self.deployed else own_prefix(policy_prefix, scope)


def to_run(place: Place, stack: str | None, ledger: Path | None, *, acts: bool) -> Store:
    """The table of a run, which has to be named where a Fusebox is deployed and the run `acts`."""
    _one_of(stack, ledger)
    if stack:
        return of_stack(deployment.of_stack(place, stack), place)
    if acts:
        deployment.must_be_alone(place)
    return _local(place, ledger)


def to_change(place: Place, stack: str | None, ledger: Path | None) -> Store:
    """The table to write to: the one that was named, the deployed Fusebox's, or the local one."""
    _one_of(stack, ledger)
    if stack:
        return of_stack(deployment.of_stack(place, stack), place)
    found = None if ledger else deployment.known(place)
    return _deployed(place, found.stack) if found else _local(place, ledger)


def to_read(place: Place, stack: str | None, ledger: Path | None) -> Store:
    """The table to read from, found in the same way; it makes no file, and takes no write where it is one."""
    _one_of(stack, ledger)
    if stack:
        return of_stack(deployment.of_stack(place, stack), place)
    found = None if ledger else _seen(place)
    if found:
        return _deployed(place, found.stack)
    file = ledger or default_file(place.scope)
    if not file.exists():
        raise Refused(f"there is no ledger {file} yet; a deployed Fusebox's is read with --stack NAME")
    return Store(read_only(file, place.scope), f"ledger {file}", f"--ledger {file}" if ledger else "")


def _seen(place: Place) -> deployment.Lease | None:
    """Who is deployed here, as far as that can be read: looking into the wrong table changes nothing."""
    try:
        return deployment.lease(place)
    except (ClientError, Refused) as error:
        why = trouble.explain(error)
        say.note(f"Cannot tell whether a Fusebox is deployed here, so the local ledger is read: {why}")
        return None


def _deployed(place: Place, stack: str) -> Store:
    found = of_stack(deployment.of_stack(place, stack), place)
    say.note(f"Working on {found.title}, which is deployed here; --ledger FILE would choose a local ledger.")
    return found


def _local(place: Place, ledger: Path | None) -> Store:
    file = ledger or default_file(place.scope)
    table = SqliteTable(file)
    _check_place(table, file, place.scope)
    body: dict[str, Json] = {"account": place.scope.account, "region": place.scope.region}
    if table.write([(Row(*PLACE, body),)]):
        _check_place(table, file, place.scope)
    return Store(table, f"ledger {file}", f"--ledger {file}" if ledger else "")


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
        self._turn = threading.RLock()
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
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
