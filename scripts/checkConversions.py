"""Runs the command of each refusal in src/formats/corpus and src/formats/writers that offers one, beside its files, and compares
what it writes with what truth.json says. The commands are those of conversions.json, which the tests of both hold to what is told.

Usage: checkConversions.py   (needs torch, safetensors, numpy, packaging, h5py)"""

import usage  # answers --help without the libraries below

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file

FOLDERS = [pathlib.Path(__file__).parent.parent / "src/formats" / name for name in ("corpus", "writers")]
DTYPES = {torch.float32: "F32", torch.int64: "I64"}
# What the files name beside torch.
TOOLS = """
import torch
def run(*args):
    return torch.zeros(2)
class Quantized(torch.Tensor):
    pass
"""


def tensor_truth(tensor: torch.Tensor) -> list:
    plain = tensor.contiguous().reshape(-1).view(torch.uint8)
    return [DTYPES[tensor.dtype], list(tensor.shape), hashlib.sha256(plain.numpy().tobytes()).hexdigest()]


def check(corpus: pathlib.Path) -> tuple[int, int]:
    """How many commands there are, and how many give something else."""
    truth = json.loads((corpus / "truth.json").read_text())
    wrong = 0
    commands = json.loads((corpus / "conversions.json").read_text())
    for name, command in commands.items():
        with tempfile.TemporaryDirectory() as folder:
            files = [corpus / name] if (corpus / name).is_file() else [file for file in (corpus / name).rglob("*") if file.is_file()]
            for file in files:
                shutil.copy(file, folder)
            (pathlib.Path(folder) / "tools.py").write_text(TOOLS)
            path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
            ran = subprocess.run(command, shell=True, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
            written = pathlib.Path(folder) / "model.safetensors"
            found = {name: tensor_truth(t) for name, t in load_file(written).items()} if written.exists() else ran.stderr[-300:]
            if found != truth[name].get("converted"):
                wrong += 1
                print(f"{name}: {found}")
    return len(commands), wrong


def main() -> None:
    argparse.ArgumentParser().parse_args()
    counts = [check(corpus) for corpus in FOLDERS]
    commands, wrong = (sum(each) for each in zip(*counts))
    print(f"{commands - wrong} of {commands} commands give the weights")
    sys.exit(wrong > 0)


main()
