"""The rate limits of an OpenAI project: lowered to one, so that hardly a request fits, and the old ones again.

Source: https://developers.openai.com/api/reference/resources/admin (project rate limits) and OpenAI's OpenAPI
description (github.com/openai/openai-openapi, commit f85dbe2). It names no least value. Unverified: whether 0 is taken,
so 1 is written: one request and one token a minute, which refuses every request of a text model in practice, while an
image model keeps one image a minute. Unverified too: how soon a lowered limit holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from functions.core.types import Json
from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.provider import NoSuchKey, ProviderFailed, Values

LEAST = 1
FIELDS = (
    "max_requests_per_1_minute",
    "max_tokens_per_1_minute",
    "max_images_per_1_minute",
    "max_audio_megabytes_per_1_minute",
    "max_requests_per_1_day",
    "batch_1_day_max_input_tokens",
)
"""What a rate limit of a model may hold; only what it has is read and written."""
AT_ONCE = 16
"""Rate limits written at the same time; a project has one for each model, some dozens of them."""


def read(api: Api, project: str, until: float | None = None) -> Values:
    """The limits of each model, by the rate limit's id. Raises NoSuchKey, ProviderFailed."""
    until = api.ends() if until is None else until
    path, cursor = _path(project), list[tuple[str, str]]()
    found: dict[str, Json] = {}
    while True:
        page = api.get(path, [("limit", "100"), *cursor], until)
        for one in page.items("data"):
            limits: dict[str, Json] = {name: int(one.number(name)) for name in FIELDS if one.has(name)}
            found[one.text("id")] = limits
        if not page.flag("has_more"):
            break
        cursor = [("after", page.text("last_id"))]
    if not found:
        raise NoSuchKey(f"{api.account}: project {project} has no rate limits that could be lowered")
    return found


def stopped(values: Values) -> Values:
    """The same limits, none of them above the least."""
    return {rate_limit: _lowered(limits) for rate_limit, limits in values.items()}


def write(api: Api, project: str, values: Values) -> None:
    """Writes the limits that differ, several at once, and all of them even if one fails.

    A model that is gone in the meantime is left out; that none is left is a NoSuchKey.
    """
    until = api.ends()
    now = read(api, project, until)
    known = {rate_limit: limits for rate_limit, limits in values.items() if rate_limit in now}
    if not known:
        raise NoSuchKey(f"{api.account}: project {project} has none of the {len(values)} rate limits to be written")
    differing = {rate_limit: limits for rate_limit, limits in known.items() if limits != now[rate_limit]}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = [
            pool.submit(api.send, "POST", f"{_path(project)}/{quote(rate_limit, safe='')}", limits, until)
            for rate_limit, limits in differing.items()
        ]
    failed = [error for error in (one.exception() for one in ends) if error is not None]
    for error in failed:
        if not isinstance(error, ProviderFailed):
            raise error
    if failed:
        said = f"{len(failed)} of {len(ends)} rate limits were not written, the first for: {failed[0]}"
        raise ProviderFailed(said, certain=False)


def _lowered(limits: Json) -> Json:
    if not isinstance(limits, Mapping):
        raise ProviderFailed("rate limits are kept by model")
    return {name: min(value, LEAST) if isinstance(value, int) else value for name, value in limits.items()}


def _path(project: str) -> str:
    return f"/v1/organization/projects/{quote(project, safe='')}/rate_limits"
