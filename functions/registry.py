"""The guardrails of this Fusebox, one line each."""

from __future__ import annotations

from typing import Any

from functions.asg_clamp.guardrail import GUARDRAIL as ASG_CLAMP
from functions.core.guardrail import Guardrail
from functions.idle_gpu.guardrail import GUARDRAIL as IDLE_GPU
from functions.llm_keys.guardrail import GUARDRAIL as LLM_KEYS
from functions.log_retention.guardrail import GUARDRAIL as LOG_RETENTION
from functions.tag_check.guardrail import GUARDRAIL as TAG_CHECK

GUARDRAILS: tuple[Guardrail[Any, Any], ...] = (LOG_RETENTION, IDLE_GPU, ASG_CLAMP, TAG_CHECK, LLM_KEYS)
