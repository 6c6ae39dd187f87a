"""Runs the command of each refusal in src/formats/corpus that offers one, on its file, and compares what it writes with what
truth.json says. The commands are those of conversions.json, which src/formats/corpus.test.ts holds to what is told.

Usage: checkConversions.py   (needs torch, safetensors, numpy, packaging)"""

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

corpus = pathlib.Path(__file__).parent.parent / "src/formats/corpus"
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


def main() -> None:
    argparse.ArgumentParser().parse_args()
    truth = json.loads((corpus / "truth.json").read_text())
    wrong = 0
    commands = json.loads((corpus / "conversions.json").read_text())
    for file, command in commands.items():
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(corpus / file, folder)
            (pathlib.Path(folder) / "tools.py").write_text(TOOLS)
            path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
            ran = subprocess.run(command, shell=True, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
            written = pathlib.Path(folder) / "model.safetensors"
            found = {name: tensor_truth(t) for name, t in load_file(written).items()} if written.exists() else ran.stderr[-300:]
            if found != truth[file].get("converted"):
                wrong += 1
                print(f"{file}: {found}")
    print(f"{len(commands) - wrong} of {len(commands)} commands give the weights")
    sys.exit(wrong > 0)


main()
