"""The approval page: what it says, what its forms send, and that nothing breaks out of it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import get_args

import pytest

from functions.approval import page
from functions.approval.page import Page
from functions.approval.view import RequestView, Status
from tests import approval_views as views
from tests.approval_views import NOW, Decision, form, item, view

VOID = {"input", "meta", "br", "wbr"}


@dataclass
class Tag:
    name: str
    attributes: dict[str, str]
    text: str = ""

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")


@dataclass
class Form:
    """A form with the fields and buttons that belong to it, inside it or by `form=`."""

    tag: Tag
    controls: list[Tag] = field(default_factory=list)

    def named(self, name: str) -> list[Tag]:
        return [one for one in self.controls if one.get("name") == name]

    def value(self, name: str) -> str:
        (one,) = self.named(name)
        return one.get("value")

    @property
    def ticked(self) -> list[str]:
        return [one.get("value") for one in self.named("item") if "checked" in one.attributes]

    @property
    def buttons(self) -> list[Tag]:
        return [one for one in self.controls if one.name == "button" and "hidden" not in one.attributes]


class Document(HTMLParser):
    """A page as a browser takes it: its tags in order, its text, its forms."""

    def __init__(self, shown: Page) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.words: list[str] = []
        self._open: list[Tag] = []
        self.feed(shown.body)
        self.close()
        assert not self._open, "a tag is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag} has an attribute twice"
        made = Tag(tag, {name: value or "" for name, value in attrs})
        inside = next((one for one in reversed(self._open) if one.name == "form"), None)
        if inside and "form" not in made.attributes:
            made.attributes["form"] = inside.get("id")
        self.tags.append(made)
        if tag not in VOID:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        if not any(one.name == "style" for one in self._open):
            self.words.append(data)
        for one in self._open:
            one.text += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, name: str) -> list[Tag]:
        return [one for one in self.tags if one.name == name]

    def form(self, decision: str) -> Form:
        (tag,) = [one for one in self.all("form") if one.get("id") == decision]
        fields = [one for one in self.tags if one.name in ("input", "textarea", "button", "select")]
        return Form(tag, [one for one in fields if one.get("form") == decision])

    @property
    def forms(self) -> list[Decision]:
        return [one for one in get_args(Decision) if one in {tag.get("id") for tag in self.all("form")}]


def asked(request: RequestView, selected: str = "approve", *, may_approve: bool = True) -> Page:
    return page.question(request, form("approve") if may_approve else None, form("reject"), selected, NOW)


PAGES = {
    "one": asked(view(item())),
    "one lasting": asked(view(item(lasting=True))),
    "mixed": asked(views.mixed()),
    "mixed, may choose": asked(views.mixed(may_choose=True)),
    "reject": asked(views.mixed(), "reject"),
    "many": asked(views.many()),
    "by name": asked(view(item(0), item(1, named=True, may_choose=False))),
    "by name alone": asked(view(item(named=True, may_choose=False)), may_approve=False),
    "rejecting by name alone": asked(view(item(named=True, may_choose=False)), "reject", may_approve=False),
    "not by link": asked(view(item(lasting=True, may_choose=False)), may_approve=False),
    "hostile": asked(views.hostile()),
    "hostile, rejecting": asked(views.hostile(), "reject"),
    "hostile, decided": page.decided(
        replace(views.hostile(), status="done", decided_how="link", decided_at=NOW), NOW, None
    ),
    "done": page.decided(views.done(), NOW, form("undo")),
    "timed out": page.decided(views.timed_out(), NOW, None),
    "refusal": page.refusal(403, views.HOSTILE[:200], views.HOSTILE),
}
each_page = pytest.mark.parametrize("shown", PAGES.values(), ids=PAGES)


# --- what is true of every page


@each_page
def test_a_page_is_whole_and_named(shown: Page) -> None:
    document = Document(shown)
    assert shown.body.startswith("<!doctype html>")
    assert [one.get("lang") for one in document.all("html")] == ["en"]
    assert len(document.all("title")) == len(document.all("h1")) == len(document.all("main")) == 1
    ids = [one.get("id") for one in document.tags if "id" in one.attributes]
    assert len(ids) == len(set(ids))


@each_page
def test_nothing_in_a_page_runs_or_is_fetched(shown: Page) -> None:
    document = Document(shown)
    allowed = {"html", "head", "meta", "title", "style", "body", "main", "div", "section", "details", "summary"}
    allowed |= {"h1", "h2", "p", "b", "strong", "small", "span", "bdi", "wbr", "br", "code", "time", "ul", "li"}
    allowed |= {"dl", "dt", "dd", "form", "fieldset", "legend", "label", "input", "textarea", "button", "a"}
    assert {one.name for one in document.tags} <= allowed
    for one in document.tags:
        assert not {name for name in one.attributes if name.startswith("on") or name in ("style", "src", "formaction")}
        target = one.get("href") + one.get("action")
        assert not target or target[0] in "/#", target
    assert "<script" not in shown.body
    assert "//" not in re.sub(r"<title>.*?</title>|<bdi>.*?</bdi>", "", shown.body)
    assert "@import" not in shown.body
    assert "url(" not in shown.body


@each_page
def test_the_headers_allow_this_style_sheet_and_nothing_else(shown: Page) -> None:
    (style,) = Document(shown).all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    policy = dict(part.strip().split(" ", 1) for part in shown.headers["content-security-policy"].split(";"))
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert policy["form-action"] == "'self'"
    for kind in ("default-src", "script-src", "img-src", "base-uri", "frame-ancestors"):
        assert policy[kind] == "'none'"
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"
    assert {"strict-transport-security", "cross-origin-opener-policy", "permissions-policy"} <= set(shown.headers)


@each_page
def test_every_field_has_a_name_that_is_read_out(shown: Page) -> None:
    document = Document(shown)
    labelled = {one.get("for") for one in document.all("label")}
    inside_a_label = re.findall(r'<label class="(?:top|choice)"><input type="(?:checkbox|radio)"', shown.body)
    boxes = [one for one in document.all("input") if one.get("type") in ("checkbox", "radio")]
    assert len(boxes) == len(inside_a_label)
    for one in [*document.all("textarea"), *(f for f in document.all("input") if f.get("type") == "text")]:
        assert one.get("id") in labelled


@each_page
def test_a_form_posts_its_own_token_and_enter_does_not_press_a_button(shown: Page) -> None:
    document = Document(shown)
    for decision in document.forms:
        made = document.form(decision)
        assert made.tag.get("method") == "post"
        assert made.tag.get("action") == form(decision).action
        assert made.tag.get("enctype") == "application/x-www-form-urlencoded"
        assert made.value("token") == form(decision).token
        first = next(one for one in made.controls if one.name == "button")
        assert {"disabled", "hidden"} <= set(first.attributes)


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("hostile")])
def test_hostile_texts_are_shown_and_do_nothing(name: str) -> None:
    shown = PAGES[name]
    assert "<script>alert(1)</script>" in Document(shown).text
    assert not [sign for sign in shown.body if not sign.isprintable() and sign != "\n"]
    assert "[U+202E]" in shown.body
    assert "[U+000A]" in shown.body
    assert "💸" in shown.body


def test_a_text_without_an_end_is_cut_and_says_so() -> None:
    shown = asked(view(item(name="n" * 5000, reason="r" * 5000)))
    assert len(shown.body) < 20_000
    assert "(5000 characters)" in shown.body


def test_a_lone_surrogate_in_a_name_can_still_be_sent() -> None:
    assert "[U+D800]" in asked(view(item(name="\ud800"))).body.encode().decode()


# --- the question


@pytest.mark.parametrize("selected", ["approve", "reject"])
def test_a_question_says_what_why_how_much_where_and_until_when(selected: str) -> None:
    text = Document(asked(views.mixed(), selected)).text
    for said in (
        f"{selected.capitalize()} 12 changes?",
        "$569.90",
        "3",
        "cannot be undone",
        "log_retention",
        "approve mode",
        "123456789012",
        "us-east-1",
        "/aws/lambda/checkout-api",
        "days none → 30",
        "never expires, should keep 30 days (default)",
        "stored bytes",
        "8,016,690,124,003",
        "payments",
        "it is 412 days old and holds 8.0 TB: what is older than 30 days is deleted",
        "log data that expired meanwhile does not come back",
        "Sunday 14 March 2027, 07:34 UTC",
        "2 days 4 hours left",
        "Nothing has been changed yet",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=2, hours=4, minutes=59), "2 days 4 hours left"),
        (timedelta(days=1, minutes=5), "1 day left"),
        (timedelta(hours=3, minutes=12), "3 hours 12 minutes left"),
        (timedelta(minutes=1, seconds=59), "1 minute left"),
        (timedelta(seconds=20), "less than a minute left"),
        (timedelta(seconds=-1), "has passed"),
    ],
)
def test_the_time_that_is_left_is_said_in_words(left: timedelta, said: str) -> None:
    assert f"({said})" in Document(asked(replace(view(item()), deadline=NOW + left))).text


def test_the_largest_saving_comes_first() -> None:
    shown = asked(view(item(0, saving=1.0), item(1, saving=-5.0), item(2, saving=30.0)))
    assert [one.get("value") for one in Document(shown).form("approve").named("item")] == [
        item(n).id for n in (2, 0, 1)
    ]
    assert "$5.00 more a month" in Document(shown).text


def test_what_is_ticked_is_sent_and_nothing_else() -> None:
    made = Document(asked(views.mixed(may_choose=True))).form("approve")
    assert made.value("scope") == "ticked"
    assert sorted(made.ticked) == sorted(one.id for one in views.mixed().items)
    (button,) = made.buttons
    assert button.text == "Approve what is ticked of 12 changes"


def test_what_a_link_may_not_approve_cannot_be_ticked_and_says_why() -> None:
    document = Document(asked(views.mixed()))
    boxes = document.form("approve").named("item")
    barred = {one.id for one in views.mixed().items if not one.may_choose}
    assert {one.get("value") for one in boxes if "disabled" in one.attributes} == barred
    assert not {one.get("value") for one in boxes if "checked" in one.attributes} & barred
    assert document.text.count("This link may not approve it.") == len(barred) == 3
    assert "fusebox approve run-1 --stack Fusebox" in document.text
    assert "those are asked about again" in document.text


def test_what_cannot_be_undone_is_marked_in_words_and_read_before_it_is_sent() -> None:
    document = Document(asked(views.mixed(may_choose=True)))
    assert document.text.count("Cannot be undone") == 3
    (confirm,) = [one for one in document.form("approve").controls if "required" in one.attributes]
    assert (confirm.get("type"), confirm.get("name")) == ("checkbox", "")
    calm = Document(asked(view(item()))).form("approve")
    assert not [one for one in calm.controls if "required" in one.attributes]


def test_one_change_needs_no_box() -> None:
    made = Document(asked(view(item()))).form("approve")
    assert (made.value("item"), made.value("scope")) == (item().id, "ticked")
    assert [one.get("type") for one in made.named("item")] == ["hidden"]
    (button,) = made.buttons
    assert button.text == "Approve this changeIt saves $240.50 a month"


def test_a_partial_approval_says_what_becomes_of_the_rest() -> None:
    text = Document(asked(view(item(0), item(1), reject_days=14))).text
    assert "What you untick is not changed: it is exempted for 14 days, until 26 March 2027." in text
    assert "untick" not in Document(asked(view(item()))).text


def test_what_is_not_listed_is_approved_by_a_button_that_says_so() -> None:
    document = Document(asked(views.many(items=20, more=30)))
    made = document.form("approve")
    ticked, everything = made.buttons
    assert (ticked.get("name"), ticked.get("value")) == ("scope", "ticked")
    assert (everything.get("name"), everything.get("value")) == ("scope", "all")
    assert ticked.text == "Approve what is ticked of 50 changes"
    assert everything.text == "Approve all 50 changes,whatever is ticked"
    assert [one for one in made.named("scope") if one.name == "input"] == []
    assert "What you untick or this page does not list is not changed" in document.text
    assert "the 20 listed here and 30 more" in document.text
    assert "fusebox ledger show run-1 --stack Fusebox" in document.text


@pytest.mark.parametrize(
    "request_view",
    [
        replace(views.many(items=20, more=30), irreversible=1),
        view(item(0), item(1, lasting=True, may_choose=False), more=30),
        replace(views.many(items=20, more=30), named=1),
    ],
    ids=[
        "one that is not listed cannot be undone",
        "one that is listed may not be approved",
        "one that is not listed takes a name",
    ],
)
def test_all_is_not_offered_where(request_view: RequestView) -> None:
    made = Document(asked(request_view)).form("approve")
    assert made.value("scope") == "ticked"
    assert len(made.buttons) == 1


def test_a_rejection_needs_reason_owner_and_an_end() -> None:
    document = Document(asked(views.mixed(), "reject"))
    made = document.form("reject")
    for name in ("reason", "owner"):
        (one,) = made.named(name)
        assert "required" in one.attributes
    days = made.named("days")
    assert [one.get("value") for one in days] == ["7", "30", "90"]
    assert [one.get("value") for one in days if "checked" in one.attributes] == ["30"]
    assert made.named("item") == []
    assert [one.text for one in made.buttons] == ["Reject all 12 changes"]
    assert "All 12 resources are exempted" in document.text
    assert "until 10 June 2027" in document.text


def test_the_policys_own_days_are_among_the_choices() -> None:
    days = Document(asked(view(item(), reject_days=45))).form("reject").named("days")
    assert [one.get("value") for one in days] == ["7", "30", "45", "90"]
    assert [one.get("value") for one in days if "checked" in one.attributes] == ["45"]


def test_the_link_that_was_opened_decides_what_comes_first() -> None:
    approving, rejecting = asked(views.mixed()).body, asked(views.mixed(), "reject").body
    assert approving.index("<h2>Approve</h2>") < approving.index('<details class="panel"><summary><h2>Reject instead')
    assert rejecting.index("<h2>Reject</h2>") < rejecting.index('<details class="panel"><summary><h2>Approve instead')
    assert Document(asked(views.mixed(), "reject")).forms == ["reject"]
    assert f'href="{form("approve").action.replace("&", "&amp;")}"' in rejecting


@pytest.mark.parametrize("selected", ["approve", "reject"])
def test_a_link_that_may_not_approve_names_the_command_that_can(selected: str) -> None:
    shown = asked(view(item(lasting=True, may_choose=False)), selected, may_approve=False)
    document = Document(shown)
    assert document.forms == ["reject"]
    assert document.form("reject").named("item") == []
    assert "This link may not approve the change" in document.text
    assert "fusebox approve run-1 --stack Fusebox" in document.text


def test_what_takes_a_name_says_so_and_has_no_box_that_ticks() -> None:
    document = Document(PAGES["by name"])
    boxes = {one.get("value"): one.attributes for one in document.form("approve").named("item")}
    assert "disabled" in boxes[item(1).id]
    assert "checked" in boxes[item(0).id]
    assert document.text.count("By name only A person whom IAM or Slack knows has to approve it.") == 1
    assert "By name only. 1 of 2 changes takes a person whom IAM or Slack knows" in document.text
    assert "By name only" not in Document(asked(view(item()))).text


@pytest.mark.parametrize("name", ["by name alone", "rejecting by name alone"])
def test_where_all_takes_a_name_the_page_names_the_command_and_exempts_nothing(name: str) -> None:
    document = Document(PAGES[name])
    assert document.forms == ["reject"]
    assert "a link names nobody, and this takes a person known by name" in document.text
    assert "fusebox approve run-1 --stack Fusebox" in document.text
    assert "Nothing is changed, and nothing is exempted: all stays as it is." in document.text
    made = document.form("reject")
    assert [one.get("name") for one in made.controls if "required" in one.attributes] == ["reason"]


def test_a_rejection_of_some_that_take_a_name_exempts_the_others() -> None:
    text = Document(asked(view(item(0), item(1, named=True, may_choose=False)), "reject")).text
    assert "1 resource is exempted" in text
    assert "What takes a person known by name stays as it is." in text


def test_silence_that_acts_does_nothing_where_a_person_has_to() -> None:
    acts = view(item(0, named=True, may_choose=False), item(1, lasting=True), on_timeout="act")
    assert "If nobody answers, nothing happens." in Document(asked(acts)).text
    assert "what can be undone is done" in Document(asked(view(item(0), on_timeout="act"))).text


def test_two_hundred_items_stay_small() -> None:
    assert len(asked(views.many()).body.encode()) < 300_000


# --- afterwards


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("approved", "Approved: under way Fusebox is making the changes now. Reload this page"),
        ("rejected", "Rejected Nothing was changed."),
        ("timed_out", "Nobody answered in time Nothing was changed."),
        ("superseded", "Superseded When Fusebox looked again, what was approved had changed or was gone."),
        ("held_back", "Held back A pause, an exemption or observe mode stopped it."),
        ("failed", "Not everything could be done What became of each change is below"),
        ("done", "Approved and done"),
        ("asked", "Waiting for an answer Nobody has decided yet, and nothing has been changed."),
    ],
)
def test_afterwards_the_page_says_how_it_stands(status: Status, said: str) -> None:
    document = Document(page.decided(views.answered(status, item(0), item(1)), NOW, None))
    assert said.replace(" ", "") in document.text.replace(" ", "")
    assert document.forms == []


@pytest.mark.parametrize(
    ("how", "by", "said"),
    [
        ("iam", "arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:user/ada, by command"),
        ("slack", "U012AB3CD", "Slack user U012AB3CD, by a button in Slack"),
        ("link", "link holder", "the link holder, by a signed link, which names nobody"),
    ],
)
def test_it_says_who_decided_how_when_and_why(how: str, by: str, said: str) -> None:
    shown = page.decided(views.answered("done", item(), decided_how=how, decided_by=by), NOW, None)
    text = Document(shown).text
    assert said in text
    assert "Friday 12 March 2027, 02:04 UTC" in text
    assert "agreed with the payments team" in text


def test_a_rejection_says_what_is_exempt_until_when() -> None:
    text = Document(page.decided(views.answered("rejected", item(0), item(1)), NOW, None)).text
    assert "2 resources, until 11 April 2027" in text


def test_an_approval_of_all_exempts_nothing() -> None:
    text = Document(page.decided(views.answered("done", item(0), item(1)), NOW, None)).text
    assert "Approvedboth changes" in text
    assert "until 11 April 2027" not in text


def test_afterwards_nobody_has_to_approve_it_any_more() -> None:
    done = views.answered("done", item(named=True, may_choose=False, result="done", action_id="a-1"))
    shown = page.decided(done, NOW, None)
    assert "has to approve" not in shown.body
    assert 'class="lasting"' not in shown.body


def test_it_says_what_became_of_each() -> None:
    text = Document(page.decided(views.done(), NOW, None)).text
    assert "8 done, 1 not touched: it has changed since, 1 failed, 1 turned back" in text
    assert "AccessDeniedException: a service control policy denies it" in text
    assert "turned back by link holder" in text
    assert "Not approved" in text
    assert "a-7" in text


def test_silence_that_acts_is_told_as_such() -> None:
    shown = page.decided(views.answered("approved", item(), decided_how="time-out", until=None), NOW, None)
    assert "Nobody answered in time; the policy then makes what can be undone." in Document(shown).text


def test_an_undo_offers_what_can_be_turned_back_and_says_what_it_cannot_do() -> None:
    document = Document(page.decided(views.done(), NOW, form("undo")))
    made = document.form("undo")
    can = {one.id for one in views.done().items if one.undoable}
    assert {one.get("value") for one in made.named("item")} == set(made.ticked) == can
    assert made.value("scope") == "ticked"
    assert [one.text for one in made.buttons] == ["Undo what is ticked of 8 changes"]
    assert "What it cannot bring back: log data that expired meanwhile does not come back." in document.text
    assert "unless somebody has changed it since" in document.text


def test_the_one_thing_that_can_be_turned_back_is_named_by_the_button() -> None:
    ended = views.answered("done", item(0, result="done", undoable=True, action_id="a-0"), item(1, result="gone"))
    made = Document(page.decided(ended, NOW, form("undo"))).form("undo")
    assert [(one.get("type"), one.get("value")) for one in made.named("item")] == [("hidden", item(0).id)]
    assert [one.text for one in made.buttons] == ["Undo this change"]


# --- refusals


def test_a_refusal_says_nothing_about_any_request() -> None:
    shown = page.refusal(410, "This link opens nothing", "This link has expired.")
    document = Document(shown)
    assert shown.status == 410
    assert document.forms == []
    assert "This link has expired." in document.text
    assert not any(word in shown.body for word in ("run-1", "log_retention", "123456789012", "us-east-1"))
