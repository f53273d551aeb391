"""A browser for the tests: Debian's Chromium without a window, whose complaints fail the test.

`tabs` opens pages as a phone or a desk shows them, `site` serves pages with their own headers and keeps what
is posted to them, `screenshot` puts pictures into build/screenshots.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from functions.approval.page import Page
from tests.e2e.conftest import asking

__all__ = ["asking"]

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
PHONE, DESK = (390, 844), (1280, 800)
Tab = Any  # playwright.sync_api.Page: not installed where only mypy runs
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI}`));
"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; `make test-browser` installs Debian's."""
    for name in (os.environ.get("CHROMIUM", "chromium"), "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise pytest.UsageError("no chromium here: run `make test-browser`")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """The browser, started once; every test gets a profile of its own from `tabs`."""
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox refuses to run as root, as in a container.
    sandbox = os.geteuid() != 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=sandbox)
        yield started
        started.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of: console errors and warnings, CSP violations, script errors."""
    return []


@pytest.fixture
def tabs(browser: Any, complaints: list[str]) -> Iterator[Callable[..., Tab]]:
    """Opens a tab: `tabs(size=PHONE, scheme="dark")`. The test fails if any tab complains of anything.

    A test that means to provoke complaints clears the `complaints` it expected.
    """
    contexts = []

    def open_tab(size: tuple[int, int] = PHONE, scheme: str = "light") -> Tab:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        contexts.append(context)
        context.add_init_script(REPORT_VIOLATIONS)
        tab = context.new_page()
        tab.set_default_timeout(10_000)
        tab.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Takes a picture: `screenshot(tab)` names it after the test, `screenshot(tab, "name")` after what it shows."""

    def take(tab: Tab, name: str = "", *, whole: bool = True) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        file = SCREENSHOTS / f"{re.sub('[^a-z0-9]+', '-', (name or request.node.name).lower()).strip('-')}.png"
        tab.screenshot(path=file, full_page=whole)
        return file

    return take


@dataclass
class Site:
    """Serves pages on the loopback address, with their own status and headers; keeps what is posted, in order."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    posted: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    def show(self, page: Page, path: str = "/shown") -> str:
        """Serves a page at a path, and says where."""
        self.pages[path] = page
        return self.url + path


@pytest.fixture
def site() -> Iterator[Site]:
    """An empty site. A form that is posted leads, as from the function, to what is shown at /after."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = site.pages.get(self.path)
            self._answer(page or Page(404, "", {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            site.posted.append((self.path, parse_qs(body, keep_blank_values=True)))
            self._answer(Page(303, "", {"location": "/after"}))

        def _answer(self, page: Page) -> None:
            body = page.body.encode()
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()
