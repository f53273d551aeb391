"""EC2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.tag_check.catalog.kind import By, Kind, Lists, Reads, on

EC2 = "arn:{partition}:ec2:{region}:{account}:"


def _ec2(
    type: str,
    resource: str,
    operation: str,
    items: str,
    id: str,
    filter: str,
    *,
    prefix: str,
    rest: str = r"[\w-]{1,60}",
    since: str = "",
    pages: str = "NextToken",
    only: Mapping[str, Any] | None = None,
    state: str = "",
    gone: frozenset[str] = frozenset(),
    owner: str = "",
    managed: str = "",
    by: By = "filter",
    filters: str = "Filters",
    missing: frozenset[str] = frozenset(),
) -> Kind:
    """A kind of EC2: its Describe call lists and reads it, tags included."""
    return Kind(
        type=type,
        arn=f"{EC2}{resource}/{{id}}",
        id=rf"{prefix}-{rest}",
        reads=Reads(
            service="ec2",
            operation=operation,
            parameter=filter,
            by=by,
            tags="Tags" if by == "filter" else f"{items}.Tags",
            missing=missing,
            filters=filters,
        ),
        lists=Lists(
            service="ec2",
            operation=operation,
            items=items,
            id=id,
            since=since,
            tags="Tags",
            pages=pages,
            only=only or {},
            state=state,
            gone=gone,
            owner=owner,
            managed=managed,
        ),
        tagging=on("ec2", "CreateTags", "DeleteTags"),
    )


KINDS = (
    _ec2(
        *("AWS::EC2::Instance", "instance", "describe_instances"),
        *("Reservations.Instances", "InstanceId", "instance-id"),
        prefix="i",
        since="LaunchTime",
        only={"MaxResults": 1000},
        state="State.Name",
        gone=frozenset({"shutting-down", "terminated"}),
    ),
    _ec2(
        *("AWS::EC2::Volume", "volume", "describe_volumes", "Volumes", "VolumeId", "volume-id"),
        prefix="vol",
        since="CreateTime",
        only={"MaxResults": 500},
        state="State",
        gone=frozenset({"deleting", "deleted"}),
    ),
    _ec2(
        *("AWS::EC2::Snapshot", "snapshot", "describe_snapshots", "Snapshots", "SnapshotId", "snapshot-id"),
        prefix="snap",
        since="StartTime",
        only={"OwnerIds": ["self"], "MaxResults": 1000},
        state="State",
        gone=frozenset({"error", "recoverable"}),
        owner="OwnerId",
    ),
    _ec2(
        *("AWS::EC2::Image", "image", "describe_images", "Images", "ImageId", "image-id"),
        prefix="ami",
        since="CreationDate",
        only={"Owners": ["self"], "MaxResults": 500},
        state="State",
        gone=frozenset({"deregistered", "error", "failed", "invalid"}),
        owner="OwnerId",
    ),
    _ec2(
        *("AWS::EC2::NatGateway", "natgateway", "describe_nat_gateways"),
        *("NatGateways", "NatGatewayId", "nat-gateway-id"),
        prefix="nat",
        since="CreateTime",
        only={"MaxResults": 1000},
        state="State",
        gone=frozenset({"deleting", "deleted", "failed"}),
        filters="Filter",
    ),
    _ec2(
        *("AWS::EC2::EIP", "elastic-ip", "describe_addresses", "Addresses", "AllocationId", "allocation-id"),
        prefix="eipalloc",
        pages="",
        managed="ServiceManaged",
    ),
    _ec2(
        *("AWS::EC2::VPC", "vpc", "describe_vpcs", "Vpcs", "VpcId", "vpc-id"),
        prefix="vpc",
        rest=r"\w{1,60}",
        only={"MaxResults": 1000},
        state="State",
        gone=frozenset({"deleting"}),
        owner="OwnerId",
    ),
    _ec2(
        *("AWS::EC2::VPCEndpoint", "vpc-endpoint", "describe_vpc_endpoints"),
        *("VpcEndpoints", "VpcEndpointId", "vpc-endpoint-id"),
        prefix="vpce",
        rest=r"\w{1,60}",
        since="CreationTimestamp",
        only={"MaxResults": 1000},
        state="State",
        # The API's reference spells states in capitals, its answers do not.
        gone=frozenset({"Deleting", "Deleted", "Failed", "deleting", "deleted", "failed"}),
        owner="OwnerId",
        managed="RequesterManaged",
    ),
    _ec2(
        *("AWS::EC2::TransitGateway", "transit-gateway", "describe_transit_gateways"),
        *("TransitGateways", "TransitGatewayId", "transit-gateway-id"),
        prefix="tgw",
        rest=r"\w{1,60}",
        since="CreationTime",
        only={"MaxResults": 1000},
        state="State",
        gone=frozenset({"deleting", "deleted"}),
        owner="OwnerId",
    ),
    # Neither reservations nor fleets have a filter for ids, and instant fleets are told of by id alone.
    _ec2(
        *("AWS::EC2::CapacityReservation", "capacity-reservation", "describe_capacity_reservations"),
        *("CapacityReservations", "CapacityReservationId", "CapacityReservationIds"),
        prefix="cr",
        since="CreateDate",
        only={"MaxResults": 1000},
        state="State",
        gone=frozenset({"cancelled", "cancelling", "expired", "failed", "payment-failed", "unsupported"}),
        owner="OwnerId",
        by="ids",
        missing=frozenset({"InvalidCapacityReservationId.NotFound"}),
    ),
    _ec2(
        *("AWS::EC2::EC2Fleet", "fleet", "describe_fleets", "Fleets", "FleetId", "FleetIds"),
        prefix="fleet",
        since="CreateTime",
        state="FleetState",
        gone=frozenset({"deleted", "deleted_running", "deleted_terminating", "failed"}),
        by="ids",
        missing=frozenset({"InvalidFleetId.NotFound"}),
    ),
)
