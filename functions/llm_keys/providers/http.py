"""The admin API of a provider account: JSON in and out, and silent about secrets.

No redirect is followed: the admin credential is meant for the configured address alone.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

from functions.core.clients import USER_AGENT
from functions.core.types import Json
from functions.llm_keys.names import secret_part
from functions.llm_keys.providers.answers import Shown
from functions.llm_keys.providers.key_form import unfit
from functions.llm_keys.providers.provider import NoSuchKey, ProviderFailed
from functions.llm_keys.providers.tries import TOO_MANY, Answer, Limits, Request, Tries

Query = Sequence[tuple[str, str]]
SAFE_CODE = re.compile(r"[a-z][a-z_]{1,59}")
"""What a provider's error code looks like ("not_found_error"), and no key does."""
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404


class Api:
    """One provider account's API. May be used by many threads at once; it opens no connection before it has to.

    `sign` makes a credential into headers. `credential` gives the admin credential, "" while there is none, and
    `forget` has it read anew. An operation of several requests passes the moment from `ends` with each.
    """

    def __init__(
        self,
        *,
        account: str,
        url: str,
        sign: Callable[[str], Mapping[str, str]],
        credential: Callable[[], str],
        forget: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        limits: Limits | None = None,
    ) -> None:
        self.account = account
        self._url = url.rstrip("/")
        self._sign = sign
        self._credential = credential
        self._forget = forget
        self._tries = Tries(limits or Limits(), sleep, clock)

    def __repr__(self) -> str:
        return f"Api({self.account})"

    def ends(self) -> float:
        """When an operation that begins now must be over, by this API's clock."""
        return self._tries.ends()

    def get(self, path: str, query: Query = (), until: float | None = None) -> Shown:
        """What a path shows. Raises NoSuchKey for a 404, else ProviderFailed."""
        return self._asked("GET", path, query, None, until)

    def send(self, method: str, path: str, body: Json = None, until: float | None = None) -> Shown:
        """Asks for a change. Raises NoSuchKey for a 404, else ProviderFailed, which says whether it may be made."""
        return self._asked(method, path, (), body, until)

    def takes(self, path: str, secret: str) -> bool:
        """Whether some other key than the admin's is taken at a path: 401 is the one answer that says it is not.

        A 403 may be about the path and not about the key, so it tells nothing: a ProviderFailed, like every failure.
        """
        said, wrong = self._said("GET", path), unfit(secret)
        if wrong:
            raise ProviderFailed(f"the secret {wrong}")
        headers = self._headers(secret, None)
        answer = self._tries.answer(Request(method="GET", url=self._url + path, headers=headers), self.ends())
        if answer.status == UNAUTHORIZED:
            return False
        if 200 <= answer.status < 300:
            return True
        raise ProviderFailed(f"{said}: whether the key is taken cannot be told: {_why(answer)}")

    def _asked(self, method: str, path: str, query: Query, body: Json, until: float | None) -> Shown:
        until = self.ends() if until is None else until
        secret = self._credential()
        answer = self._tries.answer(self._request(method, path, query, body, secret), until)
        if answer.status in (UNAUTHORIZED, FORBIDDEN):
            # Somebody may just have set a new one.
            self._forget()
            renewed = self._credential()
            if renewed != secret:
                answer = self._tries.answer(self._request(method, path, query, body, renewed), until)
        said, certain = self._said(method, path), method == "GET" or not answer.unsure
        if not 200 <= answer.status < 300:
            return self._refuse(said, answer, certain)
        try:
            read: Json = json.loads(answer.body) if answer.body.strip() else None
        except (ValueError, RecursionError):
            raise ProviderFailed(f"{said}: the answer is no JSON", certain=method == "GET") from None
        return Shown(said, read)

    def _request(self, method: str, path: str, query: Query, body: Json, secret: str) -> Request:
        if not secret:
            raise ProviderFailed(f"{self.account}: no admin credential yet: {self._remedy}")
        wrong = unfit(secret)
        if wrong:
            raise ProviderFailed(f"{self.account}: the admin credential ({self._remedy}) {wrong}")
        return Request(
            method=method,
            url=self._url + path + (f"?{urlencode(query)}" if query else ""),
            headers=self._headers(secret, body),
            body=None if body is None else json.dumps(body).encode(),
        )

    def _headers(self, secret: str, body: Json) -> dict[str, str]:
        of_body = {} if body is None else {"content-type": "application/json"}
        return {**self._sign(secret), **of_body, "accept": "application/json", "user-agent": USER_AGENT}

    def _refuse(self, said: str, answer: Answer, certain: bool) -> NoReturn:
        why = _why(answer)
        if answer.status == NOT_FOUND:
            raise NoSuchKey(f"{said}: {why}", certain=certain)
        if answer.status in (UNAUTHORIZED, FORBIDDEN):
            why += f": the admin credential is refused, set it again: {self._remedy}"
        raise ProviderFailed(f"{said}: {why}", certain=certain)

    @property
    def _remedy(self) -> str:
        return f"fusebox secret set {secret_part(self.account)}"

    def _said(self, method: str, path: str) -> str:
        """The request in words, without its query, which may hold what is not meant for everybody."""
        return f"{self.account}: {method} {urlsplit(self._url).hostname}{path}"


def _why(answer: Answer) -> str:
    """What an answer that is no success comes down to."""
    if not answer.status:
        return answer.lost
    why = f"{answer.status} {_code(answer.body)}".strip()
    if 300 <= answer.status < 400:
        why += ": a redirect, which is not followed"
    if answer.status == TOO_MANY and answer.wait:
        why += f": it asks to wait for {answer.wait:g} s"
    return why


def _code(body: bytes) -> str:
    """The provider's word for what is wrong, where it is one word: {"error": {"code": …, "type": …}}."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = answer.get("error") if isinstance(answer, dict) else None
    words = [error.get(name) for name in ("code", "type")] if isinstance(error, dict) else []
    return next((one for one in words if isinstance(one, str) and SAFE_CODE.fullmatch(one)), "")
