"""The shape of the house: layers, who may import what, and how long a file may be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jeugdzoek

PACKAGE = Path(jeugdzoek.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    "errors",
    "corpus",
    "privacy",
    "analysis",
    "embedding",
    "index",
    "search",
    "opening",
    "evaluation",
    "server",
    "cli",
)
"""Lowest first: a layer imports from itself and from those before it."""

OWNERS = {
    "whoosh": {"index/keyword.py", "index/segment.py"},
    "torch": set(),
    "sentence_transformers": {"embedding/sentence.py"},
    "transformers": {"embedding/sentence.py"},
    "tokenizers": {"embedding/static.py", "embedding/training.py"},
    "safetensors": {"embedding/static.py", "embedding/training.py"},
    "sqlite3": {"index/store.py", "index/storing.py"},
    "fcntl": {"index/locking.py"},
    "starlette": {"server/app.py"},
    "uvicorn": {"cli/serve.py"},
    "jinja2": {"server/pages.py"},
    "ir_measures": {"evaluation/evaluate.py"},
    "rich": {"cli/output.py"},
    "click": {"cli/"},
    "pickle": {"index/keyword.py", "index/segment.py", "index/unpickling.py"},
    "pymilvus": set(),
}
"""The only files that may import a heavy or sharp part."""

LAZY = {"whoosh", "sentence_transformers", "transformers", "starlette", "uvicorn", "jinja2", "ir_measures", "rich"}
"""Never imported when a module of jeugdzoek is."""

DEFERRED = {
    "opening.py": {
        "jeugdzoek.analysis.compiling",
        "jeugdzoek.index.builder",
        "jeugdzoek.index.forgetting",
    },
    "search/filtering.py": {"jeugdzoek.corpus.details"},
}
"""Own modules that may be imported inside a function: what is not needed for a first hit."""

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
MOST_PARAMETERS = 7


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative import"
        return [str(node.module)]
    return []


def layer(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def type_checking_only(module: ast.Module) -> set[ast.AST]:
    blocks = [n for n in ast.walk(module) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_go_down_the_layers(path: Path) -> None:
    own = relative(path).split("/")[0].removesuffix(".py")
    if own == "__init__":
        return
    for node in ast.walk(tree(path)):
        for module in imported(node):
            if module == "jeugdzoek" or module.startswith("jeugdzoek."):
                assert layer(module) in LAYERS[: LAYERS.index(own) + 1], f"line {node.lineno}: {own} imports {module}"


def test_no_import_cycle() -> None:
    graph = {}
    for path in FILES:
        name = "jeugdzoek." + relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        graph[name] = {m for n in ast.walk(tree(path)) for m in imported(n) if m.startswith("jeugdzoek.")}
    while graph:
        leaves = [name for name, needs in graph.items() if not needs & (graph.keys() - {name})]
        assert leaves, f"a cycle among {sorted(graph)}"
        for name in leaves:
            del graph[name]


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_own_modules_are_imported_at_the_top(path: Path) -> None:
    module = tree(path)
    for function in ast.walk(module):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                own = {name for name in imported(node) if name.startswith("jeugdzoek")}
                assert own <= DEFERRED.get(relative(path), set()), f"line {node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_heavy_parts_stay_in_the_file_that_owns_them(path: Path) -> None:
    module = tree(path)
    for_types = type_checking_only(module)
    at_import = {n for n in ast.walk(module) if n not in for_types} - {
        inner for f in ast.walk(module) if isinstance(f, ast.FunctionDef) for inner in ast.walk(f)
    }
    for node in ast.walk(module):
        for name in imported(node):
            part = name.split(".")[0]
            if part in OWNERS:
                assert any(relative(path).startswith(owner) for owner in OWNERS[part]), f"imports {name}"
            if part in LAZY:
                assert node not in at_import, f"imports {name} at the top"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            doc = (ast.get_docstring(node, clean=False) or "").count("\n")
            assert node.end_lineno - node.lineno - doc <= LONGEST_FUNCTION, node.name
            parameters = len(node.args.args) + len(node.args.kwonlyargs)
            assert parameters <= MOST_PARAMETERS + (node.name == "search"), node.name


def test_the_library_never_prints_and_never_configures_logging() -> None:
    for path in FILES:
        if relative(path).startswith("cli/"):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "logging.basicConfig"), f"{relative(path)}:{node.lineno}"


def test_no_module_with_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "common", "misc", "manager"}
    assert not [path for path in FILES if path.stem in empty]


def test_no_folder_for_a_single_file() -> None:
    for folder in (p for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists()):
        assert len(list(folder.glob("*.py"))) > 2, folder.name


def test_data_files_name_source_and_licence() -> None:
    for path in (path for kind in ("txt", "tsv") for path in PACKAGE.rglob(f"data/*.{kind}")):
        if path.name.startswith("LICENSE"):
            continue
        head = path.read_text(encoding="utf-8")[:500]
        assert "Source:" in head, path.name
        assert "Licence:" in head, path.name
