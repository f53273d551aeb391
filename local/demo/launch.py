"""A data scientist's GPU without a tag, and the tags that come after all."""

from __future__ import annotations

from local.account import LocalAccount

TYPE, WHO = "g5.2xlarge", "ada"
TAGS = {
    "project": "churn-model",
    "team": "research",
    "environment": "dev",
    "cost_center": "4711",
    "owner": "ada@example.com",
    "model_id": "churn-7",
}


def launch(account: LocalAccount) -> str:
    """Launches it; returns its id."""
    ec2 = account.client("ec2", user=WHO)
    (made,) = ec2.run_instances(ImageId=account.image, InstanceType=TYPE, MinCount=1, MaxCount=1)["Instances"]
    account.settle()
    return str(made["InstanceId"])


def tag(account: LocalAccount, instance: str) -> None:
    """Sets all that is asked for."""
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    account.client("ec2", user=WHO).create_tags(Resources=[instance], Tags=tags)
    account.settle()


def tags(account: LocalAccount, instance: str) -> dict[str, str]:
    """What it carries now."""
    found = account.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return {one["Key"]: one["Value"] for one in found.get("Tags", [])}
