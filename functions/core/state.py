"""What changes while Fusebox runs: the pause switch, exemptions, the lease and the claims.

Unlike ledger rows these have versions. Whoever cannot read them does not act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.core.table import Key, Row, Table
from functions.core.types import Json, Refused, iso

PAUSE: Key = ("state#pause", "switch")
EVERYTHING = "*"
ITSELF = "fusebox"
"""Who paused, where a guardrail paused itself because its cap was used up."""
EXEMPTIONS = "state#exemptions"
LEASES = "state#leases"
CLOCK_SLACK = timedelta(minutes=5)


def parse_moment(text: Json) -> datetime:
    """An ISO time, as the table and events hold it, in UTC; ValueError if it is none."""
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r:.40} is out of range") from error


def check_clock(written: Json, now: datetime) -> None:
    """Refuses to work when the table holds a time from the future: some clock is wrong, maybe ours."""
    if parse_moment(written) > now + CLOCK_SLACK:
        raise Refused(f"the clock says {iso(now)}, but the table was written at {written}: no action until they agree")


# --- pause ----------------------------------------------------------------------------------


def paused(table: Table, guardrail: str) -> str:
    """Why the guardrail is paused, or "" while it may act."""
    return _pause_of(table.get([PAUSE]).get(PAUSE), guardrail)


def paused_by_itself(table: Table, guardrail: str) -> bool:
    """Whether nothing holds a guardrail back but its own used-up cap: what is found then is asked about."""
    row = table.get([PAUSE]).get(PAUSE)
    return row is not None and EVERYTHING not in row.body and _by_itself(row.body.get(guardrail))


def pause_itself(table: Table, guardrail: str, *, reason: str, now: datetime) -> None:
    """Pauses a guardrail whose cap is used up, unless a person has paused it meanwhile: theirs stays theirs."""

    def change(body: dict[str, Json]) -> dict[str, Json]:
        if guardrail in body and not _by_itself(body[guardrail]):
            return body
        return {**body, guardrail: {"by": ITSELF, "reason": reason, "at": iso(now)}}

    _edit_pause(table, change)


def resume_itself(table: Table, guardrail: str) -> None:
    """Ends the pause that a used-up cap brought, once a person has approved the remainder; never a person's."""
    _edit_pause(
        table, lambda body: {key: value for key, value in body.items() if key != guardrail or not _by_itself(value)}
    )


def _by_itself(entry: Json) -> bool:
    return isinstance(entry, dict) and entry.get("by") == ITSELF


def switches(
    table: Table, guardrail: str, resources: Sequence[str], now: datetime, *, despite_itself: bool = False
) -> tuple[str, dict[str, Exemption]]:
    """Pause, and exemptions of some resources, in a single read: the last look before acting on them.

    With `despite_itself` the pause that a used-up cap brought does not count; a person's always does.
    """
    rows = table.get([PAUSE, *((EXEMPTIONS, resource) for resource in resources)])
    row = rows.pop(PAUSE, None)
    if despite_itself and row is not None and _by_itself(row.body.get(guardrail)):
        row = replace(row, body={key: value for key, value in row.body.items() if key != guardrail})
    why = _pause_of(row, guardrail)
    return why, _in_force(rows.values(), now)


def _pause_of(row: Row | None, guardrail: str) -> str:
    """Why the switch holds a guardrail back. An entry that cannot be read holds it back as well."""
    for scope in (EVERYTHING, guardrail):
        if row and scope in row.body:
            entry = row.body[scope]
            if isinstance(entry, dict) and {"by", "at", "reason"} <= set(entry):
                return f"paused by {entry['by']} at {entry['at']}: {entry['reason']}"
            return f"paused: {entry!r:.80}"
    return ""


def pause(table: Table, scope: str, *, by: str, reason: str, now: datetime) -> None:
    """Stops every action of a guardrail, or of all with EVERYTHING, from the next action on."""
    _edit_pause(table, lambda body: {**body, scope: {"by": by, "reason": reason, "at": iso(now)}})


def resume(table: Table, scope: str) -> bool:
    """Ends a pause; says whether there was one."""
    row = table.get([PAUSE]).get(PAUSE)
    if row is None or scope not in row.body:
        return False
    _edit_pause(table, lambda body: {key: value for key, value in body.items() if key != scope})
    return True


def _edit_pause(table: Table, change: Callable[[dict[str, Json]], dict[str, Json]]) -> None:
    for _ in range(8):
        row = table.get([PAUSE]).get(PAUSE) or Row(*PAUSE, {}, version=0)
        if not table.write([(Row(*PAUSE, change(row.body), version=row.version + 1),)]):
            return
    raise Refused("the pause switch is being changed by others; try again")


# --- exemptions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exemption:
    """A resource left alone until a moment, with who answers for it and why."""

    resource: str
    owner: str
    reason: str
    until: datetime

    def __str__(self) -> str:
        return f"exempt until {self.until:%Y-%m-%d %H:%M} UTC, {self.owner}: {self.reason}"


FOR_GOOD = datetime.max.replace(tzinfo=UTC)
TAG_UNTIL, TAG_OWNER, TAG_REASON = "fusebox:exempt-until", "fusebox:exempt-owner", "fusebox:exempt-reason"


def exempt(table: Table, those: Sequence[Exemption], now: datetime) -> None:
    """Records exemptions, each in place of an earlier one of the same resource."""
    before = table.get([(EXEMPTIONS, one.resource) for one in those])
    rows = []
    for one in those:
        body: dict[str, Json] = {
            "owner": one.owner,
            "reason": one.reason,
            "until": iso(one.until),
            "at": iso(now),
        }
        key = (EXEMPTIONS, one.resource)
        rows.append((Row(*key, body, version=(before[key].version if key in before else 0) + 1),))
    lost = table.write(rows)
    if lost:
        raise Refused(f"{those[lost[0]].resource}: its exemption is being changed by someone else; try again")


def exemptions(table: Table, resources: Iterable[str], now: datetime) -> dict[str, Exemption]:
    """The exemptions in force among `resources`, by resource."""
    return _in_force(table.get([(EXEMPTIONS, resource) for resource in resources]).values(), now)


def _in_force(rows: Iterable[Row], now: datetime) -> dict[str, Exemption]:
    found = {}
    for row in rows:
        one = Exemption(row.sk, str(row.body["owner"]), str(row.body["reason"]), parse_moment(row.body["until"]))
        if one.until > now:
            found[row.sk] = one
    return found


def exemption_by_tag(resource: str, tags: Mapping[str, str], now: datetime) -> Exemption | None:
    """The exemption that the resource's own tags claim, if it has not run out.

    A date means to the end of that day, UTC. An unreadable date counts as exempt for good: what
    someone tried to protect is not changed because of a typing error.
    """
    if TAG_UNTIL not in tags:
        return None
    owner, reason = tags.get(TAG_OWNER, "tag"), tags.get(TAG_REASON, f"tag {TAG_UNTIL}")
    text = tags[TAG_UNTIL].strip()
    try:
        until = _end_of(text)
    except (ValueError, OverflowError):
        return Exemption(resource, owner, f"{reason} (unreadable date {text!r})", FOR_GOOD)
    return Exemption(resource, owner, reason, until) if until > now else None


def _end_of(text: str) -> datetime:
    """The moment that a date or time means; a date means to the end of that day, UTC."""
    until = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if "T" not in text and " " not in text:
        until += timedelta(days=1)
    return until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)


# --- the sweep's lease ----------------------------------------------------------------------


def acquire_lease(table: Table, name: str, holder: str, now: datetime, lasts: timedelta) -> str:
    """Takes or renews a single-flight lease; returns "" or who holds it instead."""
    key = (LEASES, name)
    row = table.get([key]).get(key)
    if row is not None:
        check_clock(row.body["at"], now)
        if row.body["holder"] != holder and parse_moment(row.body["until"]) > now:
            return f"{row.body['holder']} until {row.body['until']}"
    body: dict[str, Json] = {"holder": holder, "until": iso(now + lasts), "at": iso(now)}
    lost = table.write([(Row(*key, body, version=(row.version if row else 0) + 1),)])
    return "another run that took it just now" if lost else ""


def release_lease(table: Table, name: str, holder: str) -> None:
    """Ends a lease early, if it is still the holder's."""
    key = (LEASES, name)
    row = table.get([key]).get(key)
    if row is not None and row.body["holder"] == holder:
        table.delete(key, row.version)
