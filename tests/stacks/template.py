"""Reads a synthesised template as CloudFormation would fill it in for one account and Region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stacks.synthesis import STACK

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{STACK}/0a1b2c3d",
}
BASE = "fusebox-eu-west-1"
HERE = "eu-west-1:123456789012"
ARNS = {
    "AWS::DynamoDB::Table": ("TableName", f"arn:aws:dynamodb:{HERE}:table/{{}}"),
    "AWS::SNS::Topic": ("TopicName", f"arn:aws:sns:{HERE}:{{}}"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{HERE}:{{}}"),
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{HERE}:function:{{}}"),
    "AWS::IAM::Role": ("RoleName", "arn:aws:iam::123456789012:role/{}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "arn:aws:iam::123456789012:policy/{}"),
    "AWS::Events::Rule": ("Name", f"arn:aws:events:{HERE}:rule/{{}}"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", f"arn:aws:states:{HERE}:stateMachine:{{}}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", f"arn:aws:cloudwatch:{HERE}:alarm:{{}}"),
    "AWS::Logs::LogGroup": ("LogGroupName", f"arn:aws:logs:{HERE}:log-group:{{}}:*"),
    "AWS::SSM::Parameter": ("Name", f"arn:aws:ssm:{HERE}:parameter{{}}"),
    "AWS::SecretsManager::Secret": ("Name", f"arn:aws:secretsmanager:{HERE}:secret:{{}}-AbCdEf"),
}
"""The property that names a resource, and its ARN."""
REF_IS_ARN = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::SecretsManager::Secret"}
Properties = dict[str, Any]


class Template:
    """A template; what it returns has every intrinsic function filled in."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @classmethod
    def load(cls, assembly: Path) -> Template:
        return cls(json.loads((assembly / f"{STACK}.template.json").read_text(encoding="utf-8")))

    def of(self, kind: str) -> list[Properties]:
        """The properties of all resources of one type."""
        found = [one for one in self.document["Resources"].values() if one["Type"] == kind]
        return [self.resolve(one["Properties"]) for one in found]

    def named(self, kind: str, name: str) -> Properties:
        """The one resource of a type with this physical name."""
        (found,) = [one for one in self.of(kind) if one[ARNS[kind][0]] == name]
        return found

    def output(self, name: str) -> Any:
        return self.resolve(self.document["Outputs"][name]["Value"])

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Fn::Join"}:
            separator, parts = value["Fn::Join"]
            return separator.join(map(self.resolve, parts))
        if set(value) == {"Fn::Sub"}:
            return value["Fn::Sub"]
        if set(value) == {"Ref"}:
            return self._ref(value["Ref"])
        if set(value) == {"Fn::GetAtt"}:
            logical, attribute = value["Fn::GetAtt"]
            if attribute == "FunctionUrl":
                function = self.resolve(self.document["Resources"][logical]["Properties"]["TargetFunctionArn"])
                return f"https://{function.rsplit(':', 1)[-1]}.lambda-url.example.com/"
            return self._name(logical) if attribute.endswith("Name") else self._arn(logical)
        return {key: self.resolve(one) for key, one in value.items()}

    def _ref(self, logical: str) -> str:
        if logical in PSEUDO:
            return PSEUDO[logical]
        by_arn = self.document["Resources"][logical]["Type"] in REF_IS_ARN
        return self._arn(logical) if by_arn else self._name(logical)

    def _name(self, logical: str) -> str:
        resource = self.document["Resources"][logical]
        return str(self.resolve(resource["Properties"][ARNS[resource["Type"]][0]]))

    def _arn(self, logical: str) -> str:
        return ARNS[self.document["Resources"][logical]["Type"]][1].format(self._name(logical))


def statements(document: Properties, effect: str) -> dict[str, Properties]:
    """A policy document's statements of one effect by their Sid, actions and resources as sorted lists."""
    return {
        one["Sid"]: {
            "actions": _sorted(one["Action"]),
            "resources": _sorted(one["Resource"]),
            "conditions": one.get("Condition", {}),
        }
        for one in document["Statement"]
        if one["Effect"] == effect and "Sid" in one
    }


def _sorted(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else sorted(value)
