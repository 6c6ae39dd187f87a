#!/usr/bin/env python3
"""Prints the accuracies of base, fine-tunes and merges on the demo's test sheets, from the files as stored.

Usage: measureVision.py [--folder DIR] [--learn DENSITY,…] (needs torch, safetensors, numpy, Pillow)

With --learn, also grafts and stitches of masks learnt from the few shots at these densities."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import usage  # answers --help without the libraries below

import argparse
import json
import random

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file
from torch.func import functional_call
from torch.nn import functional

import merges
from fineTune import accuracy
from tower import SCALE, blocks, load_tower, normalised, tower_of

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Suite:
    def __init__(self, folder):
        demo = json.loads((folder / "demo.json").read_text())
        self.tasks = [task["id"] for task in demo["tasks"]]
        self.sets = {task["id"]: task for task in [*demo["tasks"], demo["general"]]}
        self.state = load_tower(folder / "base")
        self.names = blocks(self.state)
        self.base = self.vector(self.state)
        self.tuned = torch.stack([self.vector(load_tower(folder / task)) for task in self.tasks])
        self.taus = self.tuned - self.base
        self.heads = {task: load_file(folder / each["head"])["head"] for task, each in self.sets.items()}
        self.data = {split: {task: sheet(folder / each[split], len(each["labels"])) for task, each in self.sets.items()} for split in ("train", "test")}
        self.tower = tower_of(self.state)

    def vector(self, state):
        return torch.cat([state[name].flatten() for name in self.names])

    def weights(self, vector):
        pieces = vector.split([self.state[name].numel() for name in self.names])
        return {name: piece.view(self.state[name].shape) for name, piece in zip(self.names, pieces)}

    def score(self, vector, tasks=None):
        self.tower.load_state_dict(self.state | self.weights(vector))
        return {task: accuracy(self.tower, self.heads[task], *self.data["test"][task]) for task in tasks or self.sets}

    def gradient(self, vector, batch):
        task, rows = batch
        tiles, labels = self.data["train"][task]
        vector = vector.detach().requires_grad_()
        embeddings = functional_call(self.tower, self.weights(vector), normalised(tiles[rows]))
        loss = functional.cross_entropy(SCALE * embeddings @ self.heads[task].T, labels[rows])
        return torch.autograd.grad(loss, vector)[0]

    def batches(self, tasks, size, epochs):
        shuffle, found = random.Random(0), []
        for _ in range(epochs):
            some = []
            for task in tasks:
                order = list(range(len(self.data["train"][task][1])))
                shuffle.shuffle(order)
                some += [(task, order[at : at + size]) for at in range(0, len(order), size)]
            shuffle.shuffle(some)
            found += some
        return found


def sheet(path, classes):
    pixels = torch.from_numpy(numpy.asarray(Image.open(path).convert("RGB")).copy())
    side = pixels.shape[0] // classes
    tiles = pixels.view(classes, side, -1, side, 3).transpose(1, 2).reshape(-1, side, side, 3)
    return tiles, torch.arange(classes).repeat_interleave(len(tiles) // classes)


def show(name, scores, tasks):
    mean = sum(scores[task] for task in tasks) / len(tasks)
    cells = " ".join(f"{scores[task]:8.3f}" if task in scores else " " * 8 for task in scores)
    print(f"{name:24s} {cells}   mean {mean:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "public/demo/vision")
    parser.add_argument("--learn", type=lambda text: [float(each) for each in text.split(",")], default=[])
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    suite = Suite(arguments.folder)
    tasks = suite.tasks
    print(" " * 24, " ".join(f"{task[:8]:>8s}" for task in suite.sets))
    show("base", suite.score(suite.base), tasks)
    tuned = [suite.score(vector) for vector in suite.tuned]
    show("fine-tuned", {task: scores[task] for task, scores in zip(tasks, tuned)}, tasks)
    print("fine-tunes on the general set", *(f"{scores[next(reversed(suite.sets))]:.3f}" for scores in tuned))
    print("|tau|/|theta|", *(f"{(tau.norm() / suite.base.norm()).item():.3f}" for tau in suite.taus))
    show("average", suite.score(suite.base + suite.taus.mean(0)), tasks)
    for alpha in (0.1, 0.2, 0.3, 0.4, 0.5):
        show(f"task arithmetic {alpha}", suite.score(suite.base + alpha * suite.taus.sum(0)), tasks)
    show("ties", suite.score(merges.ties(suite.base, suite.taus)), tasks)
    for density in (0.01, 0.05, 0.1, 0.2, 0.4):
        show(f"dataless {density}", suite.score(merges.dataless(suite.base, suite.taus, density)), tasks)
    for density in (0.01, 0.05, 0.1, 0.2, 0.4):
        masks = [merges.top_k(tau.abs(), int(density * len(tau))) for tau in suite.taus]
        show(f"largest, graft {density}", grafted(suite, masks), tasks)
    for density in arguments.learn:
        for learn in (merges.scaled, merges.hard):
            masks = [learn(suite.base, tau, density, suite.batches([task], 16, 10), suite.gradient) for task, tau in zip(tasks, suite.taus)]
            show(f"{learn.__name__}, graft {density}", grafted(suite, masks), tasks)
            show(f"{learn.__name__}, stitch {density}", suite.score(merges.stitch(suite.base, suite.taus, torch.stack(masks))), tasks)
        masks = merges.joint(suite.base, suite.taus, density, suite.batches(tasks, 32, 6), suite.gradient)
        show(f"joint, stitch {density}", suite.score(merges.stitch(suite.base, suite.taus, masks)), tasks)


def grafted(suite, masks):
    """Accuracy on each task of the base with that task's masked weights alone."""
    return {task: suite.score(suite.base + mask * tau, [task])[task] for task, tau, mask in zip(suite.tasks, suite.taus, masks)}


if __name__ == "__main__":
    main()
