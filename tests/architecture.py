"""The rules of the house as functions over a source tree; tests/test_architecture.py applies them, and plants
violations to show that they can fail."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("hie", "adapters", "fhir_profiles", "record_store", "consent", "patient_portal")
LONGEST = 300
VAGUE = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|base|core|stuff)(_|$)")

# One home each: what only this file may do, and the syntax that betrays doing it elsewhere.
HOMES = {
    "clock": (
        "fhir_profiles/instant.py",
        ("datetime.now", "datetime.utcnow", "date.today", "datetime.today"),
    ),
    "commit": ("record_store/database.py", (".commit",)),
    "environment": ("hie/settings.py", ("os.environ", "os.getenv")),
}


def sources(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        yield from (root / package).rglob("*.py")


def too_long(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}: {lines} lines"
        for path in sources(root)
        if (lines := len(path.read_text().splitlines())) > LONGEST
    ]


def vague_names(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in sources(root) if VAGUE.search(path.stem)]


def strays(root: Path, thing: str) -> list[str]:
    """Places outside its one home that reach for `thing`."""
    home, signs = HOMES[thing]
    found = []
    for path in sources(root):
        name = str(path.relative_to(root))
        if name == home:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and any(_dotted(node).endswith(sign) for sign in signs):
                found.append(f"{name}:{node.lineno}")
    return found


def outcome_responses(root: Path) -> list[str]:
    """Files outside hie/api/outcome_responses.py that call `operation_outcome`."""
    allowed = {"hie/api/outcome_responses.py", "fhir_profiles/outcome.py"}
    return [
        f"{name}:{node.lineno}"
        for path in sources(root)
        if (name := str(path.relative_to(root))) not in allowed
        and name.startswith(("hie/", "patient_portal/"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _dotted(node.func).endswith("operation_outcome")
    ]


def record_readers(root: Path) -> list[str]:
    """Files outside record_store and consent/disclosure.py that import the reading side of the store."""
    readers = ("record_store.read", "record_store.search", "record_store.compartment")
    found = []
    for path in sources(root):
        name = str(path.relative_to(root))
        if name.startswith("record_store/") or name == "consent/disclosure.py":
            continue
        found += [
            f"{name}:{line}"
            for module, line in _imports(path)
            if any(module == reader or module.startswith(reader + ".") for reader in readers)
        ]
    return found


def import_time_work(root: Path) -> list[str]:
    """Module-level calls that connect, read the environment or start something."""
    acts = ("create_engine", "connect", "Popen", "environ.get", "getenv", "Thread", "run")
    found = []
    for path in sources(root):
        for statement in ast.parse(path.read_text()).body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                continue
            found += [
                f"{path.relative_to(root)}:{node.lineno}"
                for node in ast.walk(statement)
                if isinstance(node, ast.Call)
                and any(f".{_dotted(node.func)}".endswith(f".{act}") for act in acts)
            ]
    return found


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
