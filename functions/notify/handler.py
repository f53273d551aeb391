"""Entry of the notify function."""

from __future__ import annotations

from functions.notify.notifier import Notifier

handle = Notifier().handle
