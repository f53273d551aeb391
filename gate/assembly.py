"""A CDK assembly: the stacks that its manifest lists, with their tags, account and Region.

Source: the cloud assembly schema. Artifacts of type aws:cloudformation:stack have `properties.templateFile`, `.tags`,
an `environment` (aws://ACCOUNT/REGION) and, in `metadata` or `additionalMetadataFile`, entries aws:cdk:logicalId by
construct path; those of type cdk:cloud-assembly have `properties.directoryName`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NESTED = ".nested.template.json"
LOGICAL_ID = "aws:cdk:logicalId"
MANIFEST = "manifest.json"
ENVIRONMENT = re.compile(r"aws://([^/]+)/(.+)")


@dataclass(frozen=True, slots=True)
class StackArtifact:
    """A stack of an assembly; account and Region are "" where the app leaves them open.

    `metadata` is by construct path; newer CDKs put it in `metadata_file`.
    """

    template: str
    tags: Mapping[str, str]
    account: str
    region: str
    metadata: Any
    metadata_file: str


def is_manifest(value: Any) -> bool:
    """Whether it is the manifest of an assembly."""
    return isinstance(value, dict) and isinstance(value.get("artifacts"), dict) and "version" in value


def stacks(manifest: Mapping[str, Any]) -> list[StackArtifact]:
    """The stacks of an assembly, in its order."""
    return [
        StackArtifact(
            properties["templateFile"],
            _tags(properties.get("tags")),
            *_environment(one.get("environment")),
            one.get("metadata"),
            str(one.get("additionalMetadataFile") or ""),
        )
        for one, properties in _artifacts(manifest, "aws:cloudformation:stack")
        if isinstance(properties.get("templateFile"), str)
    ]


def nested(manifest: Mapping[str, Any]) -> list[str]:
    """The folders of assemblies inside it: the stages of the app."""
    found = (properties.get("directoryName") for _, properties in _artifacts(manifest, "cdk:cloud-assembly"))
    return [one for one in found if isinstance(one, str)]


def paths(*metadata: Any) -> dict[str, str]:
    """Construct paths by logical ID, where a logical ID stands for one: nested stacks may have it again."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for path, entries in (pair for one in metadata if isinstance(one, dict) for pair in one.items()):
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("type") == LOGICAL_ID and isinstance(entry.get("data"), str):
                if entry["data"] in found:
                    twice.add(entry["data"])
                found[entry["data"]] = path.removeprefix("/")
    return {key: path for key, path in found.items() if key not in twice}


def asset_manifests(manifest: Mapping[str, Any]) -> list[str]:
    """The files that list what is uploaded, among it the templates of nested stacks."""
    found = (properties.get("file") for _, properties in _artifacts(manifest, "cdk:asset-manifest"))
    return [one for one in found if isinstance(one, str)]


def nested_templates(assets: Any) -> dict[str, str]:
    """The files of nested templates in an assembly by the hash that names them where they are uploaded."""
    files = assets.get("files") if isinstance(assets, dict) else None
    sources = (
        {key: one.get("source") for key, one in files.items() if isinstance(one, dict)}
        if isinstance(files, dict)
        else {}
    )
    paths = {key: one.get("path") for key, one in sources.items() if isinstance(one, dict)}
    return {key: str(path) for key, path in paths.items() if str(path).endswith(NESTED)}


def _artifacts(manifest: Mapping[str, Any], kind: str) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    listed = [one for one in manifest["artifacts"].values() if isinstance(one, dict) and one.get("type") == kind]
    return [(one, one["properties"]) for one in listed if isinstance(one.get("properties"), dict)]


def _tags(tags: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _environment(text: Any) -> tuple[str, str]:
    match = ENVIRONMENT.fullmatch(str(text))
    account, region = match.groups() if match else ("", "")
    return "" if account.startswith("unknown") else account, "" if region.startswith("unknown") else region
