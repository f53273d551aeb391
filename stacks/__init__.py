"""The CDK side: from a valid policy to CloudFormation templates. Makes no AWS call.

Every module here that needs CDK is imported after this one, so CDK's Node is chosen in time.
"""

from __future__ import annotations

from stacks.node import choose_node

choose_node()
