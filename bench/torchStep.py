"""Time of a localization step (scaled) and of a fine-tuning step (AdamW) in torch on the CPU.

Usage: torchStep.py '{"layers": 4, "hidden": 128, "inner": 512, "heads": 4, "vocabulary": 2000, "batch": 16,
"tokens": 32}'   (needs torch and transformers)

Prints {"torch", "threads": {"1": {"localize", "fineTune"}, "2": …}}, medians in seconds.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
import usage  # answers --help without the libraries below

import argparse
import json
import statistics
import time

import torch
from torch.func import functional_call
from transformers import RobertaConfig, RobertaForMaskedLM

WORDS = [7, 11]
RATE, PENALTY = 2.0, 0.1
STEPS, WARM_UP = 12, 3


def build(shape):
    config = RobertaConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["hidden"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["inner"],
        max_position_embeddings=shape["tokens"] + 2,
        type_vocab_size=1,
    )
    model = RobertaForMaskedLM(config).eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model


class Prompted(torch.nn.Module):
    """Logits of the label words at the first position."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        hidden = self.model.roberta(ids).last_hidden_state[:, 0]
        head = self.model.lm_head
        rows = head.layer_norm(torch.nn.functional.gelu(head.dense(hidden)))
        return rows @ head.decoder.weight[WORDS].T + head.bias[WORDS]


def timed(step):
    times = []
    for _ in range(STEPS + WARM_UP):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return statistics.median(times[WARM_UP:])


def measure(shape):
    torch.manual_seed(0)
    prompted = Prompted(build(shape))
    ids = torch.randint(3, shape["vocabulary"], (shape["batch"], shape["tokens"]))
    labels = torch.randint(0, 2, (shape["batch"],))
    base = {n: p.clone() for n, p in prompted.named_parameters() if ".layer." in n}
    tau = {n: torch.randn_like(p) * 0.01 for n, p in base.items()}
    logits = {n: torch.zeros_like(p, requires_grad=True) for n, p in base.items()}

    def localize():
        weights = {n: base[n] + torch.sigmoid(logits[n]) * tau[n] for n in base}
        loss = torch.nn.functional.cross_entropy(functional_call(prompted, weights, (ids,)), labels)
        size = sum(torch.sigmoid(s).sum() for s in logits.values())
        gradients = torch.autograd.grad(loss + PENALTY * 1e-6 * size, list(logits.values()))
        with torch.no_grad():
            for s, g in zip(logits.values(), gradients):
                s.sub_(RATE * g)

    localizing = timed(localize)
    trained = [p.requires_grad_(True) for n, p in prompted.named_parameters() if n in base]
    adam = torch.optim.AdamW(trained, lr=1e-3)

    def fine_tune():
        adam.zero_grad()
        torch.nn.functional.cross_entropy(prompted(ids), labels).backward()
        adam.step()

    return {"localize": localizing, "fineTune": timed(fine_tune)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shape", type=json.loads)
    shape = parser.parse_args().shape
    threads = {}
    for count in (1, 2):
        torch.set_num_threads(count)
        threads[str(count)] = measure(shape)
    print(json.dumps({"torch": torch.__version__, "threads": threads}))


if __name__ == "__main__":
    main()
