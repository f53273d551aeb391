"""Shows whether Amazon Bedrock takes an API key, without spending anything.

The list of models is a call that bearer tokens may make. Source:
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html (header, and which APIs take a key),
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html (method and path). A key that is
not taken is answered with 403 and "Authentication failed" (field reports; AWS documents no text).
"""

from __future__ import annotations

import urllib3

from functions.core.clients import USER_AGENT
from functions.llm_keys.providers.key_form import unfit
from functions.llm_keys.providers.provider import ProviderFailed

TIMEOUT = urllib3.Timeout(connect=3.0, read=5.0)
TAKEN = 200
REFUSED = 401, 403
NOT_ALLOWED = b"is not authorized to perform"
DENIED = b"CallWithBearerToken"
"""The action that every call with a key needs; denied to its user, the key is of no use."""


def works(endpoint: str, secret: str) -> bool:
    """Whether a key is taken at an endpoint of Bedrock. Raises ProviderFailed where that cannot be told."""
    wrong = unfit(secret)
    if wrong:
        raise ProviderFailed(f"the secret {wrong}")
    headers = {"authorization": f"Bearer {secret}", "accept": "application/json", "user-agent": USER_AGENT}
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "GET", f"{endpoint}/foundation-models", headers=headers, timeout=TIMEOUT, retries=False, redirect=False
            )
    except urllib3.exceptions.HTTPError as error:
        # Its text may hold the request.
        raise ProviderFailed(f"Bedrock did not answer the probe ({type(error).__name__})") from None
    if answer.status == TAKEN:
        return True
    if answer.status in REFUSED:
        # Who is told that an action is missing was known: such a key is taken, though it may not list models.
        return NOT_ALLOWED in answer.data and DENIED not in answer.data
    raise ProviderFailed(f"Bedrock answered the probe with {answer.status}, which does not tell whether a key works")
