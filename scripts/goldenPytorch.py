"""Writes src/formats/pytorch/goldens: files of torch.save in all the forms that are read, and what PyTorch itself reads from
them as safetensors, in row-major order.

Usage: goldenPytorch.py   (needs torch 2.13, safetensors, numpy, packaging)"""

import usage  # answers --help without the libraries below

import argparse
import enum
import json
import sys
import warnings
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from pretend import pretend

warnings.simplefilter("ignore")
goldens = Path(__file__).parent.parent / "src/formats/pytorch/goldens"
random = torch.Generator().manual_seed(0)


def values(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=random)


def all_kinds() -> dict[str, torch.Tensor]:
    tied = values(5, 4)
    whole = values(6, 10)
    return {
        "plain.weight": values(3, 4),
        "transposed": values(7, 5).t(),
        "permuted": values(3, 2, 5).permute(2, 0, 1),
        "channels_last": values(4, 3, 2, 2).to(memory_format=torch.channels_last),
        "rows": whole[2:4],
        "columns": whole[:, 3:7],
        "every_third": values(20)[1::3],
        "tied.a": tied,
        "tied.b": tied,
        "tied.transposed": tied.t(),
        "one_by": values(9).as_strided((1, 9), (77, 1)),
        "f16": values(5, 3).half().t(),
        "bf16": values(4, 4).bfloat16(),
        "f64": values(3, 5).double().t(),
        "i64": torch.arange(-3, 9).view(3, 4).t(),
        "i32": torch.arange(5, dtype=torch.int32),
        "i16": torch.arange(6, dtype=torch.int16).view(2, 3).t(),
        "i8": torch.arange(-2, 3, dtype=torch.int8),
        "u8": torch.arange(12, dtype=torch.uint8).view(3, 4).t(),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(0, 3),
        "parameter": nn.Parameter(values(2, 3)),
        "buffer": nn.Buffer(values(3)),
        "naïve 名": values(2),
    }


def newer_kinds() -> dict[str, torch.Tensor]:
    """Dtypes without a storage class of their own."""
    return {
        "f8": values(6).to(torch.float8_e4m3fn),
        "f8_rows": values(4, 3).to(torch.float8_e5m2)[1:3],
        "u16": torch.arange(5).to(torch.uint16),
        "u32": torch.arange(6).to(torch.uint32).view(2, 3).t(),
    }


class InterpolationMode(enum.Enum):
    BICUBIC = "bicubic"


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms


def convert_to_rgb(image):
    return image


class QuickGELU(nn.Module):
    pass


class CLIP(nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = nn.Sequential(nn.Linear(4, 3, bias=False), QuickGELU(), nn.LayerNorm(3), nn.BatchNorm1d(3))
        self.token_embedding = nn.Embedding(5, 4)
        self.text_projection = nn.Parameter(values(4, 3).t())
        self.logit_scale = nn.Parameter(torch.tensor(4.6))
        self.register_buffer("attn_mask", values(2, 2), persistent=False)
        self.register_parameter("absent", None)
        self.dtype = torch.float32


class ImageEncoder(nn.Module):
    """As the encoders that vision task vectors are published as: the model, its preprocessing and arguments."""

    def __init__(self):
        super().__init__()
        self.model = CLIP()
        self.head = self.model.token_embedding
        self.train_preprocess = Compose([InterpolationMode.BICUBIC, convert_to_rgb])
        self.args = argparse.Namespace(lr=1e-5, model="ViT-B-32")
        self.cache_dir = Path("cache")


class Scale(nn.Module):
    """Of no module of torch, whose source the legacy form would copy into the file."""

    def __init__(self, inner=None):
        super().__init__()
        self.weight = nn.Parameter(values(3, 2).t())
        self.inner = inner


pretend("open_clip.model", CLIP=CLIP, QuickGELU=QuickGELU)
pretend("open_clip.transform", _convert_to_rgb=convert_to_rgb)
sys.modules["open_clip.transform"]._convert_to_rgb.__name__ = "_convert_to_rgb"
pretend("torchvision.transforms.functional", InterpolationMode=InterpolationMode)
pretend("torchvision.transforms.transforms", Compose=Compose)
pretend("src.modeling", ImageEncoder=ImageEncoder, Scale=Scale)


def state_of(module: nn.Module) -> dict[str, torch.Tensor]:
    return dict(module.state_dict())


def main() -> None:
    argparse.ArgumentParser().parse_args()
    goldens.mkdir(parents=True, exist_ok=True)
    expected: dict[str, torch.Tensor] = {}

    def write(file: str, saved: object, state: dict[str, torch.Tensor], **options: object) -> None:
        torch.save(saved, goldens / file, **options)
        for name, tensor in state.items():
            expected[f"{file}/{name}"] = tensor.detach().clone(memory_format=torch.contiguous_format)

    kinds = all_kinds()
    write("zip.bin", kinds, kinds)
    write("protocol4.pt", kinds, kinds, pickle_protocol=4)
    write("legacy.bin", kinds, kinds, _use_new_zipfile_serialization=False)
    newer = newer_kinds()
    write("newer.pt", newer, newer)

    linear = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(linear.parameters())
    linear(values(4, 3)).sum().backward()
    optimizer.step()
    nested = {
        "epoch": 3,
        "state_dict": linear.state_dict(),
        "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(lr=0.1),
    }
    write("nested.pth", nested, state_of(linear))

    encoder = ImageEncoder()
    write("module.pt", encoder, state_of(encoder))
    scale = Scale(Scale())
    write("legacyModule.pt", scale, state_of(scale), _use_new_zipfile_serialization=False)

    scripted = torch.jit.script(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))
    torch.jit.save(scripted, str(goldens / "script.pt"))
    expected.update({f"script.pt/{name}": t.detach().clone() for name, t in scripted.state_dict().items()})

    storage = values(1200)
    many = {f"layers.{i}.weight": storage[i : i + 2] for i in range(1100)}
    write("many.bin", many, {f"layers.{i}.weight": many[f"layers.{i}.weight"] for i in (0, 500, 1099)})

    shards = {
        "pytorch_model-00001-of-00002.bin": {"a.weight": values(2, 3).t(), "a.bias": values(2)},
        "pytorch_model-00002-of-00002.bin": {"b.weight": values(4)},
    }
    for file, state in shards.items():
        write(file, state, state)
    weight_map = {name: file for file, state in shards.items() for name in state}
    index = {"metadata": {"total_size": 48}, "weight_map": weight_map}
    (goldens / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")

    save_file(expected, goldens / "expected.safetensors")


main()
