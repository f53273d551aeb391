"""A provider's answer, read part by part: what is missing or of another kind is a ProviderFailed that names it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn

from functions.core.types import Json
from functions.llm_keys.providers.provider import ProviderFailed


class Shown:
    """A part of an answer, with the request that it answers (`said`) for error texts.

    What cannot be read as documented leaves open whether a change was made, so its error is never certain.
    """

    def __init__(self, said: str, value: Json) -> None:
        self._said = said
        self._value = value

    def __repr__(self) -> str:
        return f"Shown({self._said})"

    def has(self, name: str) -> bool:
        """Whether a part is there, and not null."""
        return isinstance(self._value, Mapping) and self._value.get(name) is not None

    def part(self, name: str) -> Shown:
        """One part of an object."""
        return Shown(self._said, self._part(name))

    def text(self, name: str) -> str:
        """A part that is a text."""
        found = self._part(name)
        return found if isinstance(found, str) else self._odd(name, "is no text")

    def text_or(self, name: str, otherwise: str) -> str:
        """A part that is a text, or something else where it is missing or null."""
        return self.text(name) if self.has(name) else otherwise

    def flag(self, name: str) -> bool:
        """A part that is true or false."""
        found = self._part(name)
        return found if isinstance(found, bool) else self._odd(name, "is neither true nor false")

    def number(self, name: str) -> float:
        """A part that is a finite number, also where it is written as a text."""
        found = self._part(name)
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            return self._odd(name, "is no number")
        try:
            read = float(found)
        except (ValueError, OverflowError):
            return self._odd(name, "is no number")
        return read if math.isfinite(read) else self._odd(name, "is no number")

    def items(self, name: str) -> list[Shown]:
        """A part that is a list."""
        found = self._part(name)
        return [Shown(self._said, one) for one in found] if isinstance(found, list) else self._odd(name, "is no list")

    def names(self, name: str) -> list[str]:
        """The names in a part that is an object."""
        found = self._part(name)
        return list(found) if isinstance(found, Mapping) else self._odd(name, "is no object")

    def _part(self, name: str) -> Json:
        if not isinstance(self._value, Mapping) or name not in self._value:
            return self._odd(name, "is missing")
        return self._value[name]

    def _odd(self, name: str, why: str) -> NoReturn:
        raise ProviderFailed(f"{self._said}: {name!r} of the answer {why}", certain=False)
