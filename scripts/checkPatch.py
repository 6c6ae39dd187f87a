"""Checks a patch that Stitchwork saved: the loader of docs/files.md must turn the base into the graft
that the app saved, bit for bit.

Usage: checkPatch.py base.safetensors patch.safetensors graft.safetensors [finetuned.safetensors]

A graft is the merged file of a run with that one model. Needs: pip install safetensors numpy torch."""

import usage  # answers --help without the libraries below

import argparse
import json
import os
import re
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file

parser = argparse.ArgumentParser()
for name in ("base", "patch", "graft"):
    parser.add_argument(name, type=os.path.abspath)
parser.add_argument("finetuned", type=os.path.abspath, nargs="?")
arguments = parser.parse_args()
base_path, patch_path, graft_path = arguments.base, arguments.patch, arguments.graft
page = (Path(__file__).parent.parent / "docs/files.md").read_text()
loader = next(code for code in re.findall(r"```python\n(.*?)```", page, re.S) if '"gaps"' in code)
patch_name = re.search(r"\S+\.patch\.safetensors", loader.replace('"', " "))[0]

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.symlink(base_path, "model.safetensors")
    os.symlink(patch_path, patch_name)
    exec(loader)
    patched = load_file("graft.safetensors")
    os.chdir("/")


def same(a, b):
    """Whether two tensors have the same bits."""
    return a.dtype == b.dtype and torch.equal(a.flatten().view(torch.uint8), b.flatten().view(torch.uint8))


graft, patch = load_file(graft_path), load_file(patch_path)
assert patched.keys() == graft.keys()
wrong = [name for name in graft if not same(patched[name], graft[name])]
assert not wrong, f"not the graft: {wrong}"

# The format once more, in numpy: positions ascend, one for each value.
tuned = load_file(arguments.finetuned) if arguments.finetuned else None
kept = 0
for key in [key for key in patch if not key.endswith(".values")]:
    name, part = key.rsplit(".", 1)
    codes, values = patch[key].numpy(), patch[f"{name}.values"]
    positions = codes if part == "indices" else numpy.cumsum(codes, dtype=numpy.int64)[codes < numpy.iinfo(codes.dtype).max]
    assert len(positions) == len(values), name
    assert (numpy.diff(positions) > 0).all(), f"{name}: positions do not ascend"
    if tuned is not None:
        assert same(values, tuned[name].flatten()[torch.from_numpy(positions).long()]), f"{name}: other values"
    kept += len(positions)

with safe_open(patch_path, "pt") as file:
    facts = {name: text for name, text in file.metadata().items() if name.startswith("stitchwork_")}
size = os.path.getsize(patch_path)
with open(patch_path, "rb") as file:
    header = 8 + int.from_bytes(file.read(8), "little")
assert (size - header) / max(1, kept) <= 8.1
print(f"the graft, bit for bit: {kept} weights, {size} bytes ({size - header} and a header of {header})")
print(f"{(size - header) / max(1, kept):.2f} bytes a weight, {100 * size / os.path.getsize(graft_path):.1f} % of the whole file")
print(json.dumps(facts))
