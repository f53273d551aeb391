"""On-demand prices of accelerated EC2 instances, as data with their date.

US dollars an hour, us-east-1, Linux, shared tenancy. Source: AWS Price List, figures as published on that day in
aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go. Other Regions, Spot,
Windows, Savings Plans and private prices differ: every amount Fusebox shows is an estimate.
"""

from __future__ import annotations

from datetime import date

AS_OF = date(2026, 7, 20)
HOURS_PER_MONTH = 730
EBS_PER_GB_MONTH = 0.08
"""gp3; other volume types cost more or less (AWS price list, us-east-1, July 2026)."""
METRICS_READ_PER_THOUSAND = 0.01
"""GetMetricData, per thousand metrics asked for."""
ALARM_PER_MONTH = 0.10
"""A standard-resolution alarm."""

ON_DEMAND: dict[str, float] = {
    "dl1.24xlarge": 13.10904,
    "f1.2xlarge": 1.65,
    "f1.4xlarge": 3.3,
    "f1.16xlarge": 13.2,
    "f2.6xlarge": 1.98,
    "f2.12xlarge": 3.96,
    "f2.48xlarge": 15.84,
    "g2.2xlarge": 0.65,
    "g2.8xlarge": 2.6,
    "g3.4xlarge": 1.14,
    "g3.8xlarge": 2.28,
    "g3.16xlarge": 4.56,
    "g3s.xlarge": 0.75,
    "g4ad.xlarge": 0.37853,
    "g4ad.2xlarge": 0.54117,
    "g4ad.4xlarge": 0.867,
    "g4ad.8xlarge": 1.734,
    "g4ad.16xlarge": 3.468,
    "g4dn.xlarge": 0.526,
    "g4dn.2xlarge": 0.752,
    "g4dn.4xlarge": 1.204,
    "g4dn.8xlarge": 2.176,
    "g4dn.12xlarge": 3.912,
    "g4dn.16xlarge": 4.352,
    "g4dn.metal": 7.824,
    "g5.xlarge": 1.006,
    "g5.2xlarge": 1.212,
    "g5.4xlarge": 1.624,
    "g5.8xlarge": 2.448,
    "g5.16xlarge": 4.096,
    "g5.12xlarge": 5.672,
    "g5.24xlarge": 8.144,
    "g5.48xlarge": 16.288,
    "g5g.xlarge": 0.42,
    "g5g.2xlarge": 0.556,
    "g5g.4xlarge": 0.828,
    "g5g.8xlarge": 1.372,
    "g5g.16xlarge": 2.744,
    "g5g.metal": 2.744,
    "g6.xlarge": 0.8048,
    "g6.2xlarge": 0.9776,
    "g6.4xlarge": 1.3232,
    "g6.8xlarge": 2.0144,
    "g6.16xlarge": 3.3968,
    "g6.12xlarge": 4.6016,
    "g6.24xlarge": 6.6752,
    "g6.48xlarge": 13.3504,
    "g6e.xlarge": 1.861,
    "g6e.2xlarge": 2.24208,
    "g6e.4xlarge": 3.00424,
    "g6e.8xlarge": 4.52856,
    "g6e.16xlarge": 7.57719,
    "g6e.12xlarge": 10.49264,
    "g6e.24xlarge": 15.06559,
    "g6e.48xlarge": 30.13118,
    "g6f.large": 0.202,
    "g6f.xlarge": 0.2375,
    "g6f.2xlarge": 0.475,
    "g6f.4xlarge": 0.95,
    "g7.2xlarge": 2.52,
    "g7.4xlarge": 3.04208,
    "g7.8xlarge": 4.08624,
    "g7.12xlarge": 7.12832,
    "g7.24xlarge": 14.25664,
    "g7.48xlarge": 28.51328,
    "g7e.2xlarge": 3.36312,
    "g7e.4xlarge": 3.99816,
    "g7e.8xlarge": 5.26824,
    "g7e.12xlarge": 8.28608,
    "g7e.24xlarge": 16.57216,
    "g7e.48xlarge": 33.14432,
    "gr6.4xlarge": 1.5392,
    "gr6.8xlarge": 2.4464,
    "gr6f.4xlarge": 1.066,
    "inf1.xlarge": 0.228,
    "inf1.2xlarge": 0.362,
    "inf1.6xlarge": 1.18,
    "inf1.24xlarge": 4.721,
    "inf2.xlarge": 0.7582,
    "inf2.8xlarge": 1.96786,
    "inf2.24xlarge": 6.49063,
    "inf2.48xlarge": 12.98127,
    "p2.xlarge": 0.9,
    "p2.8xlarge": 7.2,
    "p2.16xlarge": 14.4,
    "p3.2xlarge": 3.06,
    "p3.8xlarge": 12.24,
    "p3.16xlarge": 24.48,
    "p3dn.24xlarge": 31.212,
    "p4d.24xlarge": 21.957642,
    "p4de.24xlarge": 27.44705,
    "p5.4xlarge": 6.88,
    "p5.48xlarge": 55.04,
    "p5en.48xlarge": 63.296,
    "p6-b200.48xlarge": 113.9328,
    "p6-b300.48xlarge": 142.416,
    "trn1.2xlarge": 1.34375,
    "trn1.32xlarge": 21.5,
    "trn1n.32xlarge": 24.78,
    "vt1.3xlarge": 0.65,
    "vt1.6xlarge": 1.3,
    "vt1.24xlarge": 5.2,
}


def hourly(instance_type: str) -> float | None:
    """What an hour of a type costs on demand; None for a type that the table does not hold."""
    return ON_DEMAND.get(instance_type)
