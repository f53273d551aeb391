"""Makes a change at a provider and reads it back: only what was seen to be so is done (field reports F24, F25)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from functions.core.types import Action, ActionFailed
from functions.llm_keys.keys import Key
from functions.llm_keys.kinds import KeyKind
from functions.llm_keys.providers.provider import NoSuchKey, Provider, ProviderFailed, Values

Providers = Mapping[KeyKind, Provider]
PATIENCE = (0.0, 0.4, 1.0, 2.0)
"""Seconds between looks at a change: IAM and some providers show it a moment later.

Source: IAM user guide, "Changes that I make are not always immediately visible".
"""


LONGEST = 30.0
"""Seconds after which nothing more is read back: a provider that hangs must not use up the function's time."""


def switch(
    provider: Provider,
    key: Key,
    action: Action,
    sleep: Callable[[float], None],
    seconds: Callable[[], float] = time.monotonic,
) -> ActionFailed | None:
    """Writes the action's values and reads them back; None where they were seen, else how it failed."""
    begun = seconds()
    failed: ProviderFailed | None = None
    try:
        provider.write(key, action.parameters)
    except NoSuchKey as error:
        return ActionFailed(f"the switch matched nothing: {error}")
    except ProviderFailed as error:
        failed = error
        if error.certain:
            # It was refused; unless the values are there all the same, no look later on will help.
            return _seen_once(provider, key, action, error)
    shown: Values | None = None
    unread: ProviderFailed | None = None
    for pause in PATIENCE:
        if pause:
            sleep(pause)
        try:
            shown, unread = provider.read(key), None
        except ProviderFailed as error:
            unread = error
        if shown is not None and _shows(shown, action):
            return None
        if seconds() - begun > LONGEST:
            break
    if unread is not None:
        before = f"{failed}; then " if failed is not None else ""
        return ActionFailed(f"{before}it could not be read back: {unread}", certain=False)
    because = f" ({failed})" if failed is not None else ""
    # It may show later, or show in part: to be settled by another look.
    return ActionFailed(f"it was written, and reading it back does not show it{because}", certain=False)


def _seen_once(provider: Provider, key: Key, action: Action, refused: ProviderFailed) -> ActionFailed | None:
    try:
        shown = provider.read(key)
    except ProviderFailed:
        shown = {}
    return None if _shows(shown, action) else ActionFailed(str(refused))


def _shows(shown: Values, action: Action) -> bool:
    """Whether what was written is there: a value that is no longer, such as the limit of a model, is none of it."""
    there = [name for name in action.parameters if name in shown]
    return bool(there) and all(shown[name] == action.parameters[name] for name in there)
