#!/usr/bin/env python3
"""Matrices of many conditions merged by matrixReference.py in float64, sampled, into src/merge/goldens/spectral.json.

    python scripts/spectralGoldens.py   # needs numpy

The task vectors are not written: a case says how they come from mulberry32, as src/merge/matrix/spectral.test.ts makes them.
"""

import argparse
import json
import pathlib

import numpy as np

from matrixReference import MATRIX_METHODS

FILE = pathlib.Path(__file__).parent.parent / "src/merge/goldens/spectral.json"
SAMPLES = 48

# Rank of each model's own part and of what all share, and singular values about decay^k.
CASES = {
    "well-conditioned, tall": {"rows": 300, "columns": 200, "models": 3, "rank": 200, "decay": 1},
    "well-conditioned, wide": {"rows": 150, "columns": 400, "models": 2, "rank": 150, "decay": 1},
    "square": {"rows": 192, "columns": 192, "models": 2, "rank": 192, "decay": 1},
    "ill-conditioned, wide": {"rows": 200, "columns": 260, "models": 2, "rank": 200, "decay": 0.96},
    "ill-conditioned, tall": {"rows": 260, "columns": 200, "models": 2, "rank": 200, "decay": 0.96},
    "of low rank, wide": {"rows": 160, "columns": 240, "models": 2, "rank": 8, "decay": 1},
    "of low rank, tall": {"rows": 240, "columns": 160, "models": 3, "rank": 8, "decay": 0.8},
    "long": {"rows": 9000, "columns": 130, "models": 2, "rank": 40, "decay": 0.95},
}
PARAMETERS = {"common_space_fraction": 0.8, "iterations": 5, "learning_rate": 1e-3}


def mulberry32(seed, count):
    """As src/data/random.ts has it."""
    state = (seed + 0x6D2B79F5 * np.arange(1, count + 1, dtype=np.uint64)) & 0xFFFFFFFF

    def times(a, b):
        return (a * b) & 0xFFFFFFFF

    t = times(state ^ (state >> 15), state | 1)
    t ^= (t + times(t ^ (t >> 7), t | 61)) & 0xFFFFFFFF
    return ((t ^ (t >> 14)) & 0xFFFFFFFF) / 2**32


def part(seed, rows, columns, rank, decay):
    """X·diag(decay^k)·Y, X and Y uniform in [−½, ½)."""
    x = mulberry32(2 * seed, rows * rank).reshape(rows, rank) - 0.5
    y = mulberry32(2 * seed + 1, rank * columns).reshape(rank, columns) - 0.5
    return (x * decay ** np.arange(rank)) @ y


def task_vectors(rows, columns, models, rank, decay):
    parts = [part(seed, rows, columns, rank, decay) for seed in range(models + 1)]
    return [np.float32(parts[0] + own).astype(np.float64) for own in parts[1:]]


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    cases = []
    for name, case in CASES.items():
        taus = task_vectors(**case)
        for method, merge in MATRIX_METHODS.items():
            merged = merge(taus, PARAMETERS).reshape(-1)
            step = merged.size // SAMPLES
            values = [float(f"{x:.9g}") for x in merged[::step]]
            cases.append({"name": name, "method": method, **case, "step": step, "values": values})
    body = ",\n  ".join(json.dumps(case) for case in cases)
    FILE.write_text(f'{{"parameters": {json.dumps(PARAMETERS)}, "cases": [\n  {body}\n]}}\n')


if __name__ == "__main__":
    main()
