"""The account on a laptop: a synthesised CDK assembly, deployed into moto and delivered along its own
wiring.
"""

from local.account import LocalAccount
from local.errors import (
    DeploymentRejected,
    LocalAccountError,
    NeverQuiet,
    NotPermitted,
    PatternError,
    UnmodelledCall,
    UnmodelledResource,
)
from local.moto_hooks import LogGroupSeed

__all__ = [
    "DeploymentRejected",
    "LocalAccount",
    "LocalAccountError",
    "LogGroupSeed",
    "NeverQuiet",
    "NotPermitted",
    "PatternError",
    "UnmodelledCall",
    "UnmodelledResource",
]
