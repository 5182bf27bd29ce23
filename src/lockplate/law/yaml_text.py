"""YAML without its traps: plain values, no key twice, no aliases; and its faults in one line.

What flows in: the text of a file. What flows out: plain values, or what is wrong and on which line.
What it must never see: a path, a tag that makes anything but plain values.
"""

import re
from typing import Any

import yaml


class _StrictLoader(yaml.SafeLoader):
    """YAML without its traps: no key twice, no anchors, nothing but plain values."""

    def compose_node(self, parent: yaml.nodes.Node | None, index: int) -> yaml.nodes.Node | None:
        """Refuse aliases: each value stands where a lawyer reads it."""
        if self.check_event(yaml.AliasEvent):
            where = parent.start_mark if parent is not None else None
            raise yaml.constructor.ConstructorError(None, None, "an alias is not allowed", where)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.nodes.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice: YAML would keep the second and say nothing."""
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(None, None, "a field stands twice", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def plain_yaml(text: str) -> Any:
    """Return the plain values that a text holds, or raise yaml.YAMLError."""
    loader = _StrictLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def yaml_fault(error: Exception) -> str:
    """Return what is wrong and on which line, without the parser's own long text."""
    if isinstance(error, yaml.MarkedYAMLError):
        said = ", ".join(str(part) for part in (error.context, error.problem) if part)
        problem = re.sub(r"\s+", " ", said or "not YAML")
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        return problem + line
    return "not YAML"
