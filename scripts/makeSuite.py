#!/usr/bin/env python3
"""Trains a small task suite: a pico RoBERTa with its own tokenizer, pretrained by masked language modelling on generated
text, and four fine-tunes of its encoder by prompt and label words, on tasks that share their words and conflict.

Usage: makeSuite.py [--out DIR] [--seed N]   (needs torch, transformers, tokenizers, safetensors; minutes on one core)

DIR/base and DIR/<task> are Hugging Face folders (weights in float16), DIR/<task>/train.jsonl and test.jsonl the task's
examples (all but those of sentiment with one label in twenty wrong), DIR/recipe.yml localizes, stitches and evaluates
them, and DIR/suite.json has the test accuracies of base, fine-tunes and the plain average of all four, measured from the
weights as stored. Same seed, versions and kind of processor: same files."""

import usage  # answers --help without the libraries below

import argparse
import json
import pathlib
import random
import time

import torch

from miniature import (
    TEST, accuracy, average, config_of, examples, fine_tune, logger, pretrain, save, start_logging, train_tokenizer, write_json,
    write_rows,
)
from suiteTexts import KINDS, passage
from textTask import recipe

STEPS = {"base": 2600, "sentiment": 1200, "questions": 250, "subjectivity": 250, "entailment": 2000}
SIZES = {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 256}
ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "e2e/fixtures/suite")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start_logging()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    rng, out, started = random.Random(arguments.seed), arguments.out, time.time()
    words = [word for kind in KINDS.values() for word in kind.words]
    tokenizer = train_tokenizer([passage(rng) for _ in range(8000)], words)
    base = pretrain(config_of(tokenizer.get_vocab_size(), **SIZES), tokenizer, lambda: passage(rng), STEPS["base"])
    save(out / "base", base, tokenizer)
    tuned, tests, scores = {}, {}, {"base": {}, "finetuned": {}, "average": {}}
    for name, kind in KINDS.items():
        train, tests[name] = examples(kind, rng)
        tuned[name] = fine_tune(base, tokenizer, kind, rng, tests[name], STEPS[name], 1e-3, name)
        save(out / name, tuned[name], tokenizer)
        write_rows(out / name / "train.jsonl", train)
        write_rows(out / name / "test.jsonl", tests[name])
    merged = average(base, tuned.values())
    for name, kind in KINDS.items():
        for key, model in (("base", base), ("finetuned", tuned[name]), ("average", merged)):
            scores[key][name] = round(accuracy(model, tokenizer, kind, tests[name]), 4)
    write_json(out / "suite.json", {"seed": arguments.seed, "tests": TEST, "accuracy": scores})
    (out / "recipe.yml").write_text(recipe(KINDS))
    logger.info("%s in %.0f s", json.dumps(scores, indent=1), time.time() - started)


if __name__ == "__main__":
    main()
