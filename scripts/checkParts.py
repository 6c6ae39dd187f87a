#!/usr/bin/env python3
"""Checks that merged models of several parts load in the libraries they came from, with numpy's average in every part.

Usage: checkParts.py [--keep DIR] [PATTERN]     (minutes; builds the app when it has changed)

Makes small random embedders of sentence-transformers (an encoder in the model's folder or in one below it, pooling, a dense
layer; a router of two encoders) and pipelines of diffusers, a base and two fine-tunes of each; averages them by
`node scripts/headless.js`; compares every tensor of every file with the average in float64, and what has no weights with the
base's bytes; opens each merged folder by the Python in its model card, every warning an error; and compares what it puts out with
the output of the average made by the library. A fine-tune's autoencoder of another shape stays the base's. PATTERN picks cases by a
part of their names. Needs: pip install torch transformers sentence-transformers diffusers safetensors tokenizers numpy."""

import usage  # answers --help without the libraries below

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy
import torch
from diffusers import AutoencoderKL, DDIMScheduler, DDPMPipeline, DDPMScheduler, StableDiffusionPipeline, UNet2DConditionModel, UNet2DModel
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer, models
from transformers import BertConfig, BertModel, BertTokenizerFast, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

import folderModels
from suiteTexts import passage

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = ["base", "a", "b"]
LARGEST = 1e-5


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--keep", type=pathlib.Path, help="folder to work in, left as it is")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        results = [check(folder / name, *case) for name, case in CASES.items() if arguments.pattern in name]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    sys.exit(0 if results and all(results) else 1)


def check(folder, make, average, outputs, dtype="float32"):
    """Whether one merge of one kind is right; prints what was found."""
    try:
        torch.manual_seed(0)
        if not folder.exists():
            make(folder)
        merged, notes = merge(folder, dtype)
        count = files(folder, merged, dtype)
        if dtype != "float32":
            facts = f"{count} tensors"
        else:
            loaded = load(merged)
            ours, theirs = outputs(loaded), outputs(average(folder))
            worst = numpy.abs(ours - theirs).max() / numpy.abs(theirs).max()
            assert ours.shape == theirs.shape and worst <= LARGEST, f"outputs differ by {worst:.1e} of the largest"
            facts = f"{count} tensors, {ours.size} outputs within {worst:.0e} of the largest"
        apart = json.loads((folder / "apart.json").read_text()) if (folder / "apart.json").exists() else []
        for part in apart:
            assert any(f"the part {part}, which does not fit there" in note for note in notes), notes
    except Exception as error:  # whatever goes wrong is a finding, and the other cases go on
        print(f"FAILED {folder.name}: {type(error).__name__}: {error}", flush=True)
        return False
    print(f"passed {folder.name}: {facts}", flush=True)
    return True


def merge(folder, dtype):
    """The folder that the app saves, and its notes."""
    recipe, merged = folder / "recipe.yml", folder / "merged"
    merged_models = "".join(f"  - {{model: {name}}}\n" for name in NAMES[1:])
    recipe.write_text(f"merge_method: linear\nbase_model: base\nmodels:\n{merged_models}scope: all\nout_dtype: {dtype}\n")
    command = ["node", "scripts/headless.js", recipe, "--models", folder, "--out", merged]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return merged, json.loads(ended.stdout.splitlines()[-1])["notes"]


def weights(folder):
    """Tensors by folder and name, of safetensors and of PyTorch files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".safetensors", ".bin"} or "fp16" in path.name:
            continue
        tensors = load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)
        at = path.parent.relative_to(folder).as_posix()
        found |= {(at, name): tensor for name, tensor in tensors.items()}
    return found


def files(folder, merged, dtype):
    """Every tensor is the average, or the base's in a part of other shapes; files without weights are the base's."""
    base, out, *tuned = [weights(folder / name) for name in ("base", "merged", *NAMES[1:])]
    assert base.keys() == out.keys(), base.keys() ^ out.keys()
    # An encoder in the model's folder is the one below it.
    tuned = [{key: each.get(key, each.get((".", key[1]))) for key in base} for each in tuned]
    shapes = [{key[0] for key, tensor in each.items() if tensor.shape != base[key].shape} for each in tuned]
    apart = set().union(*shapes)
    tolerance = 1e-6 if dtype == "float32" else 2**-8
    for key, tensor in base.items():
        parts = [each[key] for each in tuned]
        kept = not tensor.is_floating_point() or key[0] in apart
        wanted = tensor.double() if kept else (parts[0].double() + parts[1].double()) / 2
        assert out[key].dtype == (getattr(torch, dtype) if tensor.is_floating_point() else tensor.dtype), key
        worst = (out[key].double() - wanted).abs().max().item()
        assert worst <= tolerance * max(1e-30, wanted.abs().max().item()), f"{key} differs by {worst}"
    for path in (folder / "base").rglob("*"):
        at = path.relative_to(folder / "base")
        if path.is_dir() or path.suffix in {".safetensors", ".bin"} or path.name in {"README.md", ".gitattributes"}:
            continue
        if path.name == "config.json" and re.search(r'dtype"', path.read_text()):
            assert re.search(rf'dtype": "{dtype}"', (merged / at).read_text()), f"{at} tells another dtype"
        elif not path.name.endswith("index.json") or path.name == "model_index.json":
            assert (merged / at).read_bytes() == path.read_bytes(), f"{at} is another"
    return len(base)


def load(merged):
    """What the card's lines of Python make, with no warning."""
    card = (merged / "README.md").read_text()
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1].replace("path/to/this/folder", str(merged))
    made = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(code, made)
    return made["model"]


def spread(module, scale):
    folderModels.spread(module, scale)


def tuned(module):
    """A base and two fine-tunes of it, each with its noise."""
    spread(module, 0.2)
    start = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    for name in NAMES:
        module.load_state_dict(start)
        if name != "base":
            spread(module, 0.05)
        yield name


def averaged(loaded):
    """The first of two modules with the mean of both."""
    one, two = loaded
    other = two.state_dict()
    mean = {
        name: ((tensor.double() + other[name].double()) / 2).to(tensor.dtype) if tensor.is_floating_point() else tensor
        for name, tensor in one.state_dict().items()
    }
    one.load_state_dict(mean)
    return one


# Embedders


def bert(folder, width=32):
    """A folder of transformers with an encoder and its tokenizer."""
    rng = random.Random(0)
    words = sorted({word for _ in range(200) for word in re.findall(r"[a-z]+", passage(rng).lower())})
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]) + "\n")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    sizes = {"hidden_size": width, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(words) + 5, max_position_embeddings=64, **sizes)).save_pretrained(folder)
    return models.Transformer(str(folder))


def embedder(folder):
    encoder = bert(folder / "encoder")
    model = SentenceTransformer(modules=[encoder, models.Pooling(32), models.Dense(32, 16), models.Normalize()], device="cpu")
    for name in tuned(model):
        model.save(str(folder / name), create_model_card=False)
    # As older versions saved it.
    dense = folder / "a/2_Dense"
    torch.save(load_file(dense / "model.safetensors"), dense / "pytorch_model.bin")
    (dense / "model.safetensors").unlink()


def nested(folder):
    """The encoder in a folder below, as older versions saved it; one fine-tune as newer ones do."""
    embedder(folder)
    for name in ("base", "a"):
        at = folder / name
        (at / "0_Transformer").mkdir()
        for path in at.iterdir():
            if path.is_file() and path.name not in {"modules.json", "config_sentence_transformers.json", "README.md"}:
                shutil.move(path, at / "0_Transformer" / path.name)
        modules = json.loads((at / "modules.json").read_text())
        modules[0]["path"] = "0_Transformer"
        (at / "modules.json").write_text(json.dumps(modules))


def averageEmbedder(folder):
    return averaged([SentenceTransformer(str(folder / name), device="cpu") for name in NAMES[1:]])


def embeddings(model):
    rng = random.Random(1)
    return model.encode([passage(rng) for _ in range(8)], show_progress_bar=False).astype(float)


# Pipelines


def textEncoder(folder):
    tokenizer = folderModels.Clip().processor(folder / "vocabulary", random.Random(0)).tokenizer
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 24}
    tokenizer.model_max_length = 24
    return CLIPTextModel(CLIPTextConfig(vocab_size=len(tokenizer), **sizes, **ends)), tokenizer


def autoencoder(channels=32):
    blocks = {"down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2}
    return AutoencoderKL(block_out_channels=[channels, channels], latent_channels=4, norm_num_groups=8, **blocks)


def painter(folder):
    encoder, tokenizer = textEncoder(folder)
    blocks = {"down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"]}
    unet = UNet2DConditionModel(
        sample_size=8, block_out_channels=[32, 64], layers_per_block=1, cross_attention_dim=32, attention_head_dim=4,
        norm_num_groups=8, **blocks,
    )
    parts = {"vae": autoencoder(), "text_encoder": encoder, "unet": unet}
    whole = torch.nn.ModuleDict(parts)
    rest = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    for name in tuned(whole):
        given = parts | ({"vae": autoencoder(16)} if name == "b" else {})
        pipeline = StableDiffusionPipeline(tokenizer=tokenizer, scheduler=DDIMScheduler(), **given, **rest)
        pipeline.save_pretrained(folder / name)
        if name == "base":
            pipeline.to(dtype=torch.float16).save_pretrained(folder / name, variant="fp16")
            pipeline.to(dtype=torch.float32)
    (folder / "apart.json").write_text('["vae"]')


def averagePainter(folder):
    base, one, two = [StableDiffusionPipeline.from_pretrained(folder / name) for name in NAMES]
    for part in ("text_encoder", "unet"):
        averaged([getattr(one, part), getattr(two, part)])
    one.vae = base.vae
    return one


def paint(pipeline):
    pipeline.set_progress_bar_config(disable=True)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    return pipeline("a small boat", num_inference_steps=2, latents=noise, output_type="np").images.astype(float)


def sampler(folder):
    unet = UNet2DModel(
        sample_size=8, block_out_channels=[32, 32], layers_per_block=1, norm_num_groups=8, attention_head_dim=8,
        down_block_types=["DownBlock2D", "AttnDownBlock2D"], up_block_types=["AttnUpBlock2D", "UpBlock2D"],
    )
    for name in tuned(unet):
        sharded = {"max_shard_size": "100KB"} if name == "a" else {}
        DDPMPipeline(unet, DDPMScheduler()).save_pretrained(folder / name, **sharded)


def averageSampler(folder):
    one, two = [DDPMPipeline.from_pretrained(folder / name) for name in NAMES[1:]]
    averaged([one.unet, two.unet])
    return one


def sample(pipeline):
    pipeline.set_progress_bar_config(disable=True)
    made = pipeline(num_inference_steps=2, generator=torch.Generator().manual_seed(0), output_type="np")
    return made.images.astype(float)


CASES = {
    "embedder": (embedder, averageEmbedder, embeddings),
    "nested embedder": (nested, averageEmbedder, embeddings),
    "painter": (painter, averagePainter, paint),
    "painter in bfloat16": (painter, averagePainter, paint, "bfloat16"),
    "sampler": (sampler, averageSampler, sample),
}

if __name__ == "__main__":
    main()
