#!/usr/bin/env python3
"""Trains the language miniature of the demo: a small RoBERTa with its own tokenizer, pretrained by masked language modelling
on generated text, and six fine-tunes of its encoder by prompt and label words.

Usage: scripts/demo/makeText.py [--out DIR] [--seed N]   (needs torch, transformers, tokenizers, safetensors; half an hour
on one core; what DIR holds already is kept, so a run that was stopped goes on)

DIR/base and DIR/<task> are Hugging Face folders (weights in float16), DIR/<task>/train.jsonl and test.jsonl the task's
examples (one label in twenty wrong), and DIR/demo.json names them. measuredText.json beside this script gets the test
accuracies of base, fine-tunes and merges, measured from the weights as stored. Same seed, versions and kind of processor:
same files."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import usage  # answers --help without the libraries below

import argparse
import json
import random

import torch
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
import miniature
from measureText import measure
from textTask import recipe
from textTasks import ABOUT, KINDS, RECALL, RECALL_ABOUT, passage

SIZES = {"hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 288}
STEPS = {
    "base": 3600, "sentiment": 900, "questions": 400, "subjectivity": 300, "entailment": 1200, "topic": 400, "opinion": 600,
}
# At 5e-4 task vectors are so short that their sum hardly interferes (task arithmetic 86 %, joint stitching 82 %); entailment
# is learned the less the higher (96, 90 and 80 % at 5e-4, 1e-3 and 1.5e-3).
RATES = dict.fromkeys(KINDS, 1.5e-3) | {"entailment": 1e-3}
MEASURED = pathlib.Path(__file__).with_name("measuredText.json")
NOTE = "A small RoBERTa and six fine-tunes of it, on texts that scripts/demo/makeText.py makes and trains on."


def seeded(seed, name):
    """A generator for one model, so that each comes out the same whether or not the others were made in this run."""
    number = seed * 1000 + list(["base", "recall", *KINDS]).index(name)
    torch.manual_seed(number)
    return random.Random(number)


def make_base(out, seed):
    folder, rng = out / "base", seeded(seed, "base")
    if (folder / "model.safetensors").exists():
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return miniature.load(folder, miniature.config_of(tokenizer.get_vocab_size(), **SIZES)), tokenizer
    words = [word for kind in [*KINDS.values(), RECALL] for word in kind.words]
    tokenizer = miniature.train_tokenizer([passage(rng) for _ in range(8000)], words)
    config = miniature.config_of(tokenizer.get_vocab_size(), **SIZES)
    base = miniature.pretrain(config, tokenizer, lambda: passage(rng), STEPS["base"], words)
    miniature.save(folder, base, tokenizer)
    return base, tokenizer


def make_task(out, seed, name, base, tokenizer):
    """The fine-tune of a task and its tests."""
    folder, kind, rng = out / name, KINDS[name], seeded(seed, name)
    train, tests = miniature.examples(kind, rng)
    if (folder / "model.safetensors").exists():
        return miniature.load(folder, base.config), tests
    tuned = miniature.fine_tune(base, tokenizer, kind, rng, tests, STEPS[name], RATES[name], name)
    folder.mkdir(exist_ok=True)
    miniature.write_rows(folder / "train.jsonl", train)
    miniature.write_rows(folder / "test.jsonl", tests)
    miniature.save(folder, tuned, tokenizer)
    return tuned, tests


def make_recall(out, seed):
    (out / "recall").mkdir(exist_ok=True)
    tests = miniature.examples(RECALL, seeded(seed, "recall"))[1]
    miniature.write_rows(out / "recall/test.jsonl", tests)
    return tests


def described(name, kind, label, about):
    fields = {"id": name, "label": label, "about": about, "labels": kind.labels, "test": f"{name}/test.jsonl"}
    return fields | {"columns": kind.columns, "template": kind.template, "label_words": kind.words}


def manifest():
    own = lambda name: {"checkpoint": name, "train": f"{name}/train.jsonl"}
    tasks = [described(name, kind, *ABOUT[name]) | own(name) for name, kind in KINDS.items()]
    general = described("recall", RECALL, *RECALL_ABOUT)
    return {"note": NOTE, "base": "base", "tasks": tasks, "general": general, "recipe": recipe(KINDS, True)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "public/demo/text")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    miniature.start_logging()
    torch.set_num_threads(1)
    out, seed = arguments.out, arguments.seed
    base, tokenizer = make_base(out, seed)
    tests = {"recall": make_recall(out, seed)}
    miniature.logger.info("base: %s", {
        name: round(miniature.accuracy(base, tokenizer, kind, miniature.examples(kind, seeded(seed, name))[1]), 3)
        for name, kind in [*KINDS.items(), ("recall", RECALL)]
    })
    tuned = {}
    for name in KINDS:
        tuned[name], tests[name] = make_task(out, seed, name, base, tokenizer)
    measured = measure(base, tuned, tests, KINDS | {"recall": RECALL}, tokenizer)
    miniature.write_json(MEASURED, {"seed": seed, "tests": miniature.TEST} | measured)
    (out / "demo.json").write_text(json.dumps(manifest(), indent=2) + "\n")
    miniature.logger.info(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()
