"""Whoever answers in the demo: a stand-in who clicks through the page, or the user with a browser."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from local.account import LocalAccount, Message
from local.demo import browser
from local.demo.product import ProductFailed
from local.demo.show import Show

LINK = re.compile(r"https?://\S+/r/[^/\s]+/(approve|reject|undo)\?\S+")
WAIT_SECONDS = 0.2


def links_in(message: Message) -> dict[str, str]:
    """The signed links of a message, by what they decide."""
    return {found[1]: found[0] for found in LINK.finditer(message.body("email"))}


@dataclass(frozen=True)
class StandIn:
    """Answers through the page as a browser would: opens it, ticks boxes, sends the form."""

    show: Show

    def approves(self, account: LocalAccount, link: str) -> None:
        """Approves the first three of what is asked; the rest is left alone."""
        form = browser.form(link, "approve")
        _sent(form.send(*form.boxes[:3], scope="ticked", reason="looked at in the demo"))
        self.show.line(f"ticked 3 of {len(form.boxes)} boxes and pressed the button")
        account.settle()

    def turns_back(self, account: LocalAccount, link: str) -> None:
        """Undoes all of it."""
        form = browser.form(link, "undo")
        _sent(form.send(*form.boxes, reason="it was only a demo"))
        self.show.line(f"ticked {len(form.boxes)} boxes and pressed the button")
        account.settle()


@dataclass(frozen=True)
class Visitor:
    """The user: the account goes on by itself while they click."""

    show: Show

    def approves(self, account: LocalAccount, link: str) -> None:
        self._waits(account, link, "answer")

    def turns_back(self, account: LocalAccount, link: str) -> None:
        self._waits(account, link, "undo")

    def _waits(self, account: LocalAccount, link: str, kind: str) -> None:
        """Until a message of that kind has come; Ctrl-C ends the demo."""
        self.show.line("Open it in your browser, the demo waits for you:")
        self.show.link(link)
        topic = account.outputs["AlertsTopicArn"]
        before = len(account.messages(topic))
        with account.live(), self.show.console.status("waiting for you …"):
            _until(lambda: any(_is(one, kind) for one in account.messages(topic)[before:]))


def _is(message: Message, kind: str) -> bool:
    return f'"kind": "{kind}"' in message.body("sqs")


def _until(over: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not over():
        pause.wait(WAIT_SECONDS)


def _sent(answer: browser.Answer) -> None:
    if answer.status != 303:
        raise ProductFailed(f"the page answered {answer.status}: {answer.body[:400]}")


def person(show: Show, *, interactive: bool) -> StandIn | Visitor:
    """Who answers; the user needs a terminal to be told where."""
    if interactive and not sys.stdout.isatty():
        raise ProductFailed("INTERACTIVE=1 needs a terminal")
    return Visitor(show) if interactive else StandIn(show)
