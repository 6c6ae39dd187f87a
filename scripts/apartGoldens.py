#!/usr/bin/env python3
"""Writes src/merge/goldens/apart/: checkpoints with and without a head of their own and with other numbers of words,
recipes, and what numpy makes of them.

Usage: apartGoldens.py [--check]   (--check compares with what is committed, and writes nothing)

Each case is merged by reference.py, or under `compat` by mergekitReference.py, from checkpoints made alike first: an
absent head is the embedding, and only the rows that all have are given. Then come the base's other rows, and with
`rows: all` the weighted mean, in float64, of the models that have a row."""

import usage  # answers --help without the libraries below

import json
import pathlib

import numpy as np

import mergekitReference
import reference
from goldenFiles import keep_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "merge" / "goldens" / "apart"
WORDS, HEAD = "model.embed_tokens.weight", "lm_head.weight"
SHAPES = {WORDS: (13, 5), "model.layers.0.mlp.gate_proj.weight": (9, 5), "model.layers.0.mlp.up_proj.weight": (9, 5), "model.norm.weight": (5,)}

# Rows, and whether a checkpoint has a head: its own, a copy of its embedding, or none.
MODELS = {
    "tied": (8, None),
    "twice": (8, "copy"),
    "apart": (8, "own"),
    "plain": (8, None),
    "own": (8, "own"),
    "repeats": (8, "copy"),
    "wide": (11, "own"),
    "wider": (13, "own"),
    "narrow": (6, "own"),
    "wide-tied": (11, None),
}

CASES = {
    "untied-linear": ("tied", "linear", {"own": {"weight": 0.5}, "plain": {"weight": 1.25}}, {}),
    "untied-task_arithmetic": ("tied", "task_arithmetic", {"own": {"weight": 0.6}, "repeats": {"weight": -0.3}, "plain": {}}, {}),
    "untied-ties": ("tied", "ties", {"own": {"weight": 0.5}, "plain": {"weight": 2}}, {"parameters": {"density": 0.45, "lambda": 1.1}}),
    "untied-stitch": ("twice", "localize_and_stitch", {"own": {}, "plain": {}}, {"parameters": {"density": 0.3}, "scope": "all"}),
    "twice-ties": ("twice", "ties", {"own": {}, "repeats": {}, "plain": {}}, {}),
    "tied-ties": ("twice", "ties", {"repeats": {}, "plain": {}}, {"parameters": {"density": 0.3}}),
    "mergekit-linear": ("tied", "linear", {"tied": {"weight": 0.25}, "own": {"weight": 0.5}, "plain": {"weight": 1.25}}, {"compat": "mergekit"}),
    "mergekit-ties": ("tied", "ties", {"own": {"weight": 1}, "plain": {"weight": 0.5}}, {"compat": "mergekit", "parameters": {"density": 0.4}}),
    "mergekit-task_arithmetic": ("twice", "task_arithmetic", {"own": {"weight": 0.6}, "repeats": {"weight": 0.3}}, {"compat": "mergekit"}),
    "rows-task_arithmetic": ("apart", "task_arithmetic", {"wide": {"weight": 0.5}, "own": {"weight": 0.5}}, {}),
    "rows-narrow": ("apart", "ties", {"narrow": {}, "wide": {}}, {"parameters": {"density": 0.5}}),
    "rows-all": ("apart", "task_arithmetic", {"wide": {"weight": 0.5}, "wider": {"weight": 0.25}, "narrow": {}}, {"rows": "all"}),
    "rows-negative": ("apart", "task_arithmetic", {"wide": {"weight": -0.5}, "wider": {"weight": 0.5}}, {"rows": "all"}),
    "rows-mergekit": ("apart", "linear", {"apart": {"weight": 1}, "wide": {"weight": 0.5}, "own": {"weight": 0.5}}, {"compat": "mergekit"}),
    "untied-rows": ("tied", "linear", {"wide": {"weight": 3}, "wide-tied": {"weight": 1}}, {"rows": "all"}),
    "tied-rows": ("twice", "linear", {"wide-tied": {}, "plain": {}}, {"rows": "all"}),
    "rows-half": ("apart", "linear", {"wide": {}, "narrow": {}}, {"rows": "all", "out_dtype": "bfloat16"}),
}


def make_models():
    rng = np.random.default_rng(5)
    base = {name: rng.standard_normal(shape) for name, shape in {**SHAPES, HEAD: (13, 5)}.items()}
    models = {}
    for model, (rows, head) in MODELS.items():
        scale = 0 if model in ("tied", "twice", "apart") else 0.3
        own = {name: np.asarray(x + scale * rng.standard_normal(x.shape), np.float32) for name, x in base.items()}
        own[WORDS], own[HEAD] = own[WORDS][:rows], own[HEAD][:rows]
        if head is None:
            del own[HEAD]
        elif head == "copy":
            own[HEAD] = own[WORDS]
        models[model] = own
    return models


def recipe_of(base, method, models, more):
    listed = [{"model": name, **({"parameters": own} if own else {})} for name, own in models.items()]
    recipe = {"merge_method": method, "base_model": base, "models": listed, "out_dtype": "float32", **more}
    if "compat" in more:
        recipe["dtype"] = "float32"
    return recipe


def alike(tensors, rows, untied):
    """A checkpoint as all of a case are: with a head where any has one of its own, with the rows that all have."""
    made = {name: x for name, x in tensors.items() if name != HEAD or untied}
    if untied:
        made[HEAD] = tensors.get(HEAD, tensors[WORDS])
    return {name: x[:rows] if name in (WORDS, HEAD) else x for name, x in made.items()}


def numpy_merge(recipe, checkpoints):
    if "compat" in recipe:
        return mergekitReference.merge({key: value for key, value in recipe.items() if key != "rows"}, checkpoints)
    stored = {name: {t: ("F32", x.shape, x.astype("<f4").tobytes()) for t, x in each.items()} for name, each in checkpoints.items()}
    merged, _ = reference.merge({**recipe, "out_dtype": "float32"}, stored)
    return {name: np.frombuffer(data, "<f4").reshape(shape) for name, (_, shape, data) in merged.items()}


def merge_case(models, spec):
    base, method, listed, more = spec
    recipe = recipe_of(*spec)
    names = [base, *listed]
    untied = any(MODELS[name][1] == "own" for name in names)
    counts = [MODELS[name][0] for name in names]
    merged = numpy_merge(recipe, {name: alike(models[name], min(counts), untied) for name in names})
    whole = {name: alike(models[name], 99, untied) for name in names}
    for tensor in [WORDS, *([HEAD] if untied else [])]:
        rows = [merged[tensor], whole[base][tensor][min(counts):]]
        for row in range(MODELS[base][0], max(counts) if more.get("rows") == "all" else 0):
            having = [(whole[name][tensor][row].astype(np.float64), own.get("weight", 0.4 if method == "task_arithmetic" else 1))
                      for name, own in listed.items() if MODELS[name][0] > row]
            total = sum(weight for _, weight in having)
            shares = [weight / total if total > 0 else 1 / len(having) for _, weight in having]
            rows.append(sum(share * x for (x, _), share in zip(having, shares)).astype(np.float32)[None])
        merged[tensor] = np.concatenate(rows)
    if not untied and MODELS[base][1] == "copy":
        merged[HEAD] = merged[WORDS]
    return recipe, untied, merged


def write(path, tensors, dtype="F32"):
    encoded = {name: (dtype, x.shape, reference.encode(dtype, np.ascontiguousarray(x, np.float32).view(np.uint32).reshape(-1))) for name, x in tensors.items()}
    reference.write_safetensors(path, encoded)


def write_all(folder):
    models = make_models()
    for name, tensors in models.items():
        write(folder / f"{name}.safetensors", tensors)
    cases = []
    for case, spec in CASES.items():
        recipe, untied, merged = merge_case(models, spec)
        write(folder / f"{case}.safetensors", merged, "BF16" if recipe["out_dtype"] == "bfloat16" else "F32")
        cases.append({"case": case, "recipe": recipe, "untied": untied and MODELS[spec[0]][1] != "own"})
    text = json.dumps(cases, separators=(",", ":")).replace('{"case"', '\n{"case"')
    (folder / "cases.json").write_text(text[:-1] + "\n]\n")


if __name__ == "__main__":
    keep_or_check(write_all, FOLDER)
