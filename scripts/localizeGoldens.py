#!/usr/bin/env python3
"""Writes src/localize/goldens/localize.safetensors and .json: a two-layer RoBERTa, two fine-tunes, their examples, and the
masks and losses of every localizer that uses data (ARCHITECTURE.md, Masks by gradient), by autograd through Hugging Face
transformers.

Usage: localizeGoldens.py [--check] [--only PRESET]   (needs torch, transformers, safetensors, numpy)

With --check it writes nothing, and tells how far the masks agree with those computed in float64 and with those of batches
whose rows are turned round. With --only PRESET it reads model, fine-tunes and examples from the files, and writes masks and
losses of that preset alone.

The scope is one vector of N values: the tensors of JSON `scope` one after the other, which is their order in the file of
the base. Tensors: `base/<name>`, `a/<name>` and `b/<name>` (scope only); `<task>/ids` [n × 24] padded with 1,
`<task>/attention`, `<task>/at` (position of the mask token), `<task>/labels`; `<task>/<preset>/exact` and `/free`: masks
as bits, position i being bit i mod 8 of byte ⌊i / 8⌋. A batch is as long as its longest row, rounded up to a multiple of
8. JSON `runs[preset][task]` has `losses`, one per step (of `reference` and `grafting` one per epoch, the mean of its
batches), measured before the step, and where the preset uses a percentile `q`: that of the calibration for `scaled`,
those of the first and the last step for `hard` and `joint`; `joint` runs once for both tasks, so that its losses are the
same, and `order` is the task of each step."""

import usage  # answers --help without the libraries below

import argparse
import json
import logging
import pathlib
import sys
import tempfile

import numpy
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from localizeOracle import Task, presets
from localizeToys import TASKS, WORDS, examples, fine_tune, pretrained

FOLDER = pathlib.Path(__file__).parent.parent / "src/localize/goldens"
DENSITY = 0.05


def file_order(model):
    """Names of the saved base, in the order in which its file stores them."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        with safe_open(f"{folder}/model.safetensors", "pt") as file:
            return list(file.offset_keys()), {name: file.get_tensor(name) for name in file.keys()}


def accuracy(model, task):
    with torch.no_grad():
        logits = model(input_ids=task.ids, attention_mask=task.attention).logits
    logits = logits[torch.arange(len(task.at)), task.at][:, task.words]
    return float((logits.argmax(1) == task.labels).float().mean())


def pack(mask):
    return torch.from_numpy(numpy.packbits(mask.numpy(), bitorder="little"))


def agreement(one, other):
    """Shares of equal mask bits and the largest relative difference of losses, by preset and task."""
    rows = {}
    for preset in one:
        for task in one[preset]:
            a, b = one[preset][task], other[preset][task]
            bits = [float((a[each] == b[each]).double().mean()) for each in ("exact", "free")]
            losses = numpy.array(a["losses"]), numpy.array(b["losses"])
            rows[preset, task] = *bits, float(numpy.max(numpy.abs(losses[0] - losses[1]) / losses[1]))
    return rows


def check(model, scope, tasks, runs):
    doubled = presets(model, scope, tasks, DENSITY, torch.float64)
    turned = presets(model, scope, tasks, DENSITY, torch.float32, turned=True)
    for name, other in (("float64", doubled), ("rows turned", turned)):
        for (preset, task), (exact, free, loss) in agreement(runs, other).items():
            print(f"{name:12} {preset:10} {task}: exact {exact:.4%}, free {free:.4%}, losses {loss:.1e}")


def tell(runs):
    for preset, each in runs.items():
        for task, run in each.items():
            curve = run["losses"]
            last = sum(curve[-4:]) / len(curve[-4:])
            print(f"{preset:10} {task}: loss {curve[0]:.3f} → {last:.3f}, free density {run['free'].double().mean():.4f}")


def put(tensors, described, runs):
    """Puts masks, losses and what else is told of these runs into the tensors and the JSON, and writes both."""
    for preset, each in runs.items():
        for task, run in each.items():
            tensors |= {f"{task}/{preset}/{budget}": pack(run[budget]) for budget in ("exact", "free")}
        described["runs"][preset] = {
            task: {key: run[key] for key in run if key not in ("exact", "free")} for task, run in each.items()
        }
    FOLDER.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    save_file(tensors, FOLDER / "localize.safetensors")
    (FOLDER / "localize.json").write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    print([(path.name, path.stat().st_size) for path in sorted(FOLDER.iterdir())])


def write(model, order, saved, scope, tasks, tuned, runs):
    tensors = {f"base/{name}": saved[name] for name in order}
    described = {"config": model.config.to_dict(), "scope": scope, "density": DENSITY, "seed": 0, "labelWords": WORDS}
    for task, given in tasks.items():
        tensors |= {f"{task}/{name}": tuned[task][name] for name in scope}
        for key in ("ids", "at", "labels", "attention"):
            tensors[f"{task}/{key}"] = getattr(given, key).to(torch.float32 if key == "attention" else torch.int32)
    put(tensors, described | {"runs": {}}, runs)


def renew(preset):
    """Runs a preset on what the files hold."""
    tensors = load_file(FOLDER / "localize.safetensors")
    described = json.loads((FOLDER / "localize.json").read_text())
    config = transformers.RobertaConfig(**described["config"], attn_implementation="eager")
    base = transformers.RobertaForMaskedLM(config).eval()
    weights = {name.removeprefix("base/"): tensor for name, tensor in tensors.items() if name.startswith("base/")}
    tied = {"lm_head.decoder.weight", "lm_head.decoder.bias"}
    left, strange = base.load_state_dict(weights, strict=False)
    if not set(left) <= tied or strange:
        sys.exit(f"Other tensors than those of the model: {left}, {strange}")
    scope, tasks = described["scope"], {}
    for name in TASKS:
        tau = torch.cat([(tensors[f"{name}/{each}"] - weights[each]).flatten() for each in scope])
        given = [tensors[f"{name}/{key}"] for key in ("ids", "attention", "at", "labels")]
        tasks[name] = Task(*(each if each.is_floating_point() else each.long() for each in given), WORDS[name], tau)
    runs = presets(base, scope, tasks, DENSITY, torch.float32, only=preset)
    tell(runs)
    put(tensors, described, runs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", metavar="PRESET")
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.disable()
    torch.set_num_threads(1)
    if arguments.only:
        return renew(arguments.only)
    base = pretrained()
    order, saved = file_order(base)
    scope = [name for name in order if name.startswith("roberta.encoder.layer.")]
    tuned, tasks = {}, {}
    for name, task in TASKS.items():
        model = fine_tune(base, task)
        tuned[name] = dict(model.named_parameters())
        tau = torch.cat([(tuned[name][each] - saved[each]).flatten() for each in scope]).detach()
        tasks[name] = Task(*examples(task), WORDS[name], tau)
        print(f"{name}: accuracy {accuracy(base, tasks[name]):.3f}, fine-tuned {accuracy(model, tasks[name]):.3f}")
    runs = presets(base, scope, tasks, DENSITY, torch.float32)
    tell(runs)
    if any(not numpy.isfinite(run["losses"]).all() for each in runs.values() for run in each.values()):
        sys.exit("A loss is not finite")
    if arguments.check:
        check(base, scope, tasks, runs)
    else:
        write(base, order, saved, scope, tasks, tuned, runs)


if __name__ == "__main__":
    main()
