"""Pretraining: what the drawings have in common and their coarse kinds, never their classes (but those of `shapes`)."""

import logging
import time

import torch
from torch import nn
from torch.nn import functional

from drawings.registry import KINDS
from pools import load, shifted
from tower import SHARED, Tower, normalised

STEPS, BATCH, RATE, DECAY = 12500, 128, 1e-3, 0.05
EVERY = 250
SHARES = {"shapes": 2.0, "cars": 1.5, "textures": 1.5, "land": 0.6, "scenes": 0.8}
logger = logging.getLogger("vision")


def mixture(cache, seed):
    """All tiles, how often each is to come, their attributes [N, attributes] with −1 where one is not told, and the number of values of each."""
    tiles, shares, rows, columns = [], [], [], {"kind": 0}
    for task in KINDS:
        drawn, _, attributes = load(task, "pool", cache, seed)
        tiles.append(drawn)
        shares.append(torch.full((len(drawn),), SHARES.get(task, 1.0) / len(drawn)))
        for name in attributes[0]:
            columns.setdefault(column_of(task, name), len(columns))
        rows += [(task, each) for each in attributes]
    targets = torch.full((len(rows), len(columns)), -1)
    for i, (task, each) in enumerate(rows):
        targets[i, 0] = KINDS.index(task)
        for name, value in each.items():
            targets[i, columns[column_of(task, name)]] = value
    return torch.cat(tiles), torch.cat(shares), targets, (targets.max(0).values + 1).tolist()


def column_of(task, name):
    """Hue and turn mean the same wherever they are told."""
    return name if name in ("hue", "turn") else f"{task} {name}"


class Coarse(nn.Module):
    """Cross-entropy of every attribute that is told, from the unit embeddings."""

    def __init__(self, values):
        super().__init__()
        self.widest = max(values)
        self.linear = nn.Linear(SHARED, len(values) * self.widest)
        absent = torch.arange(self.widest)[None] >= torch.tensor(values)[:, None]
        self.register_buffer("absent", absent.float() * -1e4)

    def forward(self, embeddings, targets):
        logits = self.linear(embeddings * 16).view(len(targets), -1, self.widest) + self.absent
        told = targets >= 0
        return functional.cross_entropy(logits[told], targets[told])


def rate_at(step, steps):
    """Rises over 300 steps, stays, and falls to 0 over the last quarter."""
    return RATE * min(1, (step + 1) / 300, (steps - step) / (steps / 4))


def pretrain(cache, seed, steps=STEPS):
    """State of the base; goes on from the last checkpoint in the cache."""
    tiles, shares, targets, values = mixture(cache, seed)
    edges = shares.double().cumsum(0) / shares.double().sum()
    torch.manual_seed(seed)
    tower, coarse, start = Tower(), Coarse(values), 0
    parameters = [*tower.parameters(), *coarse.parameters()]
    optimizer = torch.optim.AdamW(parameters, RATE, (0.9, 0.98), weight_decay=DECAY, fused=True)
    path, began = cache / "pretraining.pt", time.time()
    if path.exists():
        saved = torch.load(path)
        tower.load_state_dict(saved["tower"])
        coarse.load_state_dict(saved["coarse"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    for step in range(start, steps):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        rows = torch.searchsorted(edges, torch.rand(BATCH, generator=generator, dtype=torch.double))
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, steps)
        loss = coarse(tower(normalised(shifted(tiles[rows], generator, 3))), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step % 100 == 99:
            logger.info("base %d: loss %.3f, %.0f s", step + 1, loss.item(), time.time() - began)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            saved = {"tower": tower.state_dict(), "coarse": coarse.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            torch.save(saved, path.with_suffix(".part"))
            path.with_suffix(".part").rename(path)
    return tower.state_dict()
