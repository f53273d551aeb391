"""A request as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from typing import cast

from functions.approval import deciders, telling
from functions.approval.deciders import LINK_HOLDER, Decider
from functions.approval.environment import Environment
from functions.approval.steps import undoable
from functions.approval.view import ItemView, RequestView, Status
from functions.core.items import Item, chosen
from functions.core.notice import evidence_of
from functions.core.requests import Request
from functions.core.state import parse_moment

ON_A_PAGE = 200


def of_request(here: Environment, request: Request, items: Sequence[Item]) -> RequestView:
    """A request with the largest of its items; asked at least once, so that its times are there."""
    answer = request.answer
    commands = here.commands
    approved = {one.id for one in chosen(request, items)}
    beyond = set(answer.beyond) if answer else set()
    return RequestView(
        request=request.id,
        guardrail=request.guardrail,
        mode=request.mode,
        account=here.scope.account,
        region=here.scope.region,
        status=cast(Status, request.status),
        asked_at=parse_moment(request.asked_at),
        deadline=parse_moment(request.deadline),
        items=tuple(_item(here, one, one.id in approved) for one in items[:ON_A_PAGE]),
        count=request.count,
        saving=request.saving,
        irreversible=request.irreversible,
        named=sum(one.named for one in items),
        undo_note=request.undo_note,
        reject_days=here.settings.reject_days,
        commands={
            "approve": commands.approve(request.id),
            "reject": commands.reject(request.id),
            "undo": commands.undo("ID"),
            "show": commands.show(request.id),
        },
        decided_by=answer.by if answer else "",
        decided_how=answer.how if answer else "",
        decided_at=_moment(answer.at) if answer else None,
        reason=answer.reason if answer else "",
        chosen=len(approved),
        declined=sum(_exempted(one, approved, beyond) for one in items) if answer else 0,
        on_timeout=request.on_timeout,
        until=_moment(answer.until) if answer else None,
        ended_at=_moment(request.ended_at),
    )


def _exempted(item: Item, approved: Set[str], beyond: Set[str]) -> bool:
    """Whether the answer left it alone: what takes a person known by name is declined without that."""
    return item.id not in approved and item.id not in beyond and not item.named


def _item(here: Environment, item: Item, approved: bool) -> ItemView:
    return ItemView(
        id=item.id,
        name=item.name,
        resource=item.resource,
        reason=str(item.entry["reason"]),
        change=telling.change_of(item),
        saving=item.saving,
        evidence=evidence_of(item.entry["evidence"]),
        owner=item.owner,
        irreversible=item.irreversible,
        named=item.named,
        may_choose=not deciders.too_much(Decider(LINK_HOLDER, "link"), here.settings, [item]),
        result=item.result,
        detail=item.detail,
        action_id=item.action_id,
        undoable=undoable(item, here.clock()),
        approved=approved,
    )


def _moment(text: str) -> datetime | None:
    return parse_moment(text) if text else None
