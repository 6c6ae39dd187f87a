#!/usr/bin/env python3
"""Checks that merged folders load in Python and give there what they give in the app.

Usage: checkFolders.py [--keep DIR] [PATTERN]     (minutes; builds the app when it has changed)

Makes small RoBERTa, CLIP and GPT-2 folders with transformers, a base and two fine-tunes of each (one in shards, one in
bfloat16), also such as older versions saved them, with a head of its own in one fine-tune, with more words in one; merges them by `node scripts/headless.js`; opens each merged folder by
the Python in its model card, with every warning an error; and compares weights and outputs. Outputs are, in float32: of
RoBERTa the logits of label words at the mask, of CLIP logits_per_image, of GPT-2 the negative log-likelihood of each token.
PATTERN picks cases by a part of their names. Needs: pip install torch transformers safetensors pillow pyyaml numpy."""

import usage  # answers --help without the libraries below

import argparse
import json
import logging
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy
import torch
import yaml
from safetensors.torch import load_file
from transformers import utils

import folderModels

ROOT = pathlib.Path(__file__).resolve().parent.parent
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
METHODS = {
    "task_arithmetic": "parameters: {weight: 0.4}\nout_dtype: float32\n",
    "ties": "parameters: {density: 0.3, lambda: 0.8}\nout_dtype: bfloat16\n",
    "localize_and_stitch": "parameters: {density: 0.2}\nlocalize: {preset: dataless}\nout_dtype: base\n",
}
LARGEST = 1e-4


class Warned(logging.Handler):
    """Makes what transformers logs as a warning an error, as -W error does with warnings."""

    def emit(self, record):
        if record.levelno >= logging.WARNING:
            raise AssertionError(record.getMessage())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--keep", type=pathlib.Path, help="folder to work in, left as it is")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    utils.logging.disable_progress_bar()
    utils.logging.disable_default_handler()
    utils.logging.add_handler(Warned())
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        cases = [(kind, method) for kind in folderModels.KINDS for method in kind.methods or METHODS]
        results = [check(folder, *case) for case in cases if arguments.pattern in name_of(*case)]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    sys.exit(0 if results and all(results) else 1)


def name_of(kind, method):
    return f"{kind.name} {method}"


def check(folder, kind, method):
    """Whether one merge of one kind is right; prints what was found."""
    models = folder / kind.name
    try:
        if not models.exists():
            kind.make(models)
        merged = merge(models, folder, method, kind)
        files(merged, method)
        facts = [weights(models, merged, method, kind), outputs(merged, kind)]
    except Exception as error:  # whatever goes wrong is a finding, and the other cases go on
        print(f"FAILED {name_of(kind, method)}: {type(error).__name__}: {error}", flush=True)
        return False
    print(f"passed {name_of(kind, method)}: {', '.join(filter(None, facts))}", flush=True)
    return True


def merge(models, folder, method, kind):
    """The folder that the app saves, with predictions.json beside it."""
    data = lambda name: f", data: {json.dumps(kind.data | {'test': kind.test(name)})}" if kind.measured else ""
    tasks = [f"  - {{model: {name}{data(name)}}}" for name in folderModels.TUNED]
    recipe = folder / f"{kind.name}-{method}.yml"
    recipe.write_text(f"merge_method: {method}\nbase_model: base\nmodels:\n" + "\n".join(tasks) + "\n" + METHODS[method] + kind.recipe)
    merged = recipe.with_suffix("")
    command = ["node", "scripts/headless.js", recipe, "--models", models, "--out", merged]
    asked = ["--predictions", f"{merged}.json"] if kind.measured else []
    ended = subprocess.run([*command, *asked], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return merged


def files(merged, method):
    """The card's front matter and mergekit's configuration must be YAML of the right content."""
    card = (merged / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["base_model"] == ["base", *folderModels.TUNED] and "merge" in front["tags"], front
    config = merged / "mergekit_config.yml"
    if method == "localize_and_stitch":
        assert not config.exists() and "no mergekit configuration" in card
    else:
        told = yaml.safe_load(config.read_text())
        assert told["merge_method"] == method and [each["model"] for each in told["models"]] == folderModels.TUNED, told


def weights(models, merged, method, kind):
    """Every tensor of the base is there in the dtype asked for, and heads that some model has of its own; task arithmetic is
    computed once more in float64, with the rows that the first model alone has after it."""
    out = read(merged)
    stored, tuned = read(models / "base"), [read(models / name) for name in folderModels.TUNED]
    assert stored.keys() <= out.keys(), stored.keys() - out.keys()
    base = {name: folderModels.counterpart(stored, name) for name in out}
    asked = re.search(r"out_dtype: (\w+)", METHODS[method])[1]
    words = 0
    for name, tensor in base.items():
        expected = DTYPES.get(asked, tensor.dtype) if tensor.is_floating_point() else tensor.dtype
        assert out[name].dtype == expected and out[name].shape[1:] == tensor.shape[1:], name
        words = max(words, len(out[name]) - len(tensor) if tensor.dim() else 0)
    assert (words > 0) == ("rows" in kind.recipe) and (out.keys() > stored.keys()) == ("untied" in kind.name)
    if method != "task_arithmetic":
        return None
    worst = 0
    for name, tensor in base.items():
        start, wanted, found = double(tensor), double(tensor), double(out[name])
        for each in tuned:
            counterpart = folderModels.counterpart(each, name)
            own = None if counterpart is None else double(counterpart)[: len(start)] if start.ndim else double(counterpart)
            wanted = wanted if own is None else wanted + 0.4 * (own - start)
        if start.ndim and len(found) > len(start):
            wanted = numpy.concatenate([wanted, double(folderModels.counterpart(tuned[0], name))[len(start) :]])
        worst = max(worst, numpy.abs(found - wanted).max() / max(1e-30, numpy.abs(wanted).max()))
    assert worst < 1e-6, f"weights differ from numpy's by {worst:.1e} of the largest"
    return f"weights within {worst:.0e} of the largest"


def read(folder):
    return {name: tensor for path in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(path).items()}


def double(tensor):
    return tensor.double().numpy()


def outputs(merged, kind):
    """The largest difference of outputs, relative to the largest output."""
    model, processor = load(merged)
    stored = read(merged)
    for name, tensor in model.state_dict().items():
        given = folderModels.counterpart(stored, name)
        assert given is not None and given.dtype == tensor.dtype and torch.equal(given, tensor), f"{name} is loaded otherwise"
    if not kind.measured:
        return "loaded as it is"
    worst, count = 0, 0
    for task in json.loads(pathlib.Path(f"{merged}.json").read_text()):
        ours = numpy.array(task["values"])
        assert list(ours.shape) == task["shape"]
        with torch.inference_mode():
            theirs = kind.outputs(model.float().eval(), processor, merged.parent / kind.name, task).double().numpy()
        assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
        worst, count = max(worst, numpy.abs(ours - theirs).max() / numpy.abs(theirs).max()), count + ours.size
    assert worst <= LARGEST, f"outputs differ by {worst:.1e} of the largest"
    return f"{count} outputs within {worst:.0e} of the largest"


def load(merged):
    """What the card's lines of Python make, with no warning and no key missing or unexpected."""
    card = (merged / "README.md").read_text()
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1].replace("path/to/this/folder", str(merged))
    made = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(code, made)
        told = type(made["model"]).from_pretrained(merged, output_loading_info=True)[1]
    odd = {key: names for key, names in told.items() if names}
    assert not odd, odd
    return made["model"], made.get("tokenizer", made.get("processor"))


if __name__ == "__main__":
    main()
