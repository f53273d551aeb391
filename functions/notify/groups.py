"""Pure: a group of resources in Slack's markup, with the people to mention."""

from __future__ import annotations

from collections.abc import Iterable

from functions.core.message_text import facts, headline
from functions.core.mrkdwn import code, plain
from functions.core.notice import Example, Group, dollars
from functions.notify.spec import Mention

TAIL = 40
"""Characters kept free for the line that says how many are left out."""
ID_LIMIT, OWNER_LIMIT, FACTS_LIMIT = 120, 200, 400


class Owners:
    """How owners are named in one message: mentioned where the policy maps them, and that once."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self._ids = {one.owner: one.slack for one in mentions}
        self._mentioned: set[str] = set()

    def named(self, owner: str) -> str:
        """An owner's mention, or their name as plain text."""
        slack = self._ids.get(owner, "")
        if not slack or slack in self._mentioned:
            return plain(owner, OWNER_LIMIT)
        return f"<!subteam^{slack}>" if slack.startswith("S") else f"<@{slack}>"

    def mentioned(self, owner: str) -> None:
        """Notes that a text that mentions an owner is in the message."""
        self._mentioned.add(self._ids.get(owner, ""))


def in_words(group: Group, owners: Owners, limit: int) -> str:
    """What became of how many, and the examples that fit into `limit` characters; the first line comes in any case."""
    lines = [f"*{plain(headline(group))}*"]
    size = len(lines[0]) + TAIL
    shown = 0
    for example in group.examples:
        text = _example(example, owners)
        size += len(text) + 1
        if size > limit:
            break
        lines.append(text)
        owners.mentioned(example.owner)
        shown += 1
    if group.examples and group.count > shown:
        lines.append(f"… and {group.count - shown:,} more")
    return "\n".join(lines)


def _example(example: Example, owners: Owners) -> str:
    detail = f" [{plain(example.detail)}]" if example.detail else ""
    parts = []
    if example.saving:
        parts.append(f"{plain(dollars(example.saving))} a month")
    if example.owner:
        parts.append(f"owner {owners.named(example.owner)}")
    if example.id:
        parts.append(f"id {code(example.id, ID_LIMIT)}")
    if example.evidence:
        parts.append(plain(facts(example), FACTS_LIMIT))
    more = f"\n      {' · '.join(parts)}" if parts else ""
    return f"• {code(example.name)} {plain(example.reason)}{detail}{more}"
