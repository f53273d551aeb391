"""The projects of an OpenAI organization, and their API keys.

Source: https://developers.openai.com/api/reference/resources/admin (projects, project API keys) and OpenAI's OpenAPI
description (github.com/openai/openai-openapi, commit f85dbe2).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from functions.llm_keys.providers.answers import Shown
from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.provider import Credential

PROJECTS = "/v1/organization/projects"


def project_path(project: str) -> str:
    """Where a project is."""
    return f"{PROJECTS}/{quote(project, safe='')}"


def must_exist(api: Api, project: str) -> None:
    """Raises NoSuchKey where there is no such project: then a 404 below it says nothing about what was asked for."""
    api.get(project_path(project))


def keys_of_all(api: Api) -> list[Credential]:
    """Every enabled API key of every project that is not archived, with its project in the note."""
    until, found = api.ends(), list[Credential]()
    for project in _pages(api, PROJECTS, [("limit", "100")], until):
        name = project.text_or("name", project.text("id"))
        query = [("limit", "100"), ("owner_project_access", "any")]
        for one in _pages(api, f"{project_path(project.text('id'))}/api_keys", query, until):
            called = one.text_or("name", "")
            found.append(Credential("openai_key", one.text("id"), called, f"project {name}", project.text("id")))
    return found


def _pages(api: Api, path: str, query: list[tuple[str, str]], until: float) -> Iterator[Shown]:
    cursor: list[tuple[str, str]] = []
    while True:
        page = api.get(path, [*query, *cursor], until)
        yield from page.items("data")
        if not page.flag("has_more"):
            return
        cursor = [("after", page.text("last_id"))]
