"""OpenAI projects: all the keys of one stop together, by its rate limits or by its spend limit.

Both give the very same keys back. Sources are in openai_rate_limits.py, openai_spend_limit.py and openai_costs.py.
"""

from __future__ import annotations

from datetime import datetime

from functions.llm_keys.keys import Key
from functions.llm_keys.providers import openai_costs, openai_rate_limits, openai_spend_limit
from functions.llm_keys.providers.accounts import ApiOf
from functions.llm_keys.providers.provider import Usage, Values


class OpenAiProject:
    """The switch and the usage of projects; `switch` of a key says which of the two limits it is."""

    def __init__(self, api_of: ApiOf) -> None:
        self._api_of = api_of

    def read(self, key: Key) -> Values:
        """The limits of each model, or the spend limit in cents."""
        api = self._api_of(key.provider)
        if key.switch == "spend_limit":
            return openai_spend_limit.read(api, key.id)
        return openai_rate_limits.read(api, key.id)

    def stopped(self, key: Key, values: Values) -> Values:
        """The least that may be set."""
        if key.switch == "spend_limit":
            return openai_spend_limit.stopped(values)
        return openai_rate_limits.stopped(values)

    def write(self, key: Key, values: Values) -> None:
        """Sets the limits."""
        api = self._api_of(key.provider)
        if key.switch == "spend_limit":
            openai_spend_limit.write(api, key.id, values)
        else:
            openai_rate_limits.write(api, key.id, values)

    def bill(self, key: Key) -> str:
        """The project's, which has the bills of its keys in it."""
        return f"openai/{key.provider}/{key.id}"

    def spent(self, key: Key, since: datetime, until: datetime) -> Usage:
        """The project's costs, in whole days."""
        return openai_costs.spent(self._api_of(key.provider), key.id, "", since, until)
