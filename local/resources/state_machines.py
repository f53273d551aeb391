"""Step Functions: state machines."""

from __future__ import annotations

import json

from local.deployment import Deployment, Properties
from local.errors import DeploymentRejected, UnmodelledResource
from local.template import Deployed


def state_machine(d: Deployment, p: Properties) -> Deployed:
    """A STANDARD state machine in JSONPath, whose role Step Functions may assume."""
    p.ignore("LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration")
    name = d.name(p, "StateMachineName", 80)
    if p.get("StateMachineType", "STANDARD") != "STANDARD":
        raise UnmodelledResource(f"{p.logical_id}: only STANDARD state machines are modelled")
    if location := p.get("DefinitionS3Location"):
        definition = d.asset(p.logical_id, location["Key"]).read_text()
    else:
        given = p.get("DefinitionString") or p.require("Definition")
        definition = given if isinstance(given, str) else json.dumps(given)
    for key, value in p.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace("${" + key + "}", str(value))
    if '"JSONata"' in definition:
        raise UnmodelledResource(f"{p.logical_id}: JSONata is not modelled; use JSONPath")
    role = p.require("RoleArn")
    if not d.world.may_assume("states.amazonaws.com", role, d.arn("states", f"stateMachine:{name}")):
        raise DeploymentRejected(f"{p.logical_id}: the role {role} cannot be assumed by Step Functions")
    arn, client = d.arn("states", f"stateMachine:{name}"), d.client("stepfunctions")
    tags = [{"key": key, "value": value} for key, value in p.tags().items()]
    if arn in {machine["stateMachineArn"] for machine in client.list_state_machines()["stateMachines"]}:
        client.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=role)
    else:
        client.create_state_machine(name=name, definition=definition, roleArn=role, tags=tags)
    return Deployed(arn, {"Arn": arn, "Name": name})
