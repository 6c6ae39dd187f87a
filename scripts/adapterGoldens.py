"""Small adapters by PEFT, each with its base and what PEFT makes of the two: src/library/goldens/adapters.

python scripts/adapterGoldens.py    (torch, transformers, peft, safetensors)
"""

import usage  # answers --help without the libraries below

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

ROOT = Path(__file__).parent.parent / "src/library/goldens/adapters"


def llama(tied=False):
    sizes = dict(vocab_size=24, hidden_size=8, intermediate_size=12, num_hidden_layers=2)
    heads = dict(num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=tied)
    return LlamaForCausalLM(LlamaConfig(**sizes, **heads))


def tied_llama():
    return llama(tied=True)


def gpt2():
    return GPT2LMHeadModel(GPT2Config(vocab_size=24, n_positions=8, n_embd=8, n_layer=1, n_head=2))


class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3)
        self.one = nn.Conv2d(6, 4, 1)
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        return self.head(self.one(self.conv(x)).mean((2, 3)))


CASES = {
    "plain": (llama, dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])),
    "rslora": (llama, dict(r=4, lora_alpha=8, use_rslora=True, target_modules=["q_proj", "down_proj"])),
    "patterns": (
        llama,
        dict(
            r=4,
            lora_alpha=8,
            rank_pattern={"v_proj": 2},
            alpha_pattern={"layers.1.self_attn.v_proj": 3, r"^model\.layers\.0\.mlp\.up_proj": 5},
            target_modules=["q_proj", "v_proj", "up_proj"],
            modules_to_save=["lm_head"],
        ),
    ),
    "dora": (llama, dict(r=2, lora_alpha=4, use_dora=True, target_modules=["q_proj", "up_proj"])),
    "gpt2": (gpt2, dict(r=2, lora_alpha=6, fan_in_fan_out=True, target_modules=["c_attn", "c_proj", "wte"])),
    "gpt2Dora": (gpt2, dict(r=2, lora_alpha=6, use_dora=True, fan_in_fan_out=True, target_modules=["c_attn", "mlp.c_proj"])),
    "pictures": (Pictures, dict(r=2, lora_alpha=3, bias="all", target_modules=["conv", "one", "head"])),
    "tiedHead": (tied_llama, dict(r=3, lora_alpha=5, target_modules=["lm_head", "q_proj"])),
    "loraBias": (Pictures, dict(r=2, lora_alpha=3, lora_bias=True, target_modules=["head"])),
}


def write(name, make, settings):
    torch.manual_seed(len(name))
    model = make()
    own = {key: value.clone() for key, value in model.state_dict().items()}
    tuned = get_peft_model(model, LoraConfig(**settings))
    with torch.no_grad():
        for key, value in tuned.named_parameters():
            if "lora_" in key or "modules_to_save" in key or (value.requires_grad and key.endswith("bias")):
                value.add_(0.3 * torch.randn_like(value))
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tuned.save_pretrained(folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "org/base"
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "README.md").unlink(missing_ok=True)
    merged = tuned.merge_and_unload().state_dict()
    tied = {"lm_head.weight"} if make in (gpt2, tied_llama) else set()
    keep = lambda state: {key: value.contiguous().clone() for key, value in state.items() if key not in tied}
    save_file(keep(own), folder / "base.safetensors")
    save_file(keep(merged), folder / "merged.safetensors")


for name, (make, settings) in CASES.items():
    write(name, make, settings)


def write_dialects(name, alpha):
    """The same adapter as kohya's scripts and as diffusers, new and old, name it: one file each in the folder `name`."""
    folder = ROOT / name
    own = load_file(folder / "adapter_model.safetensors")
    names = {key.removeprefix("base_model.model.").rsplit(".", 2)[0] for key in own}
    side = {"lora_A": "down", "lora_B": "up"}
    kohya, diffusers, old = {}, {}, {}
    for module in names:
        flat = "lora_te_" + module.replace(".", "_")
        kohya[f"{flat}.alpha"] = torch.tensor(float(alpha))
        for part, word in side.items():
            value = own[f"base_model.model.{module}.{part}.weight"]
            kohya[f"{flat}.lora_{word}.weight"] = value
            # diffusers' own files have no alpha, or alpha = rank: the scale goes into `up`.
            scaled = value * (alpha / 4) if word == "up" else value
            diffusers[f"text_encoder.{module}.{part}.weight"] = scaled
            old[f"text_encoder.{module}.lora_linear_layer.{word}.weight"] = scaled
    save_file(kohya, folder / "kohya.safetensors")
    save_file(diffusers, folder / "diffusers.safetensors")
    save_file(old, folder / "diffusersOld.safetensors")


write_dialects("plain", 8)
