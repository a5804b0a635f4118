"""A package with entry points, laid on a folder of sys.path as pip would."""

from pathlib import Path


def lay_package(folder: Path, name: str, module: str, entries: str) -> None:
    """Write the module `name` and its metadata; `entries` is its entry_points.txt."""
    (folder / f"{name}.py").write_text(module)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)
