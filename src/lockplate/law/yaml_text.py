"""YAML without its traps: plain values, no key twice, no aliases, an end to size and depth; and its faults in one line.

What flows in: the text of a file. What flows out: plain values, or what is wrong and on which line.
What it must never see: a path, a tag that makes anything but plain values.
"""

import re
from typing import Any

import yaml

MAX_CHARACTERS = 262_144
"""The longest law profile has 30,000; the parser takes seconds for a million."""


class YamlRefused(yaml.YAMLError):
    """A text that no file of ours is: too long, nested too deeply, or a value that is not what its tag says."""


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
    """Return the plain values that a text holds, or raise yaml.YAMLError, whatever the text."""
    if len(text) > MAX_CHARACTERS:
        raise YamlRefused(f"longer than {MAX_CHARACTERS} characters")
    loader = _StrictLoader(text)
    try:
        return loader.get_single_data()
    except RecursionError:
        raise YamlRefused("nested too deeply") from None
    except (ValueError, AttributeError, IndexError, TypeError, OverflowError):
        # the parser makes dates and numbers of whatever looks like one, or is tagged so, and lets their errors out
        raise YamlRefused("a value is not what it looks like or is tagged as") from None
    finally:
        loader.dispose()


def yaml_fault(error: Exception) -> str:
    """Return what is wrong and on which line, without the parser's own long text."""
    if isinstance(error, yaml.MarkedYAMLError):
        said = ", ".join(str(part) for part in (error.context, error.problem) if part)
        problem = re.sub(r"\s+", " ", said or "not YAML")
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        return problem + line
    return str(error) if isinstance(error, YamlRefused) else "not YAML"
