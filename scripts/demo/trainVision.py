#!/usr/bin/env python3
"""Trains the vision demo: a small CLIP vision tower pretrained on drawings of nine kinds with coarse labels, frozen heads of
class prototypes, and eight fine-tunes of its transformer blocks.

Usage: trainVision.py [--cache DIR] [--out DIR] [--seed N] [--threads N] [--stage all|pretrain|tune|export] [--tasks a,b]
(needs torch, safetensors, numpy, Pillow; an hour on two cores)

Drawings and checkpoints are kept in the cache folder, from which a run that was stopped goes on. The output folder has
the files of public/demo/vision: base and fine-tunes in float16, heads, sheets of few shots and tests, and demo.json. All
is seeded. measureVision.py prints the accuracies."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import usage  # answers --help without the libraries below

import argparse
import json
import logging

import torch
from safetensors.torch import load_file, save_file

from drawings.registry import ALL, GENERAL, TASKS
from fineTune import accuracy, fine_tune, prototypes
from pools import load, write_sheet
from pretrain import STEPS, pretrain
from tower import load_tower, save_tower, tower_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTE = (
    "Eight image tasks drawn by scripts/demo, and a small CLIP vision tower pretrained on a mixture of them with coarse labels, "
    "then fine-tuned on each."
)
logger = logging.getLogger("vision")


def make_base(out, cache, seed, steps):
    """The pretrained tower as stored, and a head for each set of drawings."""
    save_tower(out / "base", pretrain(cache, seed, steps))
    tower = tower_of(load_tower(out / "base"))
    for task in ALL:
        tiles, labels, _ = load(task, "pool", cache, seed)
        rows = prototypes(tower, tiles[:: max(1, len(tiles) // 4000)], labels[:: max(1, len(tiles) // 4000)])
        (out / task).mkdir(parents=True, exist_ok=True)
        save_file({"head": rows}, out / task / "head.safetensors")
        tiles, labels, _ = load(task, "validation", cache, seed)
        logger.info("%s: base %.3f", task, accuracy(tower, rows, tiles, labels))


def tune(task, out, cache, seed):
    base, head = load_tower(out / "base"), head_of(out, task)
    tiles, labels, _ = load(task, "pool", cache, seed)
    state = fine_tune(task, base, head, tiles, labels, seed, cache / f"{task}.tuned.pt")
    save_tower(out / task, state)
    tiles, labels, _ = load(task, "validation", cache, seed)
    logger.info("%s: fine-tuned %.3f", task, accuracy(tower_of(load_tower(out / task)), head, tiles, labels))


def head_of(out, task):
    return load_file(out / task / "head.safetensors")["head"]


def export(out, cache, seed):
    for task, module in ALL.items():
        for split in ("train", "test"):
            tiles, _, _ = load(task, split, cache, seed)
            write_sheet(out / task / f"{split}.png", tiles, len(module.LABELS))
    tasks = [describe(task) | {"checkpoint": task} for task in TASKS]
    demo = {"note": NOTE, "base": "base", "tasks": tasks, "general": describe(GENERAL), "recipe": recipe()}
    (out / "demo.json").write_text(json.dumps(demo, indent=2, ensure_ascii=False) + "\n")


def describe(task):
    module = ALL[task]
    files = {"head": f"{task}/head.safetensors", "train": f"{task}/train.png", "test": f"{task}/test.png"}
    return {"id": task, "label": module.LABEL, "about": module.ABOUT, "labels": module.LABELS} | files


def recipe():
    lines = ["merge_method: localize_and_stitch", "base_model: base", "models:"]
    for task, module in TASKS.items():
        lines += [f"  - model: {task}", "    data:"]
        lines += [f"      {name}: {task}/{name}.png" for name in ("train", "test")]
        labels = ", ".join(json.dumps(label, ensure_ascii=False) for label in module.LABELS)
        lines += [f"      labels: [{labels}]", f"      head: {task}/head.safetensors"]
    lines += ["parameters: {density: 0.05}", "localize: {preset: joint, budget: exact, shots: all, seed: 0}"]
    return "\n".join([*lines, "evaluate: [accuracy]", "scope: blocks", "dtype: float32", "out_dtype: float32"]) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("/tmp/demoVision"))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "public/demo/vision")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--stage", choices=["all", "pretrain", "tune", "export"], default="all")
    parser.add_argument("--tasks", type=lambda text: text.split(","), default=list(TASKS))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(arguments.threads)
    out, cache, seed, stage = arguments.out, arguments.cache, arguments.seed, arguments.stage
    if stage in ("all", "pretrain"):
        make_base(out, cache, seed, arguments.steps)
    for task in arguments.tasks if stage in ("all", "tune") else ():
        tune(task, out, cache, seed)
    if stage in ("all", "export"):
        export(out, cache, seed)


if __name__ == "__main__":
    main()
