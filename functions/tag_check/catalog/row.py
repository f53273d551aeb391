"""How a row of the table of calls is written in a line."""

from __future__ import annotations

from functions.tag_check.catalog.kind import Call

REQUEST, RESPONSE = "requestParameters.", "responseElements."


def call(
    service: str,
    name: str,
    kind: str,
    *,
    arn: str = "",
    answered: str = "",
    asked: str = "",
    tags: str = "tags",
    tagged: str = "",
    where: str = "",
) -> Call:
    """A row, of paths between blanks: an ARN or an id in the answer, an id and tags in the request, tags answered.

    Where the answer tells a name it counts before the request's: services change its case, or shorten it. A name that
    is only in the request is good for the services that keep it as it was given.
    """
    return Call(
        source=f"{service}.amazonaws.com",
        name=name,
        kind=kind,
        arn=_of(RESPONSE, arn),
        id=_of(RESPONSE, answered) + _of(REQUEST, asked),
        tags=_of(REQUEST, tags) + _of(RESPONSE, tagged),
        where=RESPONSE + where if where else "",
    )


def ec2(name: str, kind: str, resource: str, id: str, *, tagged: bool = True) -> Call:
    """A row of EC2, in both of the shapes in which CloudTrail writes its calls.

    The older calls are flat, with lists in "items"; the newer ones stand in NameRequest and NameResponse, with lists in
    "item" and the request in the words of the query API. Tags are answered beside the id, unless `tagged` says that
    those of several resources may differ.
    """
    beside = id.rpartition(".")[0]
    tag_set = f"{beside}.tagSet.items" if beside else "tagSet.items"
    return Call(
        source="ec2.amazonaws.com",
        name=name,
        kind=kind,
        id=_both(name, id),
        tags=(
            f"{REQUEST}tagSpecificationSet.items[resourceType={resource}].tags",
            f"{REQUEST}{name}Request.TagSpecification[ResourceType={resource}].Tag",
            f"{REQUEST}{name}Request.TagSpecifications[ResourceType={resource}].Tag",
            *(_both(name, tag_set) if tagged else ()),
        ),
    )


def _of(part: str, paths: str) -> tuple[str, ...]:
    return tuple(part + path for path in paths.split())


def _both(name: str, path: str) -> tuple[str, str]:
    newer = ".".join("item" if step == "items" else step for step in path.split("."))
    return RESPONSE + path, f"{RESPONSE}{name}Response.{newer}"
