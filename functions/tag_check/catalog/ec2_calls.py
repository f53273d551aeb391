"""The calls of EC2 that create what is checked. Shapes: public CloudTrail records, and names from botocore's models."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Call
from functions.tag_check.catalog.row import ec2

INSTANCE, VOLUME, IMAGE = "AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::EC2::Image"
SNAPSHOT, VPC, CAPACITY = "AWS::EC2::Snapshot", "AWS::EC2::VPC", "AWS::EC2::CapacityReservation"

EC2_CALLS: tuple[Call, ...] = (
    ec2("RunInstances", INSTANCE, "instance", "instancesSet.items.instanceId"),
    ec2("CreateFleet", "AWS::EC2::EC2Fleet", "fleet", "fleetId"),
    # Only a fleet of type instant answers with instances; those of the others are launched later, by the service.
    ec2("CreateFleet", INSTANCE, "instance", "fleetInstanceSet.items.instanceIds.items", tagged=False),
    ec2("CreateVolume", VOLUME, "volume", "volumeId"),
    ec2("CopyVolumes", VOLUME, "volume", "volumeSet.items.volumeId"),
    ec2("CreateSnapshot", SNAPSHOT, "snapshot", "snapshotId"),
    # CopyTagsFromSource gives each the tags of its own volume.
    ec2("CreateSnapshots", SNAPSHOT, "snapshot", "snapshotSet.items.snapshotId", tagged=False),
    ec2("CopySnapshot", SNAPSHOT, "snapshot", "snapshotId"),
    ec2("CreateImage", IMAGE, "image", "imageId"),
    ec2("CopyImage", IMAGE, "image", "imageId"),
    ec2("RegisterImage", IMAGE, "image", "imageId"),
    ec2("CreateNatGateway", "AWS::EC2::NatGateway", "natgateway", "natGateway.natGatewayId"),
    ec2("AllocateAddress", "AWS::EC2::EIP", "elastic-ip", "allocationId"),
    ec2("CreateVpc", VPC, "vpc", "vpc.vpcId"),
    ec2("CreateDefaultVpc", VPC, "vpc", "vpc.vpcId"),
    ec2("CreateVpcEndpoint", "AWS::EC2::VPCEndpoint", "vpc-endpoint", "vpcEndpoint.vpcEndpointId"),
    ec2("CreateTransitGateway", "AWS::EC2::TransitGateway", "transit-gateway", "transitGateway.transitGatewayId"),
    ec2("CreateCapacityReservation", CAPACITY, "capacity-reservation", "capacityReservation.capacityReservationId"),
    ec2("PurchaseCapacityBlock", CAPACITY, "capacity-reservation", "capacityReservation.capacityReservationId"),
)
