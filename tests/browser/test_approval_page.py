"""The approval page as Chromium shows it: on a phone and at a desk, in light and dark, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.approval import page
from functions.approval.page import Page
from functions.approval.view import RequestView
from tests import approval_views as views
from tests.approval_views import NOW, form, item, view
from tests.browser.conftest import DESK, PHONE, Site, Tab

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
NARROW = (360, 740)


def asked(request: RequestView, selected: str = "approve", *, may_approve: bool = True) -> Page:
    return page.question(request, form("approve") if may_approve else None, form("reject"), selected, NOW)


PAGES = {
    "one change": asked(view(item())),
    "one that cannot be undone": asked(view(item(lasting=True))),
    "one that a link may not approve": asked(view(item(lasting=True, may_choose=False)), may_approve=False),
    "twelve mixed": asked(views.mixed()),
    "twelve mixed to reject": asked(views.mixed(), "reject"),
    "four hundred": asked(views.many()),
    "hostile": asked(views.hostile()),
    "under way": page.decided(views.answered("approved", item(0), item(1)), NOW, None),
    "done with undo": page.decided(views.done(), NOW, form("undo")),
    "rejected": page.decided(views.answered("rejected", item(0), item(1), decided_how="link"), NOW, None),
    "timed out": page.decided(views.timed_out(), NOW, None),
    "refusal": page.refusal(200, "This link opens nothing", "This link has expired."),
}
each_page = pytest.mark.parametrize("name", PAGES)


@each_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_text_can_be_read(
    name: str,
    size: tuple[int, int],
    scheme: str,
    site: Site,
    tabs: Callable[..., Tab],
    screenshot: Callable[..., Path],
) -> None:
    tab = tabs(size, scheme)
    tab.goto(site.show(PAGES[name]))
    screenshot(tab, f"{name} {size[0]} {scheme}", whole=name != "four hundred")
    tab.evaluate(OPEN_ALL)
    found = tab.evaluate(CONTRAST)
    assert found["poor"] == []
    assert found["checked"] > 3


@each_page
def test_nothing_has_to_be_scrolled_sideways(name: str, site: Site, tabs: Callable[..., Tab]) -> None:
    tab = tabs(NARROW)
    tab.goto(site.show(PAGES[name]))
    tab.evaluate(OPEN_ALL)
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    beyond = "Array.from(document.querySelectorAll('main *'), e => e.getBoundingClientRect().right)"
    assert tab.evaluate(f"Math.max(...{beyond})") <= NARROW[0]


@each_page
def test_what_can_be_tapped_is_large_enough(name: str, site: Site, tabs: Callable[..., Tab]) -> None:
    tab = tabs(PHONE)
    tab.goto(site.show(PAGES[name]))
    targets = "button:not([hidden]), label:has(input), .field input, textarea, summary, a"
    sizes = tab.locator(targets).evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => [e.getBoundingClientRect().height, e.textContent])"
    )
    assert [(height, text) for height, text in sizes if height < 40] == []


def test_by_keyboard_alone_a_box_is_unticked_and_the_rest_is_sent(site: Site, tabs: Callable[..., Tab]) -> None:
    site.show(PAGES["under way"], "/after")
    request = views.mixed()
    tab = tabs()
    tab.goto(site.show(asked(request)))
    tab_to(tab, "input[name=item]")
    unticked = focused(tab, "value")
    tab.keyboard.press("Space")
    tab_to(tab, "textarea[form=approve]")
    tab.keyboard.type("agreed")
    tab_to(tab, "button[form=approve]")
    assert outline(tab) >= 2
    assert "Ticked: 8 of 12 changes" in heard(tab)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/after")
    ((path, fields),) = site.posted
    assert path == form("approve").action
    chosen = [one.id for one in request.items if one.may_choose and one.id != unticked]
    assert len(chosen) == 8
    assert fields == {"token": ["t" * 64], "scope": ["ticked"], "item": chosen, "reason": ["agreed"]}


@pytest.mark.parametrize("where", ["input[name=item]", "#owner"])
def test_enter_sends_nothing_unless_a_button_is_focused(where: str, site: Site, tabs: Callable[..., Tab]) -> None:
    tab = tabs()
    tab.goto(site.show(asked(views.mixed())))
    tab.locator("summary", has_text="Reject instead").click()
    tab.locator("#why-reject").fill("no")
    tab.locator("#owner").fill("ada@example.com")
    tab.locator(where).first.press("Enter")
    tab.wait_for_timeout(300)
    assert site.posted == []


def test_the_ticks_are_counted(site: Site, tabs: Callable[..., Tab]) -> None:
    tab = tabs()
    tab.goto(site.show(asked(views.mixed(may_choose=True))))
    assert "Ticked: 12 of 12 changes" in heard(tab)
    boxes = tab.locator("input[name=item]")
    boxes.nth(0).uncheck()
    boxes.nth(5).uncheck()
    assert "Ticked: 10 of 12 changes" in heard(tab)
    tab.get_by_role("button", name="Approve what is ticked", exact=True).wait_for()


def test_what_cannot_be_undone_is_read_before_it_is_sent(site: Site, tabs: Callable[..., Tab]) -> None:
    site.show(PAGES["under way"], "/after")
    tab = tabs()
    tab.goto(site.show(PAGES["one that cannot be undone"]))
    approve = tab.get_by_role("button", name="Approve this change It saves $240.50 a month")
    approve.click()
    tab.wait_for_timeout(300)
    assert site.posted == []
    tab.get_by_label("I have read what cannot be undone").check()
    approve.click()
    tab.wait_for_url("**/after")
    assert site.posted[0][1] == {"token": ["t" * 64], "scope": ["ticked"], "item": [item().id], "reason": [""]}


@pytest.mark.parametrize(("words", "scope"), [("what is ticked", "ticked"), ("all 50 changes", "all")])
def test_of_two_buttons_each_sends_what_it_says(words: str, scope: str, site: Site, tabs: Callable[..., Tab]) -> None:
    site.show(PAGES["under way"], "/after")
    tab = tabs()
    tab.goto(site.show(asked(views.many(items=20, more=30))))
    tab.get_by_role("button", name=words).click()
    tab.wait_for_url("**/after")
    assert site.posted[0][1]["scope"] == [scope]
    assert len(site.posted[0][1]["item"]) == 20


@pytest.mark.parametrize("selected", ["approve", "reject"])
def test_a_rejection_sends_reason_owner_and_days(selected: str, site: Site, tabs: Callable[..., Tab]) -> None:
    site.show(PAGES["rejected"], "/after")
    tab = tabs()
    tab.goto(site.show(asked(views.mixed(), selected)))
    if selected == "approve":
        tab.locator("summary", has_text="Reject instead").click()
    button = tab.get_by_role("button", name="Reject all 12 changes")
    button.click()
    tab.wait_for_timeout(300)
    assert site.posted == []
    reject = tab.locator("form#reject")
    reject.get_by_label("Reason").fill("logs of the lawsuit\nuntil June")
    reject.get_by_label("Owner").fill("ada@example.com")
    reject.get_by_label("90 days").check()
    button.click()
    tab.wait_for_url("**/after")
    assert site.posted == [
        (
            form("reject").action,
            {
                "token": ["t" * 64],
                "reason": ["logs of the lawsuit\r\nuntil June"],
                "owner": ["ada@example.com"],
                "days": ["90"],
            },
        )
    ]


def test_from_the_reject_page_one_gets_to_the_approve_page(site: Site, tabs: Callable[..., Tab]) -> None:
    site.show(asked(views.mixed()), form("approve").action)
    tab = tabs()
    tab.goto(site.show(asked(views.mixed(), "reject")))
    tab.locator("summary", has_text="Approve instead").click()
    tab.get_by_role("link", name="Go to approve").click()
    tab.wait_for_url("**/approve?*")
    assert tab.locator("h1").inner_text() == "Approve 12 changes?"
    assert site.posted == []


def test_an_undo_sends_what_is_ticked(site: Site, tabs: Callable[..., Tab]) -> None:
    site.show(PAGES["done with undo"], "/after")
    tab = tabs()
    tab.goto(site.show(PAGES["done with undo"]))
    tab.locator("input[name=item]").first.uncheck()
    assert "Ticked: 7 of 8 changes" in heard(tab)
    tab.get_by_role("button", name="Undo what is ticked").click()
    tab.wait_for_url("**/after")
    ((path, fields),) = site.posted
    assert path == form("undo").action
    assert len(fields["item"]) == 7


def test_hostile_texts_neither_run_nor_cover_anything(site: Site, tabs: Callable[..., Tab]) -> None:
    tab = tabs(DESK)
    tab.on("dialog", lambda _: pytest.fail("a script ran"))
    tab.goto(site.show(PAGES["hostile"]))
    assert tab.locator("script, img, [onfocus], [onerror]").count() == 0
    assert tab.title() == "Approve 2 changes? · Fusebox"
    names = tab.locator(".name")
    for number in range(2):
        box = names.nth(number).bounding_box()
        assert box["x"] + box["width"] < DESK[0] - 23 * 16


def test_a_browser_refuses_any_other_style_or_script(
    site: Site, tabs: Callable[..., Tab], complaints: list[str]
) -> None:
    shown = PAGES["one change"]
    tampered = shown.body.replace("</main>", '<script>document.title = "ran"</script><p style="color:red">x</p></main>')
    tab = tabs()
    tab.goto(site.show(replace(shown, body=tampered)))
    assert tab.title() == "Approve 1 change? · Fusebox"
    assert len([one for one in complaints if one.startswith("CSP: ")]) == 2
    complaints.clear()


def tab_to(tab: Tab, selector: str) -> None:
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tab.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def focused(tab: Tab, attribute: str) -> Any:
    return tab.evaluate("name => document.activeElement.getAttribute(name)", attribute)


def outline(tab: Tab) -> float:
    return float(tab.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))


def heard(tab: Tab) -> str:
    """The texts of the page as Chromium gives them to a screen reader, what the style sheet counts included."""
    tree = tab.context.new_cdp_session(tab).send("Accessibility.getFullAXTree")["nodes"]
    return "".join(one["name"]["value"] for one in tree if one.get("role", {}).get("value") == "StaticText")
