"""Which calls create what, as CloudTrail writes them: one line each, with a sample event of its own.

CloudTrail spells a member of an API with a small first letter ("dBInstanceArn", "aRN", "dNSName"), and services differ.
Shapes: public CloudTrail records and AWS's user guides; where there were none, the names in botocore's models. A job of
Bedrock that trains a model is no row: the model comes hours later, under a name that its job does not tell.
"""

from __future__ import annotations

from functions.tag_check.catalog.ec2_calls import EC2_CALLS
from functions.tag_check.catalog.kind import Call
from functions.tag_check.catalog.row import call

FUNCTION, BUCKET, TABLE = "AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::DynamoDB::Table"
DB, DB_CLUSTER, DB_SNAPSHOT = "AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::RDS::DBSnapshot"
REDSHIFT, FSX = "AWS::Redshift::Cluster", "AWS::FSx::FileSystem"
REST_API, API = "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"
CACHE, REPLICATION = "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup"
DB_ARN, DB_ID, DB_CLUSTER_ARN = "dBInstanceArn", "dBInstanceIdentifier", "dBClusterArn dbClusterArn"
"""The cluster's ARN is spelt in both ways: the second is from records of DocumentDB."""

CALLS: tuple[Call, ...] = (
    *EC2_CALLS,
    call("autoscaling", "CreateAutoScalingGroup", "AWS::AutoScaling::AutoScalingGroup", asked="autoScalingGroupName"),
    # By its name, for the ARN may end in a version, and the request may hold either.
    call("lambda", "CreateFunction20150331", FUNCTION, answered="functionName", asked="functionName"),
    call("ecs", "CreateCluster", "AWS::ECS::Cluster", arn="cluster.clusterArn"),
    call("ecs", "CreateService", "AWS::ECS::Service", arn="service.serviceArn"),
    call("eks", "CreateCluster", "AWS::EKS::Cluster", arn="cluster.arn", asked="name"),
    call("eks", "CreateNodegroup", "AWS::EKS::Nodegroup", arn="nodegroup.nodegroupArn"),
    call("ecr", "CreateRepository", "AWS::ECR::Repository", arn="repository.repositoryArn", asked="repositoryName"),
    call(
        "s3",
        "CreateBucket",
        BUCKET,
        asked="bucketName",
        tags="CreateBucketConfiguration.Tags.Tag Tagging.TagSet.Tag",
    ),
    call("elasticfilesystem", "CreateFileSystem", "AWS::EFS::FileSystem", arn="fileSystemArn", answered="fileSystemId"),
    call("fsx", "CreateFileSystem", FSX, arn="fileSystem.resourceARN", answered="fileSystem.fileSystemId"),
    call("fsx", "CreateFileSystemFromBackup", FSX, arn="fileSystem.resourceARN", answered="fileSystem.fileSystemId"),
    call("rds", "CreateDBInstance", DB, arn=DB_ARN, answered=DB_ID, asked=DB_ID),
    call("rds", "CreateDBInstanceReadReplica", DB, arn=DB_ARN, answered=DB_ID, asked=DB_ID),
    call("rds", "RestoreDBInstanceFromDBSnapshot", DB, arn=DB_ARN, answered=DB_ID, asked=DB_ID),
    call("rds", "RestoreDBInstanceFromS3", DB, arn=DB_ARN, answered=DB_ID, asked=DB_ID),
    call("rds", "RestoreDBInstanceToPointInTime", DB, arn=DB_ARN, answered=DB_ID, asked="targetDBInstanceIdentifier"),
    call("rds", "CreateDBCluster", DB_CLUSTER, arn=DB_CLUSTER_ARN, answered="dBClusterIdentifier"),
    call("rds", "RestoreDBClusterFromSnapshot", DB_CLUSTER, arn=DB_CLUSTER_ARN, answered="dBClusterIdentifier"),
    call("rds", "RestoreDBClusterFromS3", DB_CLUSTER, arn=DB_CLUSTER_ARN, answered="dBClusterIdentifier"),
    call("rds", "RestoreDBClusterToPointInTime", DB_CLUSTER, arn=DB_CLUSTER_ARN, answered="dBClusterIdentifier"),
    call("rds", "CreateDBSnapshot", DB_SNAPSHOT, arn="dBSnapshotArn", answered="dBSnapshotIdentifier"),
    call("rds", "CopyDBSnapshot", DB_SNAPSHOT, arn="dBSnapshotArn", answered="dBSnapshotIdentifier"),
    call("dynamodb", "CreateTable", TABLE, arn="tableDescription.tableArn", asked="tableName"),
    call("dynamodb", "RestoreTableFromBackup", TABLE, arn="tableDescription.tableArn", asked="targetTableName"),
    call("dynamodb", "RestoreTableToPointInTime", TABLE, arn="tableDescription.tableArn", asked="targetTableName"),
    call("dynamodb", "ImportTable", TABLE, arn="importTableDescription.tableArn"),
    call("redshift", "CreateCluster", REDSHIFT, answered="clusterIdentifier", asked="clusterIdentifier"),
    call("redshift", "RestoreFromClusterSnapshot", REDSHIFT, answered="clusterIdentifier", asked="clusterIdentifier"),
    call("redshift-serverless", "CreateWorkgroup", "AWS::RedshiftServerless::Workgroup", arn="workgroup.workgroupArn"),
    call("elasticache", "CreateCacheCluster", CACHE, arn="aRN", answered="cacheClusterId"),
    call("elasticache", "CreateReplicationGroup", REPLICATION, arn="aRN", answered="replicationGroupId"),
    call("elasticache", "CreateServerlessCache", "AWS::ElastiCache::ServerlessCache", arn="serverlessCache.aRN"),
    call("es", "CreateDomain", "AWS::OpenSearchService::Domain", arn="domainStatus.aRN", tags="tagList"),
    call("es", "CreateElasticsearchDomain", "AWS::OpenSearchService::Domain", arn="domainStatus.aRN", tags="tagList"),
    call("aoss", "CreateCollection", "AWS::OpenSearchServerless::Collection", arn="createCollectionDetail.arn"),
    call("sagemaker", "CreateEndpoint", "AWS::SageMaker::Endpoint", arn="endpointArn"),
    call("sagemaker", "CreateNotebookInstance", "AWS::SageMaker::NotebookInstance", arn="notebookInstanceArn"),
    call("sagemaker", "CreateTrainingJob", "AWS::SageMaker::TrainingJob", arn="trainingJobArn"),
    call("sagemaker", "CreateProcessingJob", "AWS::SageMaker::ProcessingJob", arn="processingJobArn"),
    call("sagemaker", "CreateDomain", "AWS::SageMaker::Domain", arn="domainArn"),
    call("sagemaker", "CreateModel", "AWS::SageMaker::Model", arn="modelArn"),
    call("sagemaker", "CreatePipeline", "AWS::SageMaker::Pipeline", arn="pipelineArn"),
    call(
        "bedrock",
        "CreateProvisionedModelThroughput",
        "AWS::Bedrock::ProvisionedModelThroughput",
        arn="provisionedModelArn",
    ),
    call("bedrock", "CreateInferenceProfile", "AWS::Bedrock::ApplicationInferenceProfile", arn="inferenceProfileArn"),
    call("bedrock", "CreateCustomModel", "AWS::Bedrock::CustomModel", arn="modelArn", tags="modelTags"),
    call("bedrock", "CreateAgent", "AWS::Bedrock::Agent", arn="agent.agentArn", answered="agent.agentId"),
    call("bedrock", "CreateKnowledgeBase", "AWS::Bedrock::KnowledgeBase", arn="knowledgeBase.knowledgeBaseArn"),
    call("bedrock", "CreateGuardrail", "AWS::Bedrock::Guardrail", arn="guardrailArn", answered="guardrailId"),
    call("sns", "CreateTopic", "AWS::SNS::Topic", arn="topicArn"),
    call("sqs", "CreateQueue", "AWS::SQS::Queue", asked="queueName"),
    call("states", "CreateStateMachine", "AWS::StepFunctions::StateMachine", arn="stateMachineArn"),
    call("logs", "CreateLogGroup", "AWS::Logs::LogGroup", asked="logGroupName"),
    call("secretsmanager", "CreateSecret", "AWS::SecretsManager::Secret", arn="aRN arn"),
    call("kms", "CreateKey", "AWS::KMS::Key", arn="keyMetadata.arn keyMetadata.aRN", answered="keyMetadata.keyId"),
    call(
        "elasticloadbalancing",
        "CreateLoadBalancer",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        arn="loadBalancers.loadBalancerArn",
    ),
    # The first version's call has the same name, and tells nothing but where its own answers.
    call(
        "elasticloadbalancing",
        "CreateLoadBalancer",
        "AWS::ElasticLoadBalancing::LoadBalancer",
        asked="loadBalancerName",
        where="dNSName",
    ),
    call("apigateway", "CreateRestApi", REST_API, answered="id", tags="createRestApiInput.tags tags", tagged="tags"),
    call("apigateway", "ImportRestApi", REST_API, answered="id", tagged="tags"),
    call("apigateway", "CreateApi", API, answered="apiId"),
    call("apigateway", "ImportApi", API, answered="apiId", tagged="tags"),
)
