"""The drawn images as tensors, kept in the cache folder: pools to train on, and the sheets that are shipped."""

import json
import logging

import numpy
import torch
from PIL import Image

from drawings.canvas import TILE
from drawings.registry import ALL, draw_all

POOLS = {"cars": 2400}  # images of a class, where it is not 1200
logger = logging.getLogger("vision")


def shots(task):
    return 64 if len(ALL[task].LABELS) <= 8 else 32


def tests(task):
    return {8: 36, 10: 30, 12: 25}[len(ALL[task].LABELS)]


def per_class(task, split):
    return {"train": shots(task), "test": tests(task), "validation": 30, "pool": POOLS.get(task, 1200)}[split]


def load(task, split, cache, seed):
    """Tiles uint8 [N, 32, 32, 3], classes [N] and attributes of one split, drawn once."""
    path = cache / f"{task}.{split}.npz"
    if not path.exists():
        tiles, labels, attributes = draw_all(task, split, seed, per_class(task, split))
        cache.mkdir(parents=True, exist_ok=True)
        numpy.savez(path, tiles=tiles, labels=labels, attributes=json.dumps(attributes))
        logger.info("%s %s: %d tiles", task, split, len(tiles))
    with numpy.load(path) as file:
        return torch.from_numpy(file["tiles"]), torch.from_numpy(file["labels"]), json.loads(str(file["attributes"]))


def write_sheet(path, tiles, classes):
    """A PNG with one row of tiles for each class."""
    grid = tiles.view(classes, -1, TILE, TILE, 3).permute(0, 2, 1, 3, 4).reshape(classes * TILE, -1, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grid.numpy()).save(path, optimize=True)


def shifted(tiles, generator, reach=2):
    """Each tile moved by up to `reach` pixels, its border repeated."""
    size, at = len(tiles), torch.arange(TILE)
    moves = torch.randint(-reach, reach + 1, (2, size, 1), generator=generator)
    rows, columns = (at + moves).clamp(0, TILE - 1)
    return tiles[torch.arange(size)[:, None, None], rows[:, :, None], columns[:, None, :]]
