"""All drawings, by the id of their task."""

import numpy

from . import aerial, cars, digits, land, numbers, scenes, shapes, signs, textures
from .canvas import tile

GENERAL = "shapes"
TASKS = {
    "digits": digits, "numbers": numbers, "signs": signs, "textures": textures,
    "land": land, "aerial": aerial, "cars": cars, "scenes": scenes,
}
ALL = TASKS | {GENERAL: shapes}
KINDS = list(ALL)
SPLITS = ["train", "test", "validation", "pool", "pretraining"]


def seeds(seed, task, split):
    """Of one split of one task; no two splits share drawings."""
    return numpy.random.default_rng([seed, KINDS.index(task), SPLITS.index(split)])


def draw_all(task, split, seed, per_class):
    """Tiles [classes · per_class, 32, 32, 3] uint8, class by class, their classes, and their attributes."""
    module, rng = ALL[task], seeds(seed, task, split)
    tiles, labels, attributes = [], [], []
    for label in range(len(module.LABELS)):
        for _ in range(per_class):
            canvas, found = module.draw(rng, label)
            tiles.append(tile(canvas, rng, **module.NOISE))
            labels.append(label)
            attributes.append(found)
    return numpy.stack(tiles), numpy.array(labels), attributes
