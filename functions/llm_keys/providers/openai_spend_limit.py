"""The hard spend limit of an OpenAI project: one cent a month, and the old limit, or none, again.

Source: https://developers.openai.com/api/reference/resources/admin (project spend limit) and OpenAI's OpenAPI
description (github.com/openai/openai-openapi, commit f85dbe2): GET, POST and DELETE …/spend_limit, `threshold_amount`
in cents and at least 1, `currency` USD, `interval` month. Unverified: that GET answers 404 where there is no limit, how
soon a limit is enforced, and that a limit below what the month has already cost refuses at once.
"""

from __future__ import annotations

from urllib.parse import quote

from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.openai_projects import must_exist
from functions.llm_keys.providers.provider import NoSuchKey, Values

LEAST_CENTS = 1
CENTS = "threshold_cents"


def read(api: Api, project: str) -> Values:
    """The limit in cents a month, None where there is none. Raises NoSuchKey where there is no such project."""
    try:
        cents = int(api.get(_path(project)).number("threshold_amount"))
    except NoSuchKey:
        must_exist(api, project)
        return {CENTS: None}
    return {CENTS: cents if cents >= LEAST_CENTS else None}


def stopped(values: Values) -> Values:
    """The least limit there is."""
    return values if values[CENTS] == LEAST_CENTS else {CENTS: LEAST_CENTS}


def write(api: Api, project: str, values: Values) -> None:
    """Sets the limit, or takes it away."""
    cents = values[CENTS]
    if cents is not None:
        api.send("POST", _path(project), {"threshold_amount": cents, "currency": "USD", "interval": "month"})
        return
    try:
        api.send("DELETE", _path(project))
    except NoSuchKey:
        # Taken away already, unless the whole project is gone.
        must_exist(api, project)


def _path(project: str) -> str:
    return f"/v1/organization/projects/{quote(project, safe='')}/spend_limit"
