"""Text into documents: JSON where it begins like JSON, else YAML."""

from __future__ import annotations

from pathlib import Path

from gate import json_text, yaml_text
from gate.document import Document, Unreadable

BIGGEST = 200_000_000
"""Bytes; a template has a megabyte at most, plans of Terraform grow larger."""


def text_of(file: Path) -> str:
    """What a file holds; Unreadable where it is no text. UTF-16 is what Windows PowerShell's `>` writes."""
    if not file.is_file():
        raise Unreadable(str(file), 0, "is no file" if file.exists() else "there is no such file")
    if file.stat().st_size > BIGGEST:
        raise Unreadable(str(file), 0, f"has more than {BIGGEST // 1_000_000} MB")
    raw = file.read_bytes()
    try:
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(str(file), 1, "is neither UTF-8 nor UTF-16 text") from error


def parse(text: str, file: str) -> Document:
    """What the text says; Unreadable, with its line, where it says nothing."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json_text.parse(text, file)
        except Unreadable:
            # YAML in flow style begins like JSON, too; where it is neither, the file meant JSON.
            if file.endswith((".json", ".template")):
                raise
    return yaml_text.parse(text, file)


def document(file: Path) -> Document:
    """Reads and parses one file; Unreadable."""
    return parse(text_of(file), str(file))
