"""What metering costs the caller: `python -m bench.meter`, or with `--requests FILE` a day of requests metered.

The meter is a distribution of its own, in meter/, and need not be installed for this.
"""

from __future__ import annotations

import sys
from pathlib import Path

METER = Path(__file__).parents[1] / "meter"


def main() -> None:
    """Finds the meter, then measures."""
    sys.path.insert(0, str(METER))
    from bench.metering import main as measure

    measure(sys.argv[1:])


if __name__ == "__main__":
    main()
