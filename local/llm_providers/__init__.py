"""LLM providers on loopback that behave like the documented APIs: the admin's side and the side that answers models.

with FakeProviders() as fakes:
    key = fakes.anthropic.add_key(name="batch")
    …                                   # the code under test calls fakes.anthropic.url with its admin_key
    fakes.anthropic.fault(HANGS)        # the next request is never answered; more in faults.py
    fakes.anthropic.requests            # what arrived, without the keys that came with it
    call_model(fakes.anthropic, key)    # what a program that uses the key is answered: 200, 401, 429 …
"""

from local.llm_providers.calling import call_model
from local.llm_providers.fakes import FakeProviders
from local.llm_providers.keys import FakeKey
from local.llm_providers.provider import FakeProvider

__all__ = ["FakeKey", "FakeProvider", "FakeProviders", "call_model"]
