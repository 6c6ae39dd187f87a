#!/usr/bin/env python3
"""Checks merges of LoRA adapters, and the adapters made of merges, against PEFT.

Usage: checkAdapters.py [--keep DIR]     (a minute; builds the app when it has changed)

Makes a small Llama and a small GPT-2 with two adapters each, of ranks 4 and 2; merges them by `node scripts/headless.js` and
compares with PEFT's add_weighted_adapter and merge_and_unload: one adapter alone; task arithmetic with `cat`; one
adapter weighed with `linear` (which adds the A and the B of several apart, and not their products); TIES, whole, with
`ties_svd` at full rank; DARE weight by weight, as its draws differ: each is one of those that PEFT could have drawn. Then
the merge as an adapter again (--lora), opened by PEFT: at full rank against the merge, at rank 2 against `svd`.
Largest difference allowed, relative to the largest weight: 1e-6; 1e-5 after a decomposition.
Needs: pip install torch transformers peft safetensors."""

import usage  # answers --help without the libraries below

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

ROOT = pathlib.Path(__file__).resolve().parent.parent
WEIGHTS = [0.6, 0.4]
DENSITY = 0.5


def llama():
    sizes = dict(vocab_size=40, hidden_size=24, intermediate_size=40, num_hidden_layers=2)
    heads = dict(num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=False)
    return LlamaForCausalLM(LlamaConfig(**sizes, **heads))


def gpt2():
    ends = dict(bos_token_id=0, eos_token_id=0)
    return GPT2LMHeadModel(GPT2Config(vocab_size=40, n_positions=8, n_embd=24, n_layer=2, n_head=2, **ends))


KINDS = {
    "llama": (llama, ["q_proj", "v_proj", "up_proj"], False),
    "gpt2": (gpt2, ["c_attn", "c_proj"], True),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=pathlib.Path, help="folder to work in, left as it is")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        results = [result for name, kind in KINDS.items() for result in check(folder / name, name, *kind)]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    sys.exit(0 if results and all(results) else 1)


def check(folder, name, make, targets, turned):
    models = folder / "models"
    torch.manual_seed(1)
    base = make()
    base.save_pretrained(models / "base")
    for adapter, rank in [("a", 4), ("b", 2)]:
        tuned = get_peft_model(make(), LoraConfig(r=rank, lora_alpha=6, target_modules=targets, fan_in_fan_out=turned))
        with torch.no_grad():
            for key, value in tuned.named_parameters():
                if "lora_" in key:
                    value.copy_(0.2 * torch.randn_like(value))
        tuned.save_pretrained(models / adapter)

    def both():
        model = PeftModel.from_pretrained(make_base(models), models / "a", adapter_name="a")
        model.load_adapter(models / "b", adapter_name="b")
        return model

    def combined(kind, weights, **options):
        model = both()
        model.add_weighted_adapter(["a", "b"][: len(weights)], weights, "made", combination_type=kind, **options)
        model.set_adapter("made")
        return model.merge_and_unload(adapter_names=["made"]).state_dict()

    own = base.state_dict()
    deltas = []
    for adapter in ["a", "b"]:
        merged = PeftModel.from_pretrained(make_base(models), models / adapter).merge_and_unload().state_dict()
        deltas.append({key: merged[key] - own[key] for key in own})
    yield report(name, "one adapter", headless(folder, "task_arithmetic", [("a", {"weight": 1})]), added(own, deltas[0]))
    sum_recipe = [("a", {"weight": WEIGHTS[0]}), ("b", {"weight": WEIGHTS[1]})]
    merged = headless(folder, "task_arithmetic", sum_recipe, "--lora", "6")
    yield report(name, "task arithmetic, cat", merged, combined("cat", WEIGHTS))
    made = PeftModel.from_pretrained(make_base(models), folder / "merged/lora").merge_and_unload().state_dict()
    yield report(name, "as an adapter of rank 6", made, merged, 1e-5)
    headless(folder, "task_arithmetic", sum_recipe, "--lora", "2")
    made = PeftModel.from_pretrained(make_base(models), folder / "merged/lora").merge_and_unload().state_dict()
    yield report(name, "as an adapter of rank 2, svd", made, combined("svd", WEIGHTS, svd_rank=2), 1e-5)
    ties = [(each, {"weight": 1, "density": DENSITY}) for each in ["a", "b"]]
    found = headless(folder, "ties", ties, parameters={"normalize": True})
    yield report(name, "TIES, ties_svd", found, combined("ties_svd", [1, 1], density=DENSITY, svd_rank=24), 1e-5)
    dare = [(each, {"weight": weight, "density": DENSITY}) for each, weight in zip(["a", "b"], WEIGHTS)]
    found = headless(folder, "dare_linear", dare, form=None)
    yield drawn(name, found, own, deltas)
    found = headless(folder, "task_arithmetic", [("a", {"weight": WEIGHTS[0]})])
    yield report(name, "one adapter weighed, linear", found, combined("linear", WEIGHTS[:1]))


def make_base(models):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(models / "base")


def added(own, delta):
    return {key: own[key] + delta[key] for key in own}


def headless(folder, method, models, *arguments, parameters=None, form="mergekit"):
    """The merged tensors; JSON is YAML."""
    recipe = {"merge_method": method, "base_model": "base", "dtype": "float32"}
    recipe |= {"compat": form} if form else {"scope": "all", "out_dtype": "float32"}
    recipe["models"] = [{"model": name, "parameters": values} for name, values in models]
    if parameters:
        recipe["parameters"] = parameters
    path = folder / "recipe.yml"
    path.write_text(json.dumps(recipe))
    out = folder / "merged"
    shutil.rmtree(out, ignore_errors=True)
    command = ["node", ROOT / "scripts/headless.js", path, "--models", folder / "models", "--out", out, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    notes = json.loads(done.stdout.strip().splitlines()[-1])["notes"]
    assert any("a is a LoRA adapter (PEFT, rank 4)" in note for note in notes), notes
    return load_file(out / "model.safetensors")


def report(kind, what, found, right, most=1e-6):
    keys = [key for key in found if key in right]
    size = max(float(right[key].abs().max()) for key in keys)
    off = max(float((found[key] - right[key]).abs().max()) for key in keys) / size
    whole = set(right) - set(found) <= {"lm_head.weight"} and keys
    print(f"{kind}: {what}: off by {off:.2g} of the largest weight{'' if whole else ', TENSORS ARE MISSING'}")
    return bool(off <= most and whole)


def drawn(kind, found, own, deltas):
    """Whether each change is a sum of kept, rescaled changes, and about the right share of them is kept."""
    kept = total = 0
    for key in found:
        one, two = (weight * delta[key] / DENSITY for weight, delta in zip(WEIGHTS, deltas))
        change = found[key] - own[key]
        away = torch.stack([(change - each).abs() for each in (0 * one, one, two, one + two)]).min(0).values
        if float(away.max()) > 1e-6:
            print(f"{kind}: DARE: a change of {key} is no draw, by {float(away.max()):.2g}")
            return False
        moved = (one != 0) & (two != 0)
        kept += int((moved & ((change - one).abs() < 1e-7)).sum() + (moved & ((change - one - two).abs() < 1e-7)).sum())
        total += int(moved.sum())
    print(f"{kind}: DARE: {kept / total:.3f} of the first adapter's changes kept, density {DENSITY}")
    return abs(kept / total - DENSITY) < 0.05


if __name__ == "__main__":
    main()
