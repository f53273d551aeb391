"""What the paths on a command line name: templates with the stack they become, and plans."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from functions.core.types import Refused
from gate import assembly, reading
from gate.document import Document, Unreadable, is_plan, is_state, is_template
from gate.stack import Stack
from gate.tagsets import TagSet, combined, plain

ENDINGS = (".yaml", ".yml", ".json", ".template")
NOT_OURS = {"node_modules", "__pycache__", "venv"}
LIKE_A_TEMPLATE = re.compile(r"""^\s*["']?(AWSTemplateFormatVersion|Resources)["']?\s*:""", re.MULTILINE)
"""A file in a folder that cannot be parsed but has such a line is worth an error rather than a shrug."""


@dataclass(frozen=True)
class Source:
    """A document to judge. `stack` is what a template becomes; None for a plan of Terraform."""

    document: Document
    stack: Stack | None


@dataclass
class Found:
    """The documents by file, and how many files of the folders were none."""

    sources: dict[Path, Source] = field(default_factory=dict)
    skipped: int = 0


def of_paths(paths: Iterable[Path], stack_tags: tuple[TagSet, ...], skip_others: bool = False) -> Found:
    """Reads files, assemblies and folders; Refused, with one line, for what is named and is none of them.

    `skip_others` passes over it instead, as it is done inside a folder.
    """
    found = Found()
    for path in paths:
        before = len(found.sources)
        if not path.exists():
            raise Unreadable(str(path), 0, "there is no such file or folder")
        if path.is_dir():
            _folder(path, stack_tags, found)
            nothing = len(found.sources) == before and not _holds_known(path, found)
            if nothing and not skip_others:
                raise Refused(f"{path}: holds neither a CloudFormation template, a CDK assembly nor a Terraform plan")
        elif path.name == assembly.MANIFEST and _is_assembly(path.parent):
            _assembly(path.parent, stack_tags, found)
        elif skip_others:
            _try(path, stack_tags, found)
        else:
            document = reading.document(path)
            if not _add(path, document, stack_tags, found):
                raise Unreadable(str(path), 0, _none_of_them(document))
    return found


def _holds_known(folder: Path, found: Found) -> bool:
    whole = folder.resolve()
    return any(whole in file.parents for file in found.sources)


def _none_of_them(document: Document) -> str:
    if is_state(document.value):
        return "is a Terraform state; a plan is what is checked: terraform show -json PLAN"
    return "is neither a CloudFormation template nor a Terraform plan (terraform show -json)"


def _add(file: Path, document: Document, stack_tags: tuple[TagSet, ...], found: Found) -> bool:
    if is_template(document.value):
        found.sources.setdefault(file.resolve(), Source(document, Stack(tags=stack_tags)))
    elif is_plan(document.value):
        found.sources.setdefault(file.resolve(), Source(document, None))
    else:
        return False
    return True


def _folder(folder: Path, stack_tags: tuple[TagSet, ...], found: Found) -> None:
    if _is_assembly(folder):
        _assembly(folder, stack_tags, found)
        return
    for file in _files(folder):
        if file.is_dir():
            _assembly(file, stack_tags, found)
        else:
            _try(file, stack_tags, found)


def _try(file: Path, stack_tags: tuple[TagSet, ...], found: Found) -> None:
    """Takes a file if it is one to judge, else counts it; Unreadable for a template that cannot be parsed."""
    text = ""
    try:
        text = reading.text_of(file)
        taken = _add(file, reading.parse(text, str(file)), stack_tags, found)
    except Unreadable:
        if LIKE_A_TEMPLATE.search(text) and "::" in text:
            raise
        taken = False
    found.skipped += not taken


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder that may be templates, in order; an assembly in it as its folder."""
    for where, folders, names in os.walk(folder):
        here = Path(where)
        if here != folder and _is_assembly(here):
            folders.clear()
            yield here
            continue
        folders[:] = sorted(one for one in folders if not one.startswith(".") and one not in NOT_OURS)
        yield from (here / name for name in sorted(names) if name.endswith(ENDINGS))


def _is_assembly(folder: Path) -> bool:
    manifest = folder / assembly.MANIFEST
    if not manifest.is_file():
        return False
    try:
        return assembly.is_manifest(reading.document(manifest).value)
    except Unreadable:
        return False


def _assembly(folder: Path, stack_tags: tuple[TagSet, ...], found: Found) -> None:
    """The stacks of an assembly and of the assemblies inside it."""
    manifest = reading.document(folder / assembly.MANIFEST).value
    listed = [folder / one for one in assembly.asset_manifests(manifest)]
    assets = [assembly.nested_templates(reading.document(one).value) for one in listed if one.is_file()]
    nested = {key: path for one in assets for key, path in one.items()}
    for one in assembly.stacks(manifest):
        file = folder / one.template
        document = reading.document(file)
        if not is_template(document.value):
            found.skipped += 1
            continue
        # Tags that the command names are those of the deployment, which win over the app's.
        tags = combined([plain(one.tags), stack_tags])
        named = folder / one.metadata_file
        also = reading.document(named).value if one.metadata_file and named.is_file() else None
        paths = assembly.paths(one.metadata, also)
        stack = Stack(tags=tags, account=one.account, region=one.region, paths=paths, assets=nested)
        found.sources[file.resolve()] = Source(document, stack)
    for inner in assembly.nested(manifest):
        if _is_assembly(folder / inner):
            _assembly(folder / inner, stack_tags, found)
