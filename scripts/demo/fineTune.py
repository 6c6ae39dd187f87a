"""Frozen heads of class prototypes, and fine-tuning of the transformer blocks against them."""

import logging
import time

import torch
from torch import nn
from torch.nn import functional

from pools import shifted
from tower import SCALE, blocks, normalised, tower_of

STEPS = {"default": 1200, "cars": 2500, "numbers": 1500, "land": 800, "aerial": 1000, "scenes": 800}
BATCH, RATE, DECAY = 64, 3e-4, 0.0
logger = logging.getLogger("vision")


@torch.no_grad()
def embed(tower, tiles):
    return torch.cat([tower(normalised(piece)) for piece in tiles.split(512)])


def prototypes(tower, tiles, labels):
    """Unit rows: the mean embedding of each class less the mean of all classes."""
    embeddings = embed(tower, tiles)
    means = torch.stack([embeddings[labels == label].mean(0) for label in range(int(labels.max()) + 1)])
    return functional.normalize(means - means.mean(0), dim=1)


def accuracy(tower, head, tiles, labels):
    return (embed(tower, tiles) @ head.T).argmax(1).eq(labels).float().mean().item()


def fine_tune(task, base, head, tiles, labels, seed, path):
    """The tuned state; goes on from the last checkpoint at `path`."""
    steps, began, start = STEPS.get(task, STEPS["default"]), time.time(), 0
    tower = tower_of(base).requires_grad_(False)
    tuned = [parameter for name, parameter in tower.named_parameters() if name in blocks(base)]
    for parameter in tuned:
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(tuned, RATE, (0.9, 0.98), weight_decay=DECAY, fused=True)
    if path.exists():
        saved = torch.load(path)
        tower.load_state_dict(saved["tower"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    for step in range(start, steps):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        rows = torch.randint(len(tiles), (BATCH,), generator=generator)
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 50) * (1 - step / steps)
        logits = SCALE * tower(normalised(shifted(tiles[rows], generator))) @ head.T
        loss = functional.cross_entropy(logits, labels[rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(tuned, 1.0)
        optimizer.step()
        if step % 100 == 99:
            logger.info("%s %d: loss %.3f, %.0f s", task, step + 1, loss.item(), time.time() - began)
        if (step + 1) % 500 == 0 or step + 1 == steps:
            saved = {"tower": tower.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            torch.save(saved, path.with_suffix(".part"))
            path.with_suffix(".part").rename(path)
    return tower.state_dict()
