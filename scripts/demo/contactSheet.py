#!/usr/bin/env python3
"""Draws a few tiles of every class of every task, enlarged, to look at.

Usage: contactSheet.py [--out PNG] [--each N] [--seed N]"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import usage  # answers --help without the libraries below

import argparse

import numpy
from PIL import Image

from drawings.canvas import TILE
from drawings.registry import ALL, draw_all


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("/tmp/demoVision/contact.png"))
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    widest = max(len(task.LABELS) for task in ALL.values())
    rows = []
    for task, module in ALL.items():
        tiles = draw_all(task, "validation", arguments.seed, arguments.each)[0]
        grid = tiles.reshape(len(module.LABELS), arguments.each, TILE, TILE, 3).transpose(1, 2, 0, 3, 4)
        grid = grid.reshape(arguments.each * TILE, -1, 3)
        rows.append(numpy.pad(grid, [(0, 4), (0, widest * TILE - grid.shape[1]), (0, 0)], constant_values=255))
    sheet = Image.fromarray(numpy.concatenate(rows))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.resize((sheet.width * 3, sheet.height * 3), Image.NEAREST).save(arguments.out)


if __name__ == "__main__":
    main()
