"""Keys come back by a person's word or with a new period, and never while another budget holds them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core.types import Refused, iso
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.decide import decide
from tests.unit.llm_keys.office import BATCH, CHAT, SCOPE, Office, budget, settings, told
from tests.unit.llm_keys.people import approve, last_action, override, reject, undo, wish

Furnish = Callable[..., Office]


@pytest.fixture
def tripped(tmp_path: Path) -> Furnish:
    """An office whose budgets are all spent, and whose keys have stopped."""

    def furnish(*budgets: Any, **more: Any) -> Office:
        office = Office(tmp_path, settings(*budgets, **more))
        for one in office.settings.budgets:
            office.meter.spent[one.name] = 600.0
        office.sweep()
        return office

    return furnish


def test_an_override_with_a_new_ceiling_gives_the_keys_back(tripped: Furnish) -> None:
    office = tripped()
    assert override(office, ceiling=900.0) == {"done": 1}
    assert office.breaker().state == "closed"
    report = office.message()
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "active")
    assert told(report)["done"] == 2


def test_spend_past_the_new_ceiling_opens_it_again_and_says_so(tripped: Furnish) -> None:
    office = tripped()
    override(office, ceiling=900.0)
    office.sweep()
    office.meter.spent["ml"] = 899.0
    office.sweep()
    assert office.status(CHAT) == "active"
    office.meter.spent["ml"] = 900.0
    report = office.sweep()
    assert office.status(CHAT) == "inactive"
    assert told(report) == {"done": 2, "reported": 1}


def test_an_override_with_an_end_holds_until_then_and_no_longer(tripped: Furnish) -> None:
    office = tripped()
    override(office, until=iso(office.clock() + timedelta(hours=2)))
    office.sweep()
    office.meter.spent["ml"] = 5000.0
    office.sweep(after=110)
    assert office.status(CHAT) == "active"
    report = office.sweep(after=10)
    assert office.status(CHAT) == "inactive"
    assert told(report)["done"] == 2


def test_a_ceiling_ends_with_its_period(tripped: Furnish) -> None:
    office = tripped()
    override(office, ceiling=900.0)
    office.sweep()
    office.clock.forward(days=9)
    office.meter.spent["ml"] = 3.0
    office.sweep()
    office.meter.spent["ml"] = 501.0
    office.sweep()
    assert office.status(CHAT) == "inactive"


def test_a_shared_key_comes_back_only_when_both_budgets_are_closed(tripped: Furnish) -> None:
    office = tripped(budget("a", keys=("chat",)), budget("b", keys=("chat", "batch")))
    override(office, "b", ceiling=900.0)
    office.message("b")
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "active")
    override(office, "a", ceiling=900.0)
    office.message("a")
    assert office.status(CHAT) == "active"


def test_a_key_that_was_inactive_before_stays_so(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    office.desk.status[CHAT.id] = "inactive"
    office.meter.spent["ml"] = 600.0
    office.sweep()
    override(office, ceiling=900.0)
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "active")


def test_a_key_that_somebody_archived_meanwhile_is_left_so(tripped: Furnish) -> None:
    office = tripped()
    office.desk.status[CHAT.id] = "archived"
    override(office, ceiling=900.0)
    office.sweep()
    assert office.status(CHAT) == "archived"


def test_a_new_period_gives_back_only_where_the_policy_says_so(tripped: Furnish) -> None:
    by_hand, by_itself = budget("a", keys=("chat",)), budget("b", keys=("batch",), closes="next_period")
    office = tripped(by_hand, by_itself)
    office.clock.forward(days=9)
    office.meter.spent |= {"a": 0.0, "b": 0.0}
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "active")
    assert office.breaker("a").period == "2026-12"


def test_an_undo_is_refused_while_a_budget_holds_the_key(tripped: Furnish) -> None:
    office = tripped()
    with pytest.raises(Refused, match=r"held by budget 'ml'.*fusebox override"):
        undo(office, last_action(office, office.arn(CHAT)))
    assert office.status(CHAT) == "inactive"


def test_an_override_is_turned_back_by_its_undo(tripped: Furnish) -> None:
    office = tripped()
    override(office, ceiling=900.0)
    office.sweep()
    assert undo(office, last_action(office, budget_arn(SCOPE, "ml"))) == ("done", "")
    office.sweep()
    assert office.status(CHAT) == "inactive"


def test_a_key_that_another_budget_takes_at_the_last_moment_stays_stopped(tripped: Furnish) -> None:
    office = tripped(budget("a", keys=("chat",)), budget("b", keys=("chat",)))
    override(office, "a", ceiling=900.0)
    override(office, "b", ceiling=900.0)
    account = office.account
    (facts,) = account.read([office.arn(CHAT)]).values()
    action = decide(facts, office.settings, office.clock()).action
    assert action is not None
    office.meter.spent["b"] = 950.0
    account.read([budget_arn(SCOPE, "b")])
    (ended,) = account.act_together([(facts, action)])
    assert str(ended) == "budget b holds it by now"
    assert office.status(CHAT) == "inactive"
    assert ("write active", "chat") not in office.desk.writes


def test_the_policy_gives_back_what_it_no_longer_covers(tripped: Furnish) -> None:
    office = tripped()
    office.settings = settings(budget(keys=("batch",)))
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "inactive")


def test_a_stopped_key_that_the_policy_forgot_is_told_of(tripped: Furnish) -> None:
    office = tripped()
    office.settings = settings(budget(keys=("batch",)), keys=(BATCH,))
    report = office.sweep()
    assert report.trouble == [
        "key chat was stopped by Fusebox and is no longer in the policy: put it back, or give it back by hand"
    ]


def test_a_key_that_came_back_is_forgotten(tripped: Furnish) -> None:
    office = tripped()
    override(office, ceiling=900.0)
    office.message()
    office.settings = settings(budget(keys=("batch",)), keys=(BATCH,))
    assert office.sweep().trouble == []


def test_a_rejected_wish_is_not_put_again(tripped: Furnish) -> None:
    office = tripped()
    request = wish(office, ceiling=900.0)
    reject(office, request)
    assert office.sweep().requests == []
    again = wish(office, ceiling=1200.0)
    assert approve(office, again) == {"done": 1}


def test_a_key_that_was_forgotten_long_ago_is_told_of_no_more(tripped: Furnish) -> None:
    office = tripped()
    office.settings = settings(budget(keys=("batch",)), keys=(BATCH,))
    assert len(office.sweep().trouble) == 1
    office.clock.forward(days=30)
    assert office.sweep().trouble == []
    assert office.account.inventory()["unstoppable"] == [
        f"chat ({office.arn(CHAT)}) was stopped and is no longer in the policy"
    ]
