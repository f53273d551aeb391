"""What LLM calls cost, as CloudWatch metrics from inside the application.

`track_cost` decorates a function that returns a provider's response or stream; `Meter` does the same for a block of
code. Both read the tokens that the response reports, price them, and write one line in CloudWatch's embedded metric
format. Neither changes what the application gets: see README.md.
"""

from __future__ import annotations

from fusebox_meter.meter import Meter
from fusebox_meter.prices import load_prices
from fusebox_meter.track import track_cost

__all__ = ["Meter", "load_prices", "track_cost"]
__version__ = "0.1.0"
