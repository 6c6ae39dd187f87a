"""Checks a SHiRA adapter that Stitchwork saved: loaded and merged by PEFT it must be the graft that the app saved, bit for bit.

Usage: checkShira.py BASE_FOLDER ADAPTER_FOLDER graft.safetensors

A graft is the merged file of a run with that one model. Needs: pip install peft transformers torch safetensors."""

import usage  # answers --help without the libraries below

import argparse
import json
from pathlib import Path

import torch
import transformers
from peft import PeftModel
from safetensors.torch import load_file

parser = argparse.ArgumentParser()
for name in ("base", "adapter", "graft"):
    parser.add_argument(name)
arguments = parser.parse_args()
base, adapter, graft_path = arguments.base, arguments.adapter, arguments.graft
name = json.loads((Path(base) / "config.json").read_text())["architectures"][0]
graft = load_file(graft_path)


def load(dtype):
    return getattr(transformers, name).from_pretrained(base, dtype=dtype).eval()


def bits(tensor):
    return tensor.contiguous().flatten().view(torch.uint8)


changed = 0
own = next(iter(graft.values())).dtype
for dtype in {own, torch.float32}:
    before = {key: value.clone() for key, value in load(dtype).state_dict().items()}
    merged = PeftModel.from_pretrained(load(dtype), adapter).merge_and_unload().state_dict()
    missing = [key for key in graft if key not in merged]
    assert not missing, f"not of {name}: {missing}"
    wrong = [key for key in graft if not torch.equal(bits(merged[key]), bits(graft[key].to(dtype)))]
    assert not wrong, f"not the graft in {dtype}: {wrong}"
    changed = sum((merged[key] != before[key]).sum().item() for key in graft)
    print(f"the graft in {dtype}, bit for bit: {changed} weights changed")
size = (Path(adapter) / "adapter_model.safetensors").stat().st_size
print(f"{size} bytes, {size / max(1, changed):.1f} a changed weight")
