"""Values of the corpus's tensors, and what is true of them; imported by the scripts that write the corpus."""

import hashlib

import numpy
import torch

NAMES = {
    torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
    torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL", torch.complex64: "C64",
}  # fmt: skip
counter = 0


def values(*shape: int) -> torch.Tensor:
    """Numbers that no other call gives."""
    global counter
    count = int(numpy.prod(shape))
    counter += count
    return (torch.arange(counter - count, counter, dtype=torch.float32) / 8 - 20).reshape(shape)


def tensor_truth(tensor: torch.Tensor) -> list:
    plain = tensor.detach().contiguous().reshape(-1)
    return [NAMES[tensor.dtype], list(tensor.shape), hashlib.sha256(plain.view(torch.uint8).numpy().tobytes()).hexdigest()]
