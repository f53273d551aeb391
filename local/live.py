"""An account that goes on by itself, for a person or a browser that clicks through its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from local.simulation import Simulation


@contextmanager
def settling(simulation: Simulation, every: float) -> Iterator[None]:
    """Settles in a thread, each time `every` real seconds after the last, until the block is left.

    What goes wrong in that thread ends it, and is raised when the block is left; if the block fails by itself, it is
    a note on that error.
    """
    stop = threading.Event()

    def go_on() -> None:
        while not stop.wait(every):
            # By no time at all: schedules whose time has come by the ticking clock fire, too.
            simulation.advance(timedelta())

    with ThreadPoolExecutor(1, thread_name_prefix="local-account") as pool:
        running = pool.submit(go_on)
        try:
            yield
        except BaseException as error:
            stop.set()
            if problem := running.exception():
                error.add_note(f"meanwhile the account had stopped: {problem!r}")
            raise
        finally:
            stop.set()
    running.result()
