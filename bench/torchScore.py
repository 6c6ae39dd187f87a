#!/usr/bin/env python3
"""How many of the text demo's test examples torch tells in a second, on one thread of the CPU.

Usage: torchScore.py FOLDER   (the demo's folder; needs torch, transformers and tokenizers)

The logits at the mask alone, texts in order of length, by the fastest of some batch sizes.
Prints {"peer", "textsPerSecond"}.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
import usage  # answers --help without the libraries below

import argparse
import json
import time

import torch
from tokenizers import Tokenizer
from transformers import RobertaConfig, RobertaForMaskedLM

BATCHES = [16, 32, 64, 128, 256]
ROUNDS = 3


def examples(folder):
    """Token ids of every test example in its prompt, and the place of the mask."""
    tokenizer = Tokenizer.from_file(str(folder / "base/tokenizer.json"))
    mask = tokenizer.token_to_id("<mask>")
    found = []
    for task in json.loads((folder / "demo.json").read_text())["tasks"]:
        for line in (folder / task["test"]).read_text().splitlines():
            row = json.loads(line)
            text = task["template"].replace("{mask}", "<mask>")
            for key, column in task["columns"].items():
                text = text.replace("{" + key + "}", str(row[column]))
            ids = tokenizer.encode(text).ids
            found.append((ids, ids.index(mask)))
    return sorted(found, key=lambda each: len(each[0]))


def score(model, all_examples, size):
    for start in range(0, len(all_examples), size):
        batch = all_examples[start : start + size]
        longest = max(len(ids) for ids, _ in batch)
        tokens = torch.ones(len(batch), longest, dtype=torch.long)
        for row, (ids, _) in enumerate(batch):
            tokens[row, : len(ids)] = torch.tensor(ids)
        hidden = model.roberta(tokens, attention_mask=(tokens != 1).long()).last_hidden_state
        model.lm_head(hidden[torch.arange(len(batch)), torch.tensor([at for _, at in batch])])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    config = RobertaConfig.from_dict(json.loads((folder / "base/config.json").read_text()))
    model = RobertaForMaskedLM(config).eval()
    all_examples = examples(folder)
    fastest = 0.0
    with torch.inference_mode():
        score(model, all_examples, BATCHES[1])
        for size in BATCHES * ROUNDS:
            begun = time.perf_counter()
            score(model, all_examples, size)
            fastest = max(fastest, len(all_examples) / (time.perf_counter() - begun))
    print(json.dumps({"peer": f"torch {torch.__version__}", "textsPerSecond": fastest}))


main()
