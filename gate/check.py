"""Judges everything that the paths name, nested stacks in the place of their parents."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from functions.tag_check.settings import TagCheckSettings
from gate import reading, sources, terraform
from gate.document import Document, Unreadable, is_template
from gate.resource import Resource, Verdict, verdict
from gate.stack import Nested, Stack
from gate.tagsets import plain
from gate.template import contents

DEEPEST = 10
"""Stacks inside stacks that are followed."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on what could not be looked at, with its place."""

    file: str
    line: int
    text: str


@dataclass
class Report:
    """What was judged. `no_tags`, `ignored` and `not_known` count what was not, the last by its type."""

    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    no_tags: int = 0
    ignored: int = 0
    not_known: Counter[str] = field(default_factory=Counter)
    by_other_name: Counter[str] = field(default_factory=Counter)
    files: int = 0
    skipped: int = 0

    @property
    def lacking(self) -> list[Verdict]:
        """Resources that lack something for certain."""
        return [one for one in self.verdicts if one.lacks]

    @property
    def unsure(self) -> list[Verdict]:
        """Resources that lack nothing for certain, and something perhaps."""
        return [one for one in self.verdicts if one.cannot_tell and not one.lacks]


def check(
    paths: Iterable[Path], settings: TagCheckSettings, stack_tags: Mapping[str, str], skip_others: bool = False
) -> Report:
    """Reads and judges; Refused, with one line, for a path that cannot be judged (see gate.sources)."""
    found = sources.of_paths(paths, plain(stack_tags), skip_others)
    report = Report(skipped=found.skipped)
    walk = Walk(settings, found.sources, report)
    inner = walk.inner()
    # What another template nests is judged there; templates that nest each other in a circle begin anywhere.
    for file in sorted(found.sources, key=lambda one: one in inner):
        if file not in walk.seen:
            walk.source(file)
    report.files = len(walk.seen)
    return report


@dataclass
class Walk:
    """The way through the documents; `seen` are the files that were judged."""

    settings: TagCheckSettings
    sources: Mapping[Path, sources.Source]
    report: Report
    seen: set[Path] = field(default_factory=set)
    documents: dict[Path, Document] = field(default_factory=dict)

    def inner(self) -> set[Path]:
        """The files that another of the sources nests."""
        found: set[Path] = set()
        for file, source in self.sources.items():
            if source.stack is not None:
                written = (there(one, file) for one in contents(source.document, source.stack).nested)
                found |= {(file.parent / one).resolve() for one in written if one} - {file}
        return found

    def source(self, file: Path) -> None:
        source = self.sources[file]
        if source.stack is not None:
            self.template(file, source.document, source.stack, (file,))
            return
        self.seen.add(file)
        resources, notes = terraform.resources(source.document)
        self.report.notes += [Note(source.document.file, 0, text) for text in notes]
        for one in resources:
            self.resource(one)

    def template(self, file: Path, document: Document, stack: Stack, above: tuple[Path, ...]) -> None:
        self.seen.add(file)
        found = contents(document, stack)
        self.report.notes += [Note(document.file, line, text) for line, text in found.notes]
        for one in found.resources:
            self.resource(one)
        for nested in found.nested:
            why = self.nested(nested, file, document, above)
            if why:
                self.report.notes.append(
                    Note(document.file, nested.line, f"{nested.id}: its template is not read: {why}")
                )

    def nested(self, nested: Nested, file: Path, parent: Document, above: tuple[Path, ...]) -> str:
        """Judges a stack inside another; says why where it is not."""
        written = there(nested, file)
        if not written:
            return f"{nested.written} is no file here" if nested.written else "where it is comes out at deployment"
        inner = (file.parent / written).resolve()
        if inner in above or len(above) > DEEPEST:
            return f"it is nested in itself, or more than {DEEPEST} deep"
        try:
            document = self.document(inner, os.path.normpath(Path(parent.file).parent / written))
        except Unreadable as error:
            return str(error)
        if not is_template(document.value):
            return f"{document.file} is no template"
        self.template(inner, document, nested.stack, (*above, inner))
        return ""

    def document(self, file: Path, shown: str) -> Document:
        if file in self.sources:
            return self.sources[file].document
        if file not in self.documents:
            self.documents[file] = reading.parse(reading.text_of(file), shown)
        return self.documents[file]

    def resource(self, one: Resource) -> None:
        if not self.settings.checks(one.judged_as):
            self.report.ignored += 1
        elif one.takes_tags == "no":
            self.report.no_tags += 1
        elif one.takes_tags == "not known":
            self.report.not_known[one.type] += 1
        else:
            if one.judged_as.startswith("aws"):
                self.report.by_other_name[one.judged_as] += 1
            self.report.verdicts.append(verdict(one, self.settings))


def there(nested: Nested, file: Path) -> str:
    """Which of the written paths of a nested template leads to a file, or ""."""
    return next((one for one in nested.paths if one and "\0" not in one and (file.parent / one).is_file()), "")
