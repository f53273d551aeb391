"""Requests that were counted, so that none is counted twice in this process (field report F28)."""

from __future__ import annotations

import threading
from collections import OrderedDict

KEPT = 20_000
"""Ids remembered; the oldest are forgotten first."""


class Seen:
    """The ids of the last requests. Safe to use from several threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.RLock()

    def first(self, request: str) -> bool:
        """Whether this is the first time; a request without an id always is."""
        if not request:
            return True
        with self._lock:
            if request in self._ids:
                return False
            self._ids[request] = None
            if len(self._ids) > self._kept:
                self._ids.popitem(last=False)
            return True
