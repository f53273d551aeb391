"""The approval page's visitors: a GET shows and changes nothing, a form's POST with its own token decides.

Mail scanners and chat previews fetch every link, and some run scripts: nothing here is decided by opening a page.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from functions.approval import deciding, links, page, views
from functions.approval.deciders import LINK_HOLDER, Decider
from functions.approval.deciding import NotAllowed, Wish
from functions.approval.environment import Environment
from functions.approval.forms import DAYS
from functions.approval.links import BadLink, Link
from functions.approval.page import Page
from functions.approval.view import Form
from functions.approval.web import FORM, WebAnswer, WebRequest
from functions.core import requests
from functions.core.answers import NotOpen
from functions.core.items import of_request
from functions.core.requests import Request
from functions.core.types import Refused

PREFIX = "/r/"
HOLDER = Decider(LINK_HOLDER, "link")


def visit(here: Environment, request: WebRequest) -> WebAnswer:
    """Answers a visit of the page; what a link does not open reveals nothing about any request."""
    try:
        shown = _visit(here, request)
    except BadLink as bad:
        shown = page.refusal(bad.status, "This link opens nothing", str(bad))
    body = "" if request.method == "HEAD" else shown.body
    return WebAnswer(shown.status, body, shown.headers)


def _visit(here: Environment, request: WebRequest) -> Page:
    if request.method not in ("GET", "HEAD", "POST"):
        return page.refusal(405, "Not possible", "This page takes GET and POST only.")
    link, found = _opened(here, request)
    if request.method == "POST":
        return _post(here, request, link, found)
    return _shown(here, link, found)


def _opened(here: Environment, request: WebRequest) -> tuple[Link, Request]:
    """The link and its request. The nonce ties the link to the question as it was asked."""
    parts = request.path.removeprefix(PREFIX).split("/")
    if not request.path.startswith(PREFIX) or len(parts) != 2:
        raise BadLink(404, "This is not a link that Fusebox made.")
    link = links.verify(here.keys(), parts[0], parts[1], request.query, here.clock())
    found = requests.read(here.table, link.request)
    if found is None or not hmac.compare_digest(found.nonce.encode(), link.nonce.encode()):
        raise BadLink(403, "This link belongs to no question that was asked.")
    return link, found


def _shown(here: Environment, link: Link, found: Request, status: int = 200) -> Page:
    now = here.clock()
    items = of_request(here.table, found.id)
    view = views.of_request(here, found, items)
    if found.status == "asked" and link.decision != "undo":
        approve = _form(here, link, "approve") if any(one.may_choose for one in view.items) else None
        shown = page.question(view, approve, _form(here, link, "reject"), link.decision, now)
    else:
        undo = _form(here, link, "undo") if any(one.undoable for one in view.items) else None
        shown = page.decided(view, now, undo)
    return Page(status, shown.body, shown.headers) if status != shown.status else shown


def _form(here: Environment, link: Link, decision: links.Decision) -> Form:
    """A form for a decision: whoever holds one of a request's links holds them all."""
    keys = here.keys()
    other = Link(link.request, decision, link.expires, link.nonce, keys.newest)
    return Form(links.again(keys, link, decision), links.form_token(keys, other), decision)


def _post(here: Environment, request: WebRequest, link: Link, found: Request) -> Page:
    if request.content_type != FORM:
        return page.refusal(415, "Nothing was changed", "Only the form on the page can decide.")
    try:
        fields = request.form()
        wish = _wish(fields, {*DAYS, here.settings.reject_days})
    except ValueError:
        return page.refusal(400, "Nothing was changed", "The form could not be read.")
    tokens = fields.get("token", [])
    if len(tokens) != 1 or not links.is_form_token(here.keys(), link, tokens[0]):
        return page.refusal(403, "Nothing was changed", "Only the form on the page can decide: open the link again.")
    decide = {"approve": deciding.approve, "reject": deciding.reject, "undo": deciding.undo}[link.decision]
    try:
        decide(here, found, HOLDER, wish)
    except NotOpen as late:
        return _shown(here, link, late.request, 409)
    except NotAllowed as error:
        return page.refusal(403, "Nothing was changed", f"{error}.")
    except Refused as error:
        return page.refusal(400, "Nothing was changed", f"{error}.")
    # Seen by GET from here on, so that a reload posts nothing.
    return Page(303, "", {"location": f"{request.path}?{request.query}", "cache-control": "no-store"})


def _wish(fields: Mapping[str, list[str]], days_offered: set[int]) -> Wish:
    """What the form says; ValueError where it says what no form of ours does."""
    scope, days = _one(fields, "scope"), _one(fields, "days")
    if scope not in ("", "all", "ticked"):
        raise ValueError("scope")
    if days and days not in {str(one) for one in days_offered}:
        raise ValueError("days")
    items = None if scope == "all" else deciding.chosen(fields.get("item", []))
    owner = _one(fields, "owner")
    # Nobody knows who writes into the form: the exemption says so.
    return Wish(items, _one(fields, "reason"), f"{LINK_HOLDER}, who says: {owner}" if owner else "", int(days or 0))


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    values = fields.get(name, [""])
    if len(values) != 1 or len(values[0]) > 1000:
        raise ValueError(name)
    return values[0].strip()
