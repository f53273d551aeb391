"""One resource of each kind that moto can make and list, with tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from moto.sagemaker.models import sagemaker_backends

from tests.aws_world import ACCOUNT, REGION, ROLE

TAGS = {"owner": "ml"}
PAIRS = [{"Key": "owner", "Value": "ml"}]
LOWER = [{"key": "owner", "value": "ml"}]
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
AMI = "ami-12c6146b"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/x:1"
S3_OUT = {"S3OutputPath": "s3://data/out"}
SIZE = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}


def aws(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def ec2(resource: str) -> list[dict[str, Any]]:
    return [{"ResourceType": resource, "Tags": PAIRS}]


def subnet() -> str:
    found: str = aws("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    return found


def role() -> str:
    """A role that Lambda may take; moto looks for it."""
    made: str = aws("iam").create_role(RoleName="works", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return made


def instance() -> str:
    made = aws("ec2").run_instances(
        ImageId=AMI, InstanceType="m5.large", MinCount=1, MaxCount=1, TagSpecifications=ec2("instance")
    )
    found: str = made["Instances"][0]["InstanceId"]
    return found


def volume() -> str:
    made = aws("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1, TagSpecifications=ec2("volume"))
    found: str = made["VolumeId"]
    return found


def bucket() -> None:
    aws("s3").create_bucket(Bucket="data")
    aws("s3").put_bucket_tagging(Bucket="data", Tagging={"TagSet": PAIRS})


def function() -> None:
    aws("lambda").create_function(
        FunctionName="f", Role=role(), Code={"ImageUri": IMAGE}, PackageType="Image", Tags=TAGS
    )


def group() -> None:
    aws("autoscaling").create_launch_configuration(
        LaunchConfigurationName="plain", ImageId=AMI, InstanceType="m5.large"
    )
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="train",
        LaunchConfigurationName="plain",
        MinSize=0,
        MaxSize=1,
        AvailabilityZones=[f"{REGION}a"],
        Tags=[{**PAIRS[0], "PropagateAtLaunch": False}],
    )


def db_instance(name: str = "orders") -> None:
    aws("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="root",
        MasterUserPassword="hunter22",
        AllocatedStorage=20,
        Tags=PAIRS,
    )


def db_snapshot() -> None:
    db_instance("snapped")
    aws("rds").create_db_snapshot(DBSnapshotIdentifier="snap", DBInstanceIdentifier="snapped", Tags=PAIRS)


def table() -> None:
    aws("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        Tags=PAIRS,
    )


def model(name: str = "llama") -> None:
    aws("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=PAIRS)


def endpoint() -> None:
    model("behind")
    variant = {
        "VariantName": "a",
        "ModelName": "behind",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1.0,
    }
    aws("sagemaker").create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    aws("sagemaker").create_endpoint(EndpointName="llama", EndpointConfigName="c", Tags=PAIRS)


def balancer() -> None:
    subnets = [one["SubnetId"] for one in aws("ec2").describe_subnets()["Subnets"][:2]]
    aws("elbv2").create_load_balancer(Name="web", Subnets=subnets, Tags=PAIRS)


def classic() -> None:
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    aws("elb").create_load_balancer(
        LoadBalancerName="old", Listeners=[listener], AvailabilityZones=[f"{REGION}a"], Tags=PAIRS
    )


def agent() -> None:
    aws("bedrock-agent").create_agent(agentName="a", agentResourceRoleArn=ROLE, tags=TAGS)


def knowledge_base() -> None:
    aws("bedrock-agent").create_knowledge_base(
        name="k",
        roleArn=ROLE,
        knowledgeBaseConfiguration={"type": "VECTOR"},
        storageConfiguration={"type": "PINECONE"},
        tags=TAGS,
    )


def collection() -> None:
    rules = {"Rules": [{"ResourceType": "collection", "Resource": ["collection/vectors"]}], "KmsARN": KEY}
    search = aws("opensearchserverless")
    search.create_security_policy(name="keys", type="encryption", policy=json.dumps(rules))
    search.create_collection(name="vectors", type="VECTORSEARCH", tags=LOWER)


def training_job() -> None:
    aws("sagemaker").create_training_job(
        TrainingJobName="train",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        OutputDataConfig=S3_OUT,
        ResourceConfig=SIZE,
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        Tags=PAIRS,
    )
    # moto's jobs are through at once.
    sagemaker_backends[ACCOUNT][REGION].training_jobs["train"].training_job_status = "InProgress"


def processing_job() -> None:
    aws("sagemaker").create_processing_job(
        ProcessingJobName="clean",
        AppSpecification={"ImageUri": IMAGE},
        RoleArn=ROLE,
        ProcessingResources={"ClusterConfig": SIZE},
        Tags=PAIRS,
    )
    sagemaker_backends[ACCOUNT][REGION].processing_jobs["clean"].processing_job_status = "InProgress"


def fleet() -> None:
    template = aws("ec2").create_launch_template(
        LaunchTemplateName="t", LaunchTemplateData={"ImageId": AMI, "InstanceType": "m5.large"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    aws("ec2").create_fleet(
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "1"}}],
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"},
        TagSpecifications=ec2("fleet"),
    )


def call(service: str, operation: str, **parameters: Any) -> Callable[[], object]:
    """A seed that is one call."""
    return lambda: getattr(aws(service), operation)(**parameters)


SEEDS: Mapping[str, Callable[[], object]] = {
    "AWS::EC2::Instance": instance,
    "AWS::EC2::Volume": volume,
    "AWS::EC2::Snapshot": lambda: aws("ec2").create_snapshot(VolumeId=volume(), TagSpecifications=ec2("snapshot")),
    "AWS::EC2::Image": lambda: aws("ec2").create_image(
        InstanceId=instance(), Name="mine", TagSpecifications=ec2("image")
    ),
    "AWS::EC2::NatGateway": lambda: aws("ec2").create_nat_gateway(
        SubnetId=subnet(), ConnectivityType="private", TagSpecifications=ec2("natgateway")
    ),
    "AWS::EC2::EIP": call("ec2", "allocate_address", Domain="vpc", TagSpecifications=ec2("elastic-ip")),
    "AWS::EC2::VPC": call("ec2", "create_vpc", CidrBlock="10.0.0.0/16", TagSpecifications=ec2("vpc")),
    "AWS::EC2::VPCEndpoint": lambda: aws("ec2").create_vpc_endpoint(
        VpcId=aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"],
        ServiceName=f"com.amazonaws.{REGION}.s3",
        TagSpecifications=ec2("vpc-endpoint"),
    ),
    "AWS::EC2::TransitGateway": call("ec2", "create_transit_gateway", TagSpecifications=ec2("transit-gateway")),
    "AWS::EC2::EC2Fleet": fleet,
    "AWS::AutoScaling::AutoScalingGroup": group,
    "AWS::Lambda::Function": function,
    "AWS::S3::Bucket": bucket,
    "AWS::RDS::DBInstance": db_instance,
    "AWS::RDS::DBCluster": call(
        *("rds", "create_db_cluster"),
        DBClusterIdentifier="aurora",
        Engine="aurora-postgresql",
        MasterUsername="root",
        MasterUserPassword="hunter22",
        Tags=PAIRS,
    ),
    "AWS::RDS::DBSnapshot": db_snapshot,
    "AWS::DynamoDB::Table": table,
    "AWS::ECS::Cluster": call("ecs", "create_cluster", clusterName="web", tags=LOWER),
    "AWS::EKS::Cluster": call(
        "eks", "create_cluster", name="gpu", roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]}, tags=TAGS
    ),
    "AWS::ECR::Repository": call("ecr", "create_repository", repositoryName="team/app", tags=PAIRS),
    "AWS::SageMaker::Endpoint": endpoint,
    "AWS::SageMaker::NotebookInstance": call(
        *("sagemaker", "create_notebook_instance"),
        NotebookInstanceName="notes",
        InstanceType="ml.t3.medium",
        RoleArn=ROLE,
        Tags=PAIRS,
    ),
    "AWS::SageMaker::TrainingJob": training_job,
    "AWS::SageMaker::ProcessingJob": processing_job,
    "AWS::SageMaker::Domain": call(
        *("sagemaker", "create_domain"),
        DomainName="studio",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE},
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
        Tags=PAIRS,
    ),
    "AWS::SageMaker::Model": model,
    "AWS::SageMaker::Pipeline": call(
        *("sagemaker", "create_pipeline"),
        PipelineName="nightly",
        PipelineDefinition="{}",
        ClientRequestToken="t" * 32,
        RoleArn=ROLE,
        Tags=PAIRS,
    ),
    "AWS::Bedrock::Agent": agent,
    "AWS::Bedrock::KnowledgeBase": knowledge_base,
    "AWS::OpenSearchService::Domain": call("opensearch", "create_domain", DomainName="search", TagList=PAIRS),
    "AWS::OpenSearchServerless::Collection": collection,
    "AWS::ElastiCache::CacheCluster": call(
        "elasticache",
        "create_cache_cluster",
        CacheClusterId="cache",
        Engine="memcached",
        CacheNodeType="cache.t3.micro",
        NumCacheNodes=1,
        Tags=PAIRS,
    ),
    "AWS::ElastiCache::ReplicationGroup": call(
        *("elasticache", "create_replication_group"),
        ReplicationGroupId="shards",
        ReplicationGroupDescription="d",
        Tags=PAIRS,
    ),
    "AWS::Redshift::Cluster": call(
        *("redshift", "create_cluster"),
        ClusterIdentifier="dwh",
        NodeType="ra3.large",
        MasterUsername="root",
        MasterUserPassword="Hunter22",
        Tags=PAIRS,
    ),
    "AWS::EFS::FileSystem": call("efs", "create_file_system", CreationToken="t", Tags=PAIRS),
    "AWS::FSx::FileSystem": call(
        *("fsx", "create_file_system"),
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        SubnetIds=["subnet-0123456789abcdef0"],
        Tags=PAIRS,
    ),
    "AWS::SNS::Topic": call("sns", "create_topic", Name="news", Tags=PAIRS),
    "AWS::SQS::Queue": call("sqs", "create_queue", QueueName="jobs", tags=TAGS),
    "AWS::StepFunctions::StateMachine": call(
        "stepfunctions", "create_state_machine", name="nightly", definition="{}", roleArn=ROLE, tags=LOWER
    ),
    "AWS::Logs::LogGroup": call("logs", "create_log_group", logGroupName="/app/web", tags=TAGS),
    "AWS::SecretsManager::Secret": call(
        "secretsmanager", "create_secret", Name="db/password", SecretString="x", Tags=PAIRS
    ),
    "AWS::KMS::Key": call("kms", "create_key", Tags=[{"TagKey": "owner", "TagValue": "ml"}]),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": balancer,
    "AWS::ElasticLoadBalancing::LoadBalancer": classic,
    "AWS::ApiGateway::RestApi": call("apigateway", "create_rest_api", name="shop", tags=TAGS),
    "AWS::ApiGatewayV2::Api": call("apigatewayv2", "create_api", Name="shop", ProtocolType="HTTP", Tags=TAGS),
}
