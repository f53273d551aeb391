"""SageMaker and Bedrock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.tag_check.catalog.kind import Kind, Lists, Reads, on

SAGEMAKER = "arn:{partition}:sagemaker:{region}:{account}:"
BEDROCK = "arn:{partition}:bedrock:{region}:{account}:"
FAILED, DELETING, ENDED = frozenset({"Failed"}), frozenset({"DELETING"}), frozenset({"Deleting", "Failed"})
RUNNING = {"StatusEquals": "InProgress"}
"""A job that has ended costs nothing any more, and there are thousands of them."""


def _sagemaker(
    type: str,
    resource: str,
    operation: str,
    items: str,
    arn: str,
    *,
    only: Mapping[str, Any] | None = None,
    state: str = "",
    gone: frozenset[str] = frozenset(),
) -> Kind:
    """A kind of SageMaker: named by ARN, as its name there is in lower case."""
    return Kind(
        type=type,
        arn=f"{SAGEMAKER}{resource}/{{id}}",
        id=r"[A-Za-z0-9][A-Za-z0-9-]{0,255}",
        reads=Reads(
            service="sagemaker",
            operation="list_tags",
            parameter="ResourceArn",
            by="arn",
            tags="Tags",
            missing=frozenset({"ResourceNotFound", "ValidationException"}),
            pages="NextToken",
        ),
        lists=Lists(
            service="sagemaker",
            operation=operation,
            items=items,
            arn=arn,
            since="CreationTime",
            only={"MaxResults": 100, **(only or {})},
            state=state,
            gone=gone,
        ),
        tagging=on("sagemaker", "AddTags", "DeleteTags", "ListTags"),
    )


def _bedrock(
    type: str,
    resource: str,
    id: str,
    operation: str,
    items: str,
    *,
    agents: bool = False,
    arn: str | None = None,
    at: str | None = None,
    since: str,
    only: Mapping[str, Any] | None = None,
    state: str,
    gone: frozenset[str],
) -> Kind:
    """A kind of Bedrock, of models or of agents: the latter are listed by id."""
    service = "bedrock-agent" if agents else "bedrock"
    return Kind(
        type=type,
        arn=f"{BEDROCK}{resource}/{{id}}",
        id=id,
        reads=Reads(
            service=service,
            operation="list_tags_for_resource",
            parameter="resourceArn" if agents else "resourceARN",
            by="arn",
            tags="tags",
            missing=frozenset({"ResourceNotFoundException"}),
        ),
        lists=Lists(
            service=service,
            operation=operation,
            items=items,
            arn=arn,
            id=at,
            since=since,
            pages="nextToken",
            only={"maxResults": 1000, **(only or {})},
            state=state,
            gone=gone,
        ),
        tagging=on("bedrock"),
    )


KINDS = (
    _sagemaker(
        *("AWS::SageMaker::Endpoint", "endpoint", "list_endpoints", "Endpoints", "EndpointArn"),
        state="EndpointStatus",
        gone=ENDED,
    ),
    _sagemaker(
        *("AWS::SageMaker::NotebookInstance", "notebook-instance", "list_notebook_instances"),
        *("NotebookInstances", "NotebookInstanceArn"),
        state="NotebookInstanceStatus",
        gone=ENDED,
    ),
    _sagemaker(
        *("AWS::SageMaker::TrainingJob", "training-job", "list_training_jobs"),
        *("TrainingJobSummaries", "TrainingJobArn"),
        only=RUNNING,
    ),
    _sagemaker(
        *("AWS::SageMaker::ProcessingJob", "processing-job", "list_processing_jobs"),
        *("ProcessingJobSummaries", "ProcessingJobArn"),
        only=RUNNING,
    ),
    _sagemaker(
        *("AWS::SageMaker::Domain", "domain", "list_domains", "Domains", "DomainArn"),
        state="Status",
        gone=ENDED,
    ),
    _sagemaker("AWS::SageMaker::Model", "model", "list_models", "Models", "ModelArn"),
    # AWS's own pipelines have the account "aws" in their ARN, which belongs to no kind.
    _sagemaker("AWS::SageMaker::Pipeline", "pipeline", "list_pipelines", "PipelineSummaries", "PipelineArn"),
    _bedrock(
        *("AWS::Bedrock::ProvisionedModelThroughput", "provisioned-model", r"[a-z0-9]{1,64}"),
        *("list_provisioned_model_throughputs", "provisionedModelSummaries"),
        arn="provisionedModelArn",
        since="creationTime",
        state="status",
        gone=FAILED,
    ),
    _bedrock(
        *("AWS::Bedrock::ApplicationInferenceProfile", "application-inference-profile", r"[A-Za-z0-9-]{1,64}"),
        *("list_inference_profiles", "inferenceProfileSummaries"),
        arn="inferenceProfileArn",
        since="createdAt",
        only={"typeEquals": "APPLICATION"},
        state="",
        gone=frozenset(),
    ),
    # Its id begins with its base model's, version and all: amazon.nova-lite-v1:0:256k/abcdef123456.
    _bedrock(
        *("AWS::Bedrock::CustomModel", "custom-model", r"[a-z0-9][a-z0-9.:-]{0,255}/[a-z0-9]{1,64}"),
        *("list_custom_models", "modelSummaries"),
        arn="modelArn",
        since="creationTime",
        only={"isOwned": True},
        state="modelStatus",
        gone=FAILED,
    ),
    _bedrock(
        *("AWS::Bedrock::Agent", "agent", r"[0-9A-Za-z]{1,64}", "list_agents", "agentSummaries"),
        agents=True,
        at="agentId",
        since="updatedAt",
        state="agentStatus",
        gone=DELETING,
    ),
    _bedrock(
        *("AWS::Bedrock::KnowledgeBase", "knowledge-base", r"[0-9A-Za-z]{1,64}"),
        *("list_knowledge_bases", "knowledgeBaseSummaries"),
        agents=True,
        at="knowledgeBaseId",
        since="updatedAt",
        state="status",
        gone=DELETING,
    ),
    _bedrock(
        *("AWS::Bedrock::Guardrail", "guardrail", r"[a-z0-9]{1,64}", "list_guardrails", "guardrails"),
        arn="arn",
        since="createdAt",
        state="status",
        gone=frozenset({"DELETING", "FAILED"}),
    ),
)
