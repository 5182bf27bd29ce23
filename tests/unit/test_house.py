"""The house: what every module, document and tracked file of this repository owes its readers."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

REPO = Path(__file__).resolve().parents[2]
SOURCE = REPO / "src" / "lockplate"
MODULES = sorted(SOURCE.rglob("*.py"))
MAX_MODULE_LINES = 500
MAX_FUNCTION_LINES = 80
OWED = ("what flows in", "what flows out", "what it must never see")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base"}
WORDS = (
    "operator", "agency", "reader", "read", "passage", "plate text", "plate key", "token", "period", "hot list",
    "entry", "hit", "alert", "confirmation", "sealed read", "access request", "permit", "denial", "access record",
    "grant", "declaration", "hold", "law profile", "floor", "receipt", "leaf", "tree", "checkpoint", "inclusion proof",
    "consistency proof", "cosignature", "witness", "sequenced", "integrated", "published", "finding", "candidate",
    "probe", "key-encryption key", "commitment",
)  # fmt: skip
"""The words of the design, each of which the glossary must hold."""
TERM = re.compile(r"- \*\*([^*]+)\*\*: (.+\.) `([a-z_.]+)`")


def label(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines, decorators included."""
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    return (function.end_lineno or first) - first + 1


def imports_inside(tree: ast.Module) -> list[int]:
    """Return the lines of imports that stand inside a function, at any depth."""
    return [
        node.lineno
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def tracked_files() -> list[Path]:
    """Return the files that git tracks or would track, or skip where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(REPO), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True,
            capture_output=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git here to list the tracked files")
    return [path for name in listed.decode().split("\0") if name and (path := REPO / name).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_a_module_says_what_flows(path: Path) -> None:
    """Each module begins by saying what flows in, what flows out and what it must never see."""
    said = " ".join((ast.get_docstring(tree_of(path)) or "").lower().split())

    assert [] == [words for words in OWED if words not in said]


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_a_module_is_of_a_size_to_read(path: Path) -> None:
    """No module has more than 500 lines and no function more than 80."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    long = {function.name: length(function) for function in functions(tree_of(path))}

    assert lines <= MAX_MODULE_LINES
    assert {} == {name: size for name, size in long.items() if size > MAX_FUNCTION_LINES}


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_no_import_hides_in_a_function(path: Path) -> None:
    """What a module needs stands at its top, so that the import graph is all there is."""
    assert [] == imports_inside(tree_of(path))


def test_every_module_has_a_name_of_its_own() -> None:
    """A module called `utils` is a module without a subject."""
    assert [] == [label(path) for path in MODULES if {path.stem, path.parent.name} & NAMELESS]


def test_the_checks_would_see() -> None:
    """Each check above finds what it is looking for when it is there."""
    tree = ast.parse("class A:\n @x\n async def f(self):\n  def g():\n   import os\n  return 1\nif 1:\n import re\n")

    assert {5} == set(imports_inside(tree))
    assert {"f": 5, "g": 2} == {function.name: length(function) for function in functions(tree)}
    assert len(MODULES) > 100


# The glossary


def glossary() -> list[tuple[str, str, str]]:
    lines = (REPO / "docs" / "terms.md").read_text(encoding="utf-8").splitlines()
    found = [(line, TERM.fullmatch(line)) for line in lines if line.startswith("- ")]
    assert [] == [line for line, match in found if match is None]
    return [match.groups() for _, match in found if match is not None]  # type: ignore[misc]


def test_the_glossary_holds_every_word() -> None:
    """Every word of the design stands in docs/terms.md, once."""
    words = [word for word, _, _ in glossary()]

    assert [] == [word for word in WORDS if word not in words]
    assert len(words) == len(set(words))


def test_a_word_is_defined_in_one_sentence() -> None:
    """One sentence each, which does not begin with the word itself."""
    for word, sentence, _ in glossary():
        assert not re.search(r"[.!?] [A-Z]", sentence), word
        assert not sentence.lower().startswith((word, f"a {word} ", f"the {word} ")), word


@pytest.mark.parametrize("module", sorted({module for _, _, module in glossary()}))
def test_a_word_names_a_module_that_exists(module: str) -> None:
    """The module after each word is there, as a file or a folder."""
    path = SOURCE.joinpath(*module.split("."))

    assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


# What leaves this machine


def places_here() -> list[bytes]:
    """Return where this copy and what lies beside it are on this machine, found at run time."""
    beside = [] if REPO.parent == REPO.parent.parent else sorted(REPO.parent.iterdir())
    return [str(path).encode() for path in {REPO, *beside}]


def hosts_in(path: Path) -> list[str]:
    """Return what a lock file says about where packages come from; a project's own page is not that."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        packages = msgspec.json.decode(text).get("packages", {})
        return [str(one["resolved"]) for one in packages.values() if "://" in str(one.get("resolved", ""))]
    return re.findall(r"https?://\S+|--(?:extra-)?index-url|--find-links|--trusted-host|registry\s*=", text)


def test_no_tracked_file_names_a_path_of_this_machine() -> None:
    """Neither this repository's place nor a neighbour's stands in a file that others get."""
    named = re.compile(rb"(?<![\w.-])(?:" + b"|".join(map(re.escape, places_here())) + rb")(?![\w-])")

    assert named.search(f'"{REPO}/src"'.encode())
    assert [] == [label(path) for path in tracked_files() if named.search(path.read_bytes())]


def test_no_lock_file_names_a_package_index(tmp_path: Path) -> None:
    """Whoever installs chooses their own index: a lock file pins names, versions and hashes, and no host."""
    names = {"package-lock.json", "npm-shrinkwrap.json", ".npmrc"}
    locks = [path for path in tracked_files() if path.suffix == ".lock" or path.name in names]

    assert locks
    assert {} == {label(path): found for path in locks if (found := hosts_in(path))}
    index, option = "https:" + "//index.invalid", "--index" + "-url"  # in pieces, so that a search finds neither
    package = {"resolved": f"{index}/a.tgz"}
    (tmp_path / "a.lock").write_text(f"{option} {index}/simple\n", encoding="utf-8")
    (tmp_path / "b.json").write_bytes(msgspec.json.encode({"packages": {"a": package}}))
    assert all(hosts_in(tmp_path / name) for name in ("a.lock", "b.json"))
