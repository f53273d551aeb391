"""What every switch is: reads the values it changes, says what they are once stopped, and writes them.

A stop writes `stopped(values)`, a restore writes the values from before; a read after each shows whether it took.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from functions.core.types import Json
from functions.llm_keys.keys import Key

Values = Mapping[str, Json]


class ProviderFailed(Exception):
    """A provider refused, or did not answer; `certain` is False where the change may have been made all the same.

    The text holds no secret: neither a header nor a body that a provider sent back.
    """

    def __init__(self, detail: str, *, certain: bool = True) -> None:
        super().__init__(detail)
        self.certain = certain


class NoSuchKey(ProviderFailed):
    """The switch matched nothing: an error, never a success (field report F25)."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that exists: `kind` and `id` as in the policy, `name` as its owner calls it.

    `within` is the id of what is stopped as a whole and would stop it too, such as its project; "" for none.
    """

    kind: str
    id: str
    name: str
    note: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent, in US dollars, as far as the provider knows yet.

    `by_path` divides it by where it flowed (a model, a line of the bill). `unpriced` names models that were used and
    have no known price: their spend is not in `dollars`. `missing` says what else is not in it, "" for nothing.
    """

    dollars: float
    unpriced: tuple[str, ...] = ()
    by_path: Mapping[str, float] = field(default_factory=dict)
    missing: str = ""


class Provider(Protocol):
    """The switch of one kind of key. All methods may be called from several threads at once."""

    def read(self, key: Key) -> Values:
        """The values that the switch changes, as they are now. Raises NoSuchKey, ProviderFailed."""

    def stopped(self, key: Key, values: Values) -> Values:
        """Pure: the values once the key is stopped, under the same keys; the very same where it is stopped already."""

    def write(self, key: Key, values: Values) -> None:
        """Sets the values; safe to repeat. Raises NoSuchKey, ProviderFailed."""


@runtime_checkable
class ReportsUsage(Protocol):
    """A provider that tells what was spent."""

    def bill(self, key: Key) -> str:
        """Whose usage a key's is, as a path such as "openai/account/project/key": `added_up` says what is counted."""

    def spent(self, key: Key, since: datetime, until: datetime) -> Usage:
        """What was spent from `since` until `until`, which is now or lies in the past. Raises ProviderFailed."""


@runtime_checkable
class ListsCredentials(Protocol):
    """A provider that can list every credential of an account, for those that no budget covers (field report F32)."""

    def credentials(self, account: str) -> list[Credential]:
        """All that could be used now of a provider account, by its name in the policy; "" for this AWS account.

        Raises ProviderFailed.
        """


@runtime_checkable
class Probes(Protocol):
    """A provider at which a key can be tried without spending anything."""

    def works(self, key: Key, secret: str) -> bool:
        """Whether a key, given with its secret, is still taken. Raises ProviderFailed where that cannot be told."""


@runtime_checkable
class GoesOn(Protocol):
    """A provider at which something goes on billing after a stop."""

    def going_on(self) -> list[str]:
        """What runs now and is not ended by a stop, in words with its name. Raises ProviderFailed."""


def added_up(bills: Iterable[str]) -> list[str]:
    """The bills whose sum counts nothing twice: each once, and none that is part of another one among them."""
    some = sorted(set(bills))
    return [one for one in some if not any(one.startswith(f"{other}/") for other in some)]
