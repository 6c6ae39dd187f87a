"""Packages that pickles name and nobody has."""

import sys
import types


def pretend(path: str, **members: object) -> None:
    """Makes a package of which pickles name the members."""
    parts = path.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        sys.modules.setdefault(name, types.ModuleType(name))
    for name, member in members.items():
        member.__module__ = path
        member.__qualname__ = member.__name__ = name
        setattr(sys.modules[path], name, member)
