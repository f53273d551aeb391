"""What may go wrong with a real event on its way: pieces lost, of another type, from elsewhere, or made up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

Place = tuple[Any, Any]
"""A dict or a list, and the key or index of something in it."""

NAMING = re.compile(r"(arn|id|ids|name|identifier|items?)$", re.IGNORECASE)
"""Keys under which calls tell what they made: these are changed as often as all others together."""
HOSTILE = (
    "",
    " ",
    "\n",
    "*",
    "?",
    "i-*",
    "i-0a\n",
    "i-0a ",
    "i-0\u0430",
    "\uff49-0a",
    "i-0a\u200b",
    "i-0a\x00",
    "i-\u0661\u0662",
    "../..",
    "a/b:c",
    "a{id}",
    "{account}",
    "${aws:username}",
    "true",
    "null",
    "\U0001f4a5",
    "x" * 300,
    "arn:aws:ec2:us-east-1:210987654321:instance/i-0a1b2c3d4e5f60718",
    "arn:aws:ec2:eu-central-1:123456789012:instance/i-0a1b2c3d4e5f60718",
    "arn:aws:ec2:us-east-1:123456789012:instance/*",
    "arn:aws:sns:us-east-1:210987654321:retrained",
    "arn:aws:sns:us-east-1:123456789012:retrained",
    "arn:aws:s3:::ml-artifacts-example",
    "arn:aws:s3:::*",
    "arn:aws:iam::123456789012:role/deploy",
    "arn:aws-cn:sns:cn-north-1:123456789012:retrained",
    "arn::::::",
    ":::::",
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    7,
    1.5,
    10**300,
    -(10**300),
    1e308,
    float("inf"),
    float("nan"),
    [],
    {},
    [None],
    [[]],
    {"": ""},
)


class Mutator:
    """Changes events at random; `events` are the real shapes, which also lend their pieces to each other."""

    def __init__(self, events: Sequence[Any]) -> None:
        by_call: dict[str, list[str]] = {}
        for event in events:
            by_call.setdefault(str(event["detail"].get("eventName")), []).append(json.dumps(event))
        self._texts = [*by_call.values(), *[by_call["None"]] * 5]
        pieces = [container[key] for event in events for container, key in places(event["detail"])]
        self._pieces = [json.dumps(piece) for piece in pieces]
        self._strings = sorted({piece for piece in pieces if isinstance(piece, str)})
        self._changes: tuple[Callable[[Random, Place], None], ...] = (
            self._drop,
            self._null,
            self._retype,
            self._replace_text,
            self._replace_text,
            self._borrow_text,
            self._spoil_text,
            self._spoil_text,
            self._swap_in,
            self._swap_in,
            self._duplicate,
            self._wrap,
            self._unwrap,
            self._rename,
            self._bury,
        )

    def event(self, random: Random) -> Any:
        """One of the events, with one to nine changes; each call is as often as any, changes of tags are more often."""
        event = json.loads(random.choice(random.choice(self._texts)))
        if random.random() < 0.1:
            self._amend(random, event["detail"])
        for _ in range(random.choice((1, 1, 2, 3, 4, 6, 9))):
            there = list(places(event if random.random() < 0.025 else self._part(random, event)))
            naming = [place for place in there if isinstance(place[1], str) and NAMING.search(place[1])]
            there = naming if naming and random.random() < 0.5 else there
            if there:
                random.choice(self._changes)(random, random.choice(there))
        return event

    def _part(self, random: Random, event: Any) -> Any:
        """Most often the answer or the parameters, or else the whole detail."""
        detail = event.get("detail")
        if not isinstance(detail, dict):
            return event
        part = detail.get(random.choice(("responseElements", "responseElements", "requestParameters", "userIdentity")))
        return part if isinstance(part, dict | list) and part and random.random() < 0.7 else detail

    def _amend(self, random: Random, detail: Any) -> None:
        """A failure, somebody else's call, or another call with the same answer."""
        other = json.loads(random.choice(random.choice(self._texts)))["detail"]
        keys = random.choice((("errorCode",), ("userIdentity",), ("eventName",), ("eventSource", "eventName")))
        for key in keys:
            detail[key] = "AccessDenied" if key == "errorCode" else other.get(key)

    def _drop(self, random: Random, place: Place) -> None:
        del place[0][place[1]]

    def _null(self, random: Random, place: Place) -> None:
        place[0][place[1]] = None

    def _retype(self, random: Random, place: Place) -> None:
        container, key = place
        other = random.choice(OTHERS)
        container[key] = random.choice(self._pieces) if random.random() < 0.3 else json.loads(json.dumps(other))

    def _replace_text(self, random: Random, place: Place) -> None:
        place[0][place[1]] = random.choice(HOSTILE)

    def _borrow_text(self, random: Random, place: Place) -> None:
        place[0][place[1]] = random.choice(self._strings)

    def _spoil_text(self, random: Random, place: Place) -> None:
        """A text as it was, but for a little: an account, a Region, an end, a letter."""
        container, key = place
        text = container[key]
        if not isinstance(text, str):
            return
        cut = random.randrange(len(text) + 1)
        container[key] = random.choice(
            (
                text.replace("123456789012", "210987654321"),
                text.replace("us-east-1", "eu-central-1"),
                text.replace("arn:aws:", "arn:aws-cn:"),
                text.upper(),
                text[:cut],
                text[cut:],
                text[:cut] + random.choice(HOSTILE) + text[cut:],
                text + random.choice(("\n", "*", ":*", "/*", " ", "\t", "?", "\u00a0", "/x", ":1", "\u2028")),
                text * 2,
            )
        )

    def _swap_in(self, random: Random, place: Place) -> None:
        place[0][place[1]] = json.loads(random.choice(self._pieces))

    def _duplicate(self, random: Random, place: Place) -> None:
        container, key = place
        if isinstance(container, list):
            container.extend(container[: random.randrange(1, 4)])
        else:
            container[key] = [container[key]] * random.randrange(1, 4)

    def _wrap(self, random: Random, place: Place) -> None:
        container, key = place
        container[key] = {random.choice(("items", "item", "value", "tag", "Key")): container[key]}

    def _unwrap(self, random: Random, place: Place) -> None:
        container, key = place
        inside = container[key]
        if isinstance(inside, list) and inside:
            container[key] = inside[0]
        elif isinstance(inside, dict) and inside:
            container[key] = random.choice(list(inside.values()))

    def _rename(self, random: Random, place: Place) -> None:
        container, key = place
        if isinstance(container, dict):
            other = random.choice(
                (key.lower(), key.upper(), key[:1].swapcase() + key[1:], random.choice(self._strings))
            )
            container[other] = container.pop(key)

    def _bury(self, random: Random, place: Place) -> None:
        """Under many lists or objects; not every time, for it is slow."""
        container, key = place
        if random.random() < 0.5:
            lists = random.random() < 0.5
            for _ in range(random.choice((3, 30, 1200))):
                container[key] = [container[key]] if lists or random.random() < 0.5 else {"items": container[key]}


def places(found: Any) -> Iterator[Place]:
    """All places in an event; by no recursion, since some are deep."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            waiting.append(one[key])
