"""The whole way in Chromium: a message's link, the page at its function URL, the form, the workflow, the undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local import LocalAccount
from tests.browser.conftest import DESK, PHONE, Tab
from tests.e2e.asking import ends, links
from tests.e2e.conftest import START, old_with_data, puts, retention, sweep, young

GROUPS = [f"/ecs/task-{number}" for number in range(4)]


@pytest.fixture
def account(asking: Callable[..., Path]) -> Iterator[LocalAccount]:
    """Four young groups wait for an answer; the account goes on by itself while the browser clicks."""
    with LocalAccount(asking(), start=START) as account:
        account.seed_log_groups([young(name) for name in GROUPS])
        sweep(account)
        with account.live():
            yield account


def open_link(tabs: Callable[..., Tab], link: str, size: tuple[int, int] = PHONE) -> Tab:
    tab = tabs(size)
    tab.goto(link)
    return tab


def after(tab: Tab, words: str, times: int = 1) -> None:
    """Reloads, as a person would, until the workflow has got so far."""
    for _ in range(60):
        if tab.inner_text("body").count(words) >= times:
            return
        tab.wait_for_timeout(250)
        tab.reload()
    raise AssertionError(f"{words!r} never came:\n{tab.inner_text('body')}")


def ticked(tab: Tab) -> list[bool]:
    return [box.is_checked() for box in tab.query_selector_all('input[name="item"]')]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_all_is_approved_and_then_turned_back(
    account: LocalAccount, tabs: Callable[..., Tab], screenshot: Callable[..., Path], size: tuple[int, int]
) -> None:
    tab = open_link(tabs, links(account)["approve"], size)
    assert ticked(tab) == [True] * 4
    screenshot(tab, f"flow question {size[0]}")
    tab.click('button[form="approve"]')
    after(tab, "Approved and done")
    assert [retention(account, name) for name in GROUPS] == [30] * 4
    screenshot(tab, f"flow done {size[0]}")
    tab.click('button[form="undo"]')
    after(tab, "Turned back", times=4)
    assert [retention(account, name) for name in GROUPS] == [None] * 4
    screenshot(tab, f"flow turned back {size[0]}")


def test_some_are_approved_by_keyboard_alone(account: LocalAccount, tabs: Callable[..., Tab]) -> None:
    tab = open_link(tabs, links(account)["approve"])
    for _ in range(40):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.name") == "item":
            break
    tab.keyboard.press("Space")
    assert ticked(tab).count(False) == 1
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.matches('button[form=approve]')"):
            break
    tab.keyboard.press("Enter")
    after(tab, "Approved and done")
    assert puts(account) == 3
    assert "1 resource, until" in tab.inner_text("body")


def test_it_is_rejected_with_reason_owner_and_end(account: LocalAccount, tabs: Callable[..., Tab]) -> None:
    tab = open_link(tabs, links(account)["reject"])
    tab.fill('textarea[name="reason"]', "needed for the audit")
    tab.fill('input[name="owner"]', "ada@example.com")
    tab.check('input[name="days"][value="90"]')
    tab.click('button[form="reject"]')
    after(tab, "needed for the audit")
    for _ in range(40):
        if ends(account):
            break
        tab.wait_for_timeout(250)
    assert ends(account) == ["SUCCEEDED: Rejected"]
    assert puts(account) == 0


def test_a_rejection_without_a_reason_is_not_sent(account: LocalAccount, tabs: Callable[..., Tab]) -> None:
    tab = open_link(tabs, links(account)["reject"])
    tab.click('button[form="reject"]')
    assert tab.evaluate("document.querySelector('textarea[name=reason]').validity.valueMissing")
    assert tab.url == links(account)["reject"]


def test_a_used_link_shows_who_decided(account: LocalAccount, tabs: Callable[..., Tab], complaints: list[str]) -> None:
    first = open_link(tabs, links(account)["approve"])
    second = open_link(tabs, links(account)["approve"])
    first.click('button[form="approve"]')
    after(first, "Approved and done")
    second.click('button[form="approve"]')  # a page that was open all the time
    assert "the link holder" in second.inner_text("body")
    assert puts(account) == 4
    assert all("409" in one for one in complaints)  # the status, as the console tells it
    complaints.clear()


def test_a_used_links_answer_is_told_as_a_conflict(
    account: LocalAccount, tabs: Callable[..., Tab], complaints: list[str]
) -> None:
    tab = open_link(tabs, links(account)["approve"])
    form = tab.query_selector("form#approve")
    assert form is not None
    action, token = form.get_attribute("action"), tab.get_attribute('form#approve input[name="token"]', "value")
    tab.click('button[form="approve"]')
    after(tab, "Approved and done")
    base = account.outputs["ApprovalUrl"].rstrip("/")
    again = tab.request.post(f"{base}{action}", form={"token": token, "scope": "all"})
    assert again.status == 409
    complaints.clear()


@pytest.mark.parametrize("what", ["forged", "another request", "nothing"])
def test_what_opens_nothing_says_so_and_nothing_more(
    account: LocalAccount,
    tabs: Callable[..., Tab],
    complaints: list[str],
    screenshot: Callable[..., Path],
    what: str,
) -> None:
    link = links(account)["approve"]
    base = account.outputs["ApprovalUrl"]
    forged = {
        "forged": link[:-4] + "0000",
        "another request": link.replace("/approve?", "x/approve?"),
        "nothing": f"{base}r/",
    }
    tab = open_link(tabs, forged[what])
    shown = tab.inner_text("body")
    assert not any(name in shown for name in (*GROUPS, "log_retention", "123456789012"))
    assert tab.query_selector("form") is None
    screenshot(tab, f"flow {what}")
    assert all("Failed to load resource" in one for one in complaints)  # the status, as the console tells it
    complaints.clear()


def test_an_expired_link_says_so(asking: Callable[..., Path], tabs: Callable[..., Tab], complaints: list[str]) -> None:
    with LocalAccount(asking(), start=START) as account:
        account.seed_log_groups([young(GROUPS[0])])
        sweep(account)
        link = links(account)["approve"]
        account.advance(timedelta(hours=73))
        with account.live():
            tab = open_link(tabs, link)
        assert "expired" in tab.inner_text("body")
        assert tab.query_selector("form") is None
    complaints.clear()


def test_a_link_does_not_offer_what_cannot_be_undone(
    asking: Callable[..., Path], tabs: Callable[..., Tab], screenshot: Callable[..., Path]
) -> None:
    with LocalAccount(asking(), start=START) as account:
        account.seed_log_groups([young(GROUPS[0]), old_with_data()])
        sweep(account)
        with account.live():
            tab = open_link(tabs, links(account)["approve"])
            assert sorted(box.is_disabled() for box in tab.query_selector_all('input[name="item"]')) == [False, True]
            assert "This link may not approve" in tab.inner_text("body")
            screenshot(tab, "flow mixed")
            tab.click('button[form="approve"]')
            after(tab, "Approved and done")
        assert (retention(account, GROUPS[0]), retention(account, "/legacy/orders")) == (30, None)


def test_a_prefetch_that_runs_scripts_and_follows_nothing_decides_nothing(
    account: LocalAccount, tabs: Callable[..., Tab]
) -> None:
    for link in links(account).values():
        tab = open_link(tabs, link)
        tab.mouse.wheel(0, 5000)
        tab.wait_for_timeout(500)
        assert tab.url == link
    assert (puts(account), ends(account)) == (0, [])
