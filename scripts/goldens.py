#!/usr/bin/env python3
"""Writes src/merge/goldens/: small checkpoints full of awkward values, recipes, and what reference.py makes of them.

Usage: goldens.py [--check]   (--check compares with what is committed, and writes nothing)

<set>/<name>.safetensors are the inputs (base, a, b, c); <set>/<case>.safetensors the merged outputs; cases.json lists
{set, case, recipe, stats}.
"""

import usage  # answers --help without the libraries below

import argparse
import filecmp
import json
import pathlib
import sys
import tempfile

import numpy as np

from reference import decode, encode, merge, write_safetensors

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "merge" / "goldens"
BLOCK = "roberta.encoder.layer"

# Bits of float32: zeros, denormals, smallest normals, ones, F16's and F32's extremes, infinities, NaNs.
SPECIALS = np.array(
    [0x00000000, 0x80000000, 0x00000001, 0x80000003, 0x007FFFFF, 0x00800000, 0x80800001, 0x33000001, 0x387FC000]
    + [0x3F800000, 0xBF800000, 0x3F802000, 0x477FE000, 0x477FF000, 0xC77FF001, 0x7F7FFFFF, 0xFF7FFFFF]
    + [0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7FD55000],
    np.uint32,
)

SHAPES = {
    "roberta.embeddings.word_embeddings.weight": (11, 7),
    f"{BLOCK}.0.attention.self.query.weight": (37, 41),
    f"{BLOCK}.0.attention.self.query.bias": (41,),
    f"{BLOCK}.0.attention.output.LayerNorm.weight": (1,),
    f"{BLOCK}.0.empty": (0, 7),
    f"{BLOCK}.1.specials": (len(SPECIALS), len(SPECIALS)),
    f"{BLOCK}.1.output.dense.weight": (29, 31),
    f"{BLOCK}.1.scale": (),
    "lm_head.bias": (11,),
}

METHODS = {
    "linear": {"merge_method": "linear"},
    "linear-weighted": {"merge_method": "linear", "weights": [0.5, 1.25, 0.3]},
    "task_arithmetic": {"merge_method": "task_arithmetic"},
    "task_arithmetic-weighted": {
        "merge_method": "task_arithmetic",
        "weights": [0.6, -0.3, 1.0],
        "parameters": {"lambda": 0.7},
    },
    "ties": {"merge_method": "ties"},
    "ties-weighted": {
        "merge_method": "ties",
        "weights": [0.5, 1.0, 2.0],
        "parameters": {"density": 0.45, "lambda": 1.1},
    },
    "localize_and_stitch": {"merge_method": "localize_and_stitch", "parameters": {"density": 0.3}},
    "localize_and_stitch-mixed": {
        "merge_method": "localize_and_stitch",
        "weights": [1.0, 0.7, 1.0],
        "densities": [0.1, 0.5, 1.0],
    },
}

# Densities of all parameters.
METHODS |= {
    f"{method}-model": {
        "merge_method": method,
        "densities": [0.1, 0.03, 0.2],
        "density_of": "model",
        "outputs": {"f32": ["base"]},
    }
    for method in ("localize_and_stitch", "ties", "dare_linear")
}

# Sets and output dtypes of the methods that share their arithmetic with those above.
FEWER = {"f32": ["base"], "mixed": ["float16"], "equal-steps": ["base"]}

METHODS |= {
    "dare_linear": {"merge_method": "dare_linear", "outputs": FEWER},
    "dare_linear-weighted": {
        "merge_method": "dare_linear",
        "weights": [0.5, 1.0, -2.0],
        "densities": [0.1, 0.7, 1.0],
        "parameters": {"lambda": 0.9, "seed": 4294967295},
        "outputs": FEWER,
    },
    "dare_ties": {"merge_method": "dare_ties", "outputs": FEWER},
    "dare_ties-weighted": {
        "merge_method": "dare_ties",
        "weights": [0.5, 1.0, 2.0],
        "densities": [0.9, 0.3, 0.5],
        "parameters": {"rescale": False, "seed": 7},
        "outputs": FEWER,
    },
    "breadcrumbs": {"merge_method": "breadcrumbs", "outputs": FEWER},
    "breadcrumbs-weighted": {
        "merge_method": "breadcrumbs",
        "weights": [0.5, 1.0, -0.3],
        "densities": [0.05, 0.95, 1.0],
        "parameters": {"gamma": 0.2},
        "outputs": FEWER,
    },
    "breadcrumbs_ties": {"merge_method": "breadcrumbs_ties", "parameters": {"gamma": 0.1}, "outputs": FEWER},
    "consensus_ta": {"merge_method": "consensus_ta", "outputs": FEWER},
    "consensus_ta-weighted": {
        "merge_method": "consensus_ta",
        "weights": [0.5, 1.0, -0.3],
        "parameters": {"tall_lambda": 1.1, "least_tasks": 1},
        "outputs": FEWER,
    },
    "consensus_ties": {"merge_method": "consensus_ties", "parameters": {"density": 0.6}, "outputs": FEWER},
    "magmax": {"merge_method": "magmax", "outputs": FEWER},
    "magmax-weighted": {
        "merge_method": "magmax",
        "weights": [0.5, -1.0, 2.0],
        "parameters": {"lambda": 0.5},
        "outputs": FEWER,
    },
    "lines": {"merge_method": "lines", "weights": [0.5, 1.0, 2.0], "outputs": FEWER},
}

# Methods of linear algebra, compared to within rounding: smooth inputs, and sums that do not cancel.
SMOOTH = {"smooth": ["float32"]}

METHODS |= {
    "dare_linear-l1": {
        "merge_method": "dare_linear",
        "weights": [0.5, 1.0, -0.3],
        "parameters": {"density": 0.3, "rescale_l1": True, "seed": 5},
        "outputs": SMOOTH,
    },
    "model_stock": {"merge_method": "model_stock", "outputs": SMOOTH},
    "slerp": {"merge_method": "slerp", "parameters": {"t": 0.3}, "models": "ab", "outputs": SMOOTH},
    "nuslerp": {"merge_method": "nuslerp", "weights": [1.0, 0.25], "models": "bc", "outputs": SMOOTH},
    "multislerp": {"merge_method": "multislerp", "weights": [0.5, 1.0, 2.0], "outputs": SMOOTH},
    "karcher": {"merge_method": "karcher", "weights": [0.5, 1.0, 2.0], "outputs": SMOOTH},
}

# Ranked to the bit, and merged by sums in another order.
METHODS |= {
    "pcb_merging": {"merge_method": "pcb_merging", "outputs": {"smooth": ["float32"], "equal-steps": ["float32"], "f32": ["base"]}},
    "pcb_merging-two": {
        "merge_method": "pcb_merging",
        "densities": [0.05, 0.7],
        "parameters": {"lambda": 0.8},
        "models": "ca",
        "outputs": {"smooth": ["float32"], "mixed": ["float32"]},
    },
}

# Methods of whole matrices.
MATRICES = {"matrices": ["float32"]}

METHODS |= {
    "tsv_merge": {"merge_method": "tsv_merge", "outputs": MATRICES},
    "iso_c": {"merge_method": "iso_c", "parameters": {"lambda": 0.8}, "outputs": MATRICES},
    "iso_cts": {"merge_method": "iso_cts", "outputs": MATRICES},
    "wudi": {
        "merge_method": "wudi",
        "parameters": {"iterations": 25, "learning_rate": 0.0002},
        "outputs": MATRICES,
    },
    "iso_cts-two": {
        "merge_method": "iso_cts",
        "parameters": {"lambda": 1.3, "common_space_fraction": 0.45},
        "models": "ac",
        "outputs": MATRICES,
    },
}

SETS = {
    "f32": ["F32", "F32", "F32", "F32"],
    "f16": ["F16", "F16", "F16", "F16"],
    "bf16": ["BF16", "BF16", "BF16", "BF16"],
    "mixed": None,
}

# "base" is its own dtype in the sets of one dtype.
OUTPUTS = {
    "f32": ["base", "float16", "bfloat16"],
    "f16": ["base", "float32", "bfloat16"],
    "bf16": ["base", "float32", "float16"],
    "mixed": ["base", "float32", "float16", "bfloat16"],
    "equal-steps": ["base"],
}


def smooth(rng, shape, scale):
    return (rng.standard_normal(shape) * scale).astype(np.float32).view(np.uint32).reshape(-1)


def base_bits(rng, name, shape):
    if name.endswith("specials"):
        return np.repeat(SPECIALS, len(SPECIALS))
    bits = smooth(rng, shape, 0.05)
    if len(bits) > 20:
        bits[rng.integers(0, len(bits), 6)] = rng.choice(SPECIALS, 6)
    return bits


def tuned_bits(rng, name, shape, base, number):
    """A fine-tuned tensor: quantised steps, so that many |τ| are equal; every pair of specials for the first model."""
    if name.endswith("specials"):
        if number == 0:
            return np.tile(SPECIALS, len(SPECIALS))
        return rng.choice(np.concatenate([SPECIALS, smooth(rng, 8, 1.0)]), len(base))
    steps = rng.integers(-3, 4, len(base)).astype(np.float32) * np.float32(2**-9)
    heavy = (rng.standard_normal(len(base)) ** 3 * 0.01 * (rng.random(len(base)) < 0.3)).astype(np.float32)
    with np.errstate(all="ignore"):
        bits = (base.view(np.float32) + steps + heavy).view(np.uint32)
    still = rng.random(len(base)) < 0.2
    bits = np.where(still, base, bits)
    if len(bits) > 20:
        bits[rng.integers(0, len(bits), 4)] = rng.choice(SPECIALS, 4)
    return bits


def f64_bytes(bits):
    """F64 values that F32 cannot hold: halfway cases, beyond its range, below its denormals."""
    with np.errstate(all="ignore"):
        values = bits.view(np.float32).astype(np.float64)
        values[::3] *= 1 + 2.0**-24
        values[1::7] *= 1 + 2.0**-24 + 2.0**-40
        values[2::31] *= 1e300
        values[3::31] *= 1e-300
    values[np.isnan(values)] = np.nan
    return values.astype("<f8").tobytes()


def tensor_bytes(dtype, bits):
    return f64_bytes(bits) if dtype == "F64" else encode(dtype, bits)


def make_set(dtypes, seed):
    """{name: tensors} of base, a, b and c."""
    rng = np.random.default_rng(seed)
    mixture = ["F32", "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2"]
    models = {name: {} for name in ("base", "a", "b", "c")}
    for t, (name, shape) in enumerate(SHAPES.items()):
        base = base_bits(rng, name, shape)
        own = dtypes or [mixture[(t + shift) % len(mixture)] for shift in (0, 1, 3, 4)]
        models["base"][name] = (own[0], shape, tensor_bytes(own[0], base))
        rounded = decode(own[0], models["base"][name][2])
        for i, model in enumerate("abc"):
            bits = tuned_bits(rng, name, shape, rounded, i)
            models[model][name] = (own[i + 1], shape, tensor_bytes(own[i + 1], bits))
    ids = np.arange(13, dtype="<i8").tobytes()
    for i, tensors in enumerate(models.values()):
        tensors["roberta.embeddings.position_ids"] = ("I64", (1, 13), ids)
        tensors["roberta.embeddings.flags"] = ("BOOL", (3,), bytes([1, 0, i == 0]))
    return models


def make_ties():
    """bf16 with only three sizes of |τ|, so that thresholds fall inside groups of hundreds of equal ones."""
    rng = np.random.default_rng(99)
    shapes = {f"{BLOCK}.{i}.output.dense.weight": (19, 13 + i) for i in range(3)}
    models = {name: {} for name in ("base", "a", "b", "c")}
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        base = (rng.integers(64, 128, size) / 64).astype(np.float32)
        models["base"][name] = ("BF16", shape, encode("BF16", base.view(np.uint32)))
        for model in "abc":
            step = rng.choice([0, 1, 2, 4], size, p=[0.2, 0.5, 0.2, 0.1]) * rng.choice([-1, 1], size) / 64
            bits = (base + step.astype(np.float32)).view(np.uint32)
            models[model][name] = ("BF16", shape, encode("BF16", bits))
    return models


def make_smooth():
    """f32 and bf16 models whose task vectors share a direction, far from every special value."""
    rng = np.random.default_rng(5)
    shapes = {f"{BLOCK}.{i}.output.dense.weight": (17 + i, 23) for i in range(3)} | {f"{BLOCK}.3.scale": (1,)}
    models = {name: {} for name in ("base", "a", "b", "c")}
    for t, (name, shape) in enumerate(shapes.items()):
        size = int(np.prod(shape))
        base, shared = rng.standard_normal(size), rng.standard_normal(size)
        for model in models:
            own = 0 if model == "base" else 0.3 * shared + 0.3 * rng.standard_normal(size)
            dtype = "BF16" if t == 1 and model in "ab" else "F32"
            bits = np.asarray(base + own, np.float32).view(np.uint32)
            models[model][name] = (dtype, shape, encode(dtype, bits))
    return models


def make_matrices():
    """f32 and bf16 matrices of several shapes, and tensors that are none; sums that rounding cannot touch where rank lacks."""
    rng = np.random.default_rng(6)
    shapes = {"wide": (13, 41), "tall": (37, 12), "square": (16, 16), "large": (64, 48), "lacking": (14, 22), "odd": (2, 9), "row": (1, 8), "long": (2, 31)}
    shapes |= {"bias": (23,), "cube": (3, 4, 5), "still": (4, 6)}
    models = {name: {} for name in ("base", "a", "b", "c")}
    for name, shape in shapes.items():
        base = 0.05 * rng.standard_normal(shape)
        shared = 0.03 * rng.standard_normal(shape)
        for model in models:
            own = shared + 0.02 * rng.standard_normal(shape)
            if name == "lacking":
                base = np.rint(base * 64) / 64
                own = sum(np.outer(*(rng.integers(-4, 5, size) for size in shape)) for _ in range(2)) / 1024
            if model == "base" or name == "still":
                own = 0
            dtype = "BF16" if name in ("square", "bias") and model != "c" else "F32"
            bits = np.asarray(base + own, np.float32).view(np.uint32).reshape(-1)
            models[model][f"{BLOCK}.0.{name}"] = (dtype, shape, encode(dtype, bits))
    return models


def make_recipe(spec, scope, out_dtype):
    models = [{"model": name} for name in spec.get("models", "abc")]
    for key, name in (("weights", "weight"), ("densities", "density")):
        for model, value in zip(models, spec.get(key, [])):
            model.setdefault("parameters", {})[name] = value
    return {
        "merge_method": spec["merge_method"],
        "base_model": "base",
        "models": models,
        **({"parameters": spec["parameters"]} if "parameters" in spec else {}),
        "scope": scope,
        **({"density_of": spec["density_of"]} if "density_of" in spec else {}),
        "dtype": "float32",
        "out_dtype": out_dtype,
    }


def write_all(folder):
    cases = []
    sets = {name: make_set(dtypes, seed) for seed, (name, dtypes) in enumerate(SETS.items(), 1)}
    sets["equal-steps"] = make_ties()
    sets["smooth"] = make_smooth()
    sets["matrices"] = make_matrices()
    for set_name, models in sets.items():
        (folder / set_name).mkdir(parents=True)
        for name, tensors in models.items():
            write_safetensors(folder / set_name / f"{name}.safetensors", tensors)
        for method, spec in METHODS.items():
            for out_dtype in spec.get("outputs", OUTPUTS).get(set_name, []):
                recipe = make_recipe(spec, "all" if method == "linear" else "blocks", out_dtype)
                tensors, stats = merge(recipe, models)
                case = f"{method}.{out_dtype}"
                write_safetensors(folder / set_name / f"{case}.safetensors", tensors)
                cases.append({"set": set_name, "case": case, "recipe": recipe, "stats": stats})
    text = json.dumps(cases, separators=(",", ":")).replace('{"set"', '\n{"set"')
    (folder / "cases.json").write_text(text[:-1] + "\n]\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        made = pathlib.Path(temporary)
        write_all(made)
        files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
        if arguments.check:
            wrong = [path for path in files if not same(made / path, FOLDER / path)]
            for path in wrong:
                print(f"differs: {path}")
            sys.exit(1 if wrong else 0)
        for path in files:
            (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / path).write_bytes((made / path).read_bytes())
        print(f"{len(files)} files, {sum((made / path).stat().st_size for path in files)} bytes in {FOLDER}")


def same(a, b):
    return b.exists() and filecmp.cmp(a, b, shallow=False)


if __name__ == "__main__":
    main()
