"""JSON and YAML that a person or another program wrote, read within bounds."""

from __future__ import annotations

import json
from typing import Any

from zprof.errors import InvalidInput

MAX_BYTES = 1024 * 1024
"""Of a document."""
MAX_NESTING = 50


def parsed(text: str, source: str) -> Any:
    """What a JSON or YAML document says.

    JSON is tried first where it begins like JSON. YAML is read without its traps: no anchors, which can blow a small
    file up, no key given twice, no object of a class.

    Args:
        source: what to call the document in errors.

    Raises:
        InvalidInput: it is neither, or beyond the bounds.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidInput(f"{source} is larger than {MAX_BYTES // 1024} KiB.", "Split it.")
    try:
        if text.lstrip().startswith("{"):
            try:
                return json.loads(text, object_pairs_hook=without_repetition)
            except json.JSONDecodeError:
                pass  # YAML in braces
        return parsed_yaml(text)
    except RecursionError:
        raise InvalidInput(f"{source} is nested too deep.", f"{MAX_NESTING} levels are the most.") from None
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise InvalidInput(f"{source} can't be read: {reason}.", "Write JSON, or YAML without anchors.") from None


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key is in it twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def parsed_yaml(text: str) -> Any:
    """What a YAML document says; ValueError where it can't be read."""
    import yaml

    class BoundedLoader(yaml.SafeLoader):
        """The safe loader, without anchors, repeated keys or endless nesting."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise ValueError("it refers to an anchor")
            self.depth += 1
            if self.depth > MAX_NESTING:
                raise ValueError(f"it is nested more than {MAX_NESTING} deep")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            if not all(isinstance(key, str) for key in keys):
                raise ValueError("a key is not text")
            return without_repetition(
                [
                    (key, self.construct_object(value, deep=True))
                    for key, (_, value) in zip(keys, node.value, strict=True)
                ]
            )

    try:
        return yaml.load(text, Loader=BoundedLoader)  # noqa: S506  a subclass of the safe loader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
