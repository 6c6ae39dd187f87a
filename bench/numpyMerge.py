#!/usr/bin/env python3
"""Merges in plain numpy, tensor by tensor on f32 checkpoints: what stands in where mergekit cannot be had.

Usage: numpyMerge.py FOLDER RECIPE   (the folder of the recipe's models; the recipe as JSON, with all its parameters)
Prints one JSON object: {"peer", "seconds", "peakBytes"}.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
import usage  # answers --help without the libraries below

import argparse
import json
import re
import resource
import struct
import time

import numpy as np

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


def stitch(base, models, masks, _):
    total, owners = np.zeros_like(base), np.zeros_like(base)
    for model, mask in zip(models, masks):
        total += np.where(mask, model, 0)
        owners += mask
    return np.where(owners > 0, total / np.maximum(owners, 1), base)


def ties(base, models, masks, _):
    terms = [np.where(mask, model - base, 0) for model, mask in zip(models, masks)]
    elected = np.sign(sum(terms))
    total, owners = np.zeros_like(base), np.zeros_like(base)
    for term in terms:
        agrees = (np.sign(term) == elected) & (elected != 0)
        total += np.where(agrees, term, 0)
        owners += agrees
    return np.where(owners > 0, base + total / np.maximum(owners, 1), base)


def linear(base, models, masks, _):
    return sum(models) / np.float32(len(models))


def task_arithmetic(base, models, masks, parameters):
    return base + sum(np.float32(parameters["weight"]) * (model - base) for model in models)


def dare_linear(base, models, masks, parameters):
    """Random drops of its own: the time is that of mergekit's, the bytes are not."""
    kept = [RANDOM.random(base.size, np.float32) < parameters["density"] for _ in models]
    factor = np.float32(parameters["weight"] / parameters["density"])
    return base + sum(factor * (model - base) * keep for model, keep in zip(models, kept))


MERGES = {each.__name__: each for each in (linear, task_arithmetic, dare_linear, ties)} | {"localize_and_stitch": stitch}
RANKED = ("ties", "localize_and_stitch")
RANDOM = np.random.default_rng(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("recipe", type=json.loads)
    arguments = parser.parse_args()
    folder, recipe = arguments.folder, arguments.recipe
    method, parameters = recipe["merge_method"], recipe["parameters"]
    names = [recipe["base_model"], *(each["model"] for each in recipe["models"])]
    started = time.perf_counter()
    (base, header), *others = [open_tensors(folder / name / "model.safetensors") for name in names]
    models = [tensors for tensors, _ in others]
    scope = [name for name in base if method != "localize_and_stitch" or BLOCK.search(name)]
    limits = []
    if method in RANKED:
        limits = [list(threshold(base, model, scope, parameters["density"])) for model in models]
    with open(folder / "numpy.safetensors", "wb") as file:
        file.write(header)
        for name, before in base.items():
            after = before
            if name in scope:
                own = [model[name] for model in models]
                masks = [take(before, model, limit) for model, limit in zip(own, limits)]
                after = MERGES[method](before, own, masks, parameters).astype(np.float32)
            file.write(after.tobytes())
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peer": f"numpy {np.__version__}", "seconds": seconds, "peakBytes": peak}))


if __name__ == "__main__":
    main()
