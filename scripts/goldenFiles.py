"""Keeps or checks a folder of goldens; imported by the scripts that make them."""

import argparse
import pathlib
import sys
import tempfile


def keep_or_check(write_all, folder):
    """Has `write_all` write its files, and puts them into `folder`; with --check, exits with 1 where they differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        made = pathlib.Path(temporary)
        write_all(made)
        files = sorted(path.name for path in made.iterdir())
        if arguments.check:
            wrong = [name for name in files if (made / name).read_bytes() != (folder / name).read_bytes()]
            print("\n".join(f"differs: {name}" for name in wrong))
            sys.exit(1 if wrong else 0)
        folder.mkdir(parents=True, exist_ok=True)
        for name in files:
            (folder / name).write_bytes((made / name).read_bytes())
        print(f"{len(files)} files in {folder}")
