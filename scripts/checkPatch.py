"""Checks a patch that Stitchwork saved: the base with the patch on it must be the graft that the app saved, bit for bit.

    python scripts/checkPatch.py base.safetensors patch.safetensors graft.safetensors [finetuned.safetensors]

A graft is the merged file of a run with that one model. Needs: pip install safetensors numpy torch."""

import json
import os
import sys

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file

base_path, patch_path, graft_path, *more = sys.argv[1:]
base, patch, graft = load_file(base_path), load_file(patch_path), load_file(graft_path)
tuned = load_file(more[0]) if more else None
with safe_open(patch_path, "pt") as file:
    facts = {name: text for name, text in file.metadata().items() if name.startswith("stitchwork_")}
assert facts["stitchwork_patch"] == "1", facts


def same(a, b):
    """Whether two tensors have the same bits."""
    return a.dtype == b.dtype and torch.equal(a.flatten().view(torch.uint8), b.flatten().view(torch.uint8))


kept = 0
for name in [key.removesuffix(".indices") for key in patch if key.endswith(".indices")]:
    indices, values = patch[f"{name}.indices"], patch[f"{name}.values"]
    assert indices.dtype == torch.int32 and indices.shape == values.shape, name
    assert (numpy.diff(indices.numpy()) > 0).all(), f"{name}: positions do not ascend"
    if tuned is not None:
        assert same(values, tuned[name].flatten()[indices.long()]), f"{name}: other values"
    base[name].view(-1)[indices.long()] = values.to(base[name].dtype)
    kept += len(indices)

assert base.keys() == graft.keys()
wrong = [name for name in base if not same(base[name], graft[name])]
assert not wrong, f"not the graft: {wrong}"
size = os.path.getsize(patch_path)
with open(patch_path, "rb") as file:
    header = 8 + int.from_bytes(file.read(8), "little")
assert (size - header) / max(1, kept) <= 8.1
print(f"the graft, bit for bit: {kept} weights, {size} bytes ({size - header} and a header of {header})")
print(f"{100 * size / os.path.getsize(graft_path):.1f} % of the whole file; {json.dumps(facts)}")
