"""What can go wrong in the local account, in its user's words."""


class LocalAccountError(Exception):
    """Base of every error the local account raises itself."""


class UnmodelledResource(LocalAccountError):
    """The template holds a resource type, or a property of one, that would be ignored here and not on AWS."""


class UnmodelledCall(LocalAccountError):
    """A role made a call, or a policy uses a condition, that the permission tables do not know.

    Allowing it would prove nothing and denying it would be a guess, so neither is done.
    """


class DeploymentRejected(LocalAccountError):
    """AWS would refuse this template; the message is one line and names the logical id."""


class PatternError(LocalAccountError):
    """An event pattern uses an operator that EventBridge or the local matcher does not know."""


class NotPermitted(LocalAccountError):
    """A resource policy does not let this service principal do what the caller of the local account asked."""


class NeverQuiet(LocalAccountError):
    """Deliveries kept causing more deliveries: most likely a loop in the template's wiring."""
