#!/usr/bin/env python3
"""The merge methods in plain numpy, tensor by tensor on f32 checkpoints: what bench/run.js compares the app's time with.

Usage: numpyMerge.py METHOD OUT BASE MODEL…   (safetensors files; every parameter at its default)
Prints one JSON object: {"seconds", "changed"}.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
import usage  # answers --help without the libraries below

import argparse
import json
import re
import struct
import time

import numpy as np

DENSITY = {"ties": 0.2, "localize_and_stitch": 0.05}
BLOCK = re.compile(r"\.(layers?|h|blocks?)\.\d+\.")


def open_tensors(path):
    """{name: array} mapped from the file, in file order, and the header's bytes."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        text = file.read(length)
    header = json.loads(text)
    header.pop("__metadata__", None)
    data = np.memmap(path, np.float32, "r", 8 + length)
    ordered = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    tensors = {name: data[info["data_offsets"][0] // 4 : info["data_offsets"][1] // 4] for name, info in ordered}
    return tensors, struct.pack("<Q", length) + text


def threshold(base, model, scope, density):
    """(|τ| of the last position kept, how many positions equal to it are kept)"""
    sizes = np.concatenate([np.abs(model[name] - base[name]) for name in scope])
    count = int(density * len(sizes))
    last = np.partition(sizes, len(sizes) - count)[len(sizes) - count]
    return last, count - int(np.count_nonzero(sizes > last))


def take(base, model, limit):
    """Mask of one tensor; `limit` is [threshold, ties left], and its ties are used up in place."""
    size = np.abs(model - base)
    mask = size > limit[0]
    ties = np.flatnonzero(size == limit[0])[: limit[1]]
    mask[ties] = True
    limit[1] -= len(ties)
    return mask


def stitch(base, models, masks):
    total, owners = np.zeros_like(base), np.zeros_like(base)
    for model, mask in zip(models, masks):
        total += np.where(mask, model, 0)
        owners += mask
    return np.where(owners > 0, total / np.maximum(owners, 1), base)


def ties(base, models, masks):
    terms = [np.where(mask, model - base, 0) for model, mask in zip(models, masks)]
    elected = np.sign(sum(terms))
    total, owners = np.zeros_like(base), np.zeros_like(base)
    for term in terms:
        agrees = (np.sign(term) == elected) & (elected != 0)
        total += np.where(agrees, term, 0)
        owners += agrees
    return np.where(owners > 0, base + total / np.maximum(owners, 1), base)


def linear(base, models, masks):
    return sum(models) / np.float32(len(models))


def task_arithmetic(base, models, masks):
    return base + sum(np.float32(0.4) * (model - base) for model in models)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=("localize_and_stitch", "ties", "linear", "task_arithmetic"))
    for name in ("out", "base"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    method, out, paths = arguments.method, arguments.out, [arguments.base, *arguments.models]
    started = time.perf_counter()
    (base, header), *others = [open_tensors(path) for path in paths]
    models = [tensors for tensors, _ in others]
    merge = {"localize_and_stitch": stitch, "ties": ties, "linear": linear, "task_arithmetic": task_arithmetic}[method]
    scope = [name for name in base if method != "localize_and_stitch" or BLOCK.search(name)]
    limits = []
    if method in DENSITY:
        limits = [list(threshold(base, model, scope, DENSITY[method])) for model in models]
    changed = 0
    with open(out, "wb") as file:
        file.write(header)
        for name, before in base.items():
            after = before
            if name in scope:
                own = [model[name] for model in models]
                masks = [take(before, model, limit) for model, limit in zip(own, limits)]
                after = merge(before, own, masks).astype(np.float32)
                changed += int(np.count_nonzero(after.view(np.uint32) != before.view(np.uint32)))
            file.write(after.tobytes())
    print(json.dumps({"seconds": time.perf_counter() - started, "changed": changed}))


if __name__ == "__main__":
    main()
