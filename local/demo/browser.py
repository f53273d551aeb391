"""A visitor of web pages on loopback who has no scripts: opens a link, reads its forms, fills one in, sends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPErrorProcessor, Request, build_opener

FORM = "application/x-www-form-urlencoded"


class _AsTheyCome(HTTPErrorProcessor):
    """Errors and redirects as answers, not exceptions."""

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 - the handler's signature
        return response


@dataclass(frozen=True)
class Answer:
    """What came back; header names are lower-case."""

    status: int
    body: str
    headers: dict[str, str]


def send(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
    """One request; nothing is followed."""
    request = Request(url, body, headers or {}, method=method)  # noqa: S310 - the local account's own pages
    with build_opener(_AsTheyCome).open(request, timeout=60) as answer:
        got = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, answer.read().decode(), got)


@dataclass
class Form:
    """A form as the page shows it: where it goes, what it carries anyway, and the boxes that may be ticked."""

    page: str
    action: str
    carried: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)

    def send(self, *ticked: str, **fields: str) -> Answer:
        """Posts the form with these boxes ticked and these fields filled in."""
        kept = [one for one in self.carried if one[0] not in fields]
        body = urlencode([*kept, *(("item", one) for one in ticked), *fields.items()]).encode()
        return send("POST", urljoin(self.page, self.action), body, {"content-type": FORM})


class _Forms(HTMLParser):
    def __init__(self, url: str, html: str) -> None:
        super().__init__()
        self._url = url
        self.found: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(self._url, given["action"]))
        elif tag == "input" and self.found and "disabled" not in given:
            form, kind = self.found[-1], given.get("type", "text")
            if kind == "hidden" or (kind == "radio" and "checked" in given):
                form.carried.append((given["name"], given["value"]))
            elif kind == "checkbox" and given.get("name") == "item":
                form.boxes.append(given["value"])


def form(link: str, decision: str) -> Form:
    """Opens a link, which decides nothing, and returns the page's form for a decision."""
    shown = send("GET", link)
    found = [one for one in _Forms(link, shown.body).found if f"/{decision}?" in one.action]
    if len(found) != 1:
        raise LookupError(f"the page at {link} has {len(found)} forms to {decision} (status {shown.status})")
    return found[0]
