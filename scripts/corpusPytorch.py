"""Writes src/formats/corpus: files as PyTorch and those who train with it write them, from 0.1 to today, and what looks
like one and is none. truth.json says what each holds: models, and of their tensors dtype, shape and the SHA-256 of the
elements in row-major order, as Python has them; or a part of the sentence by which it is refused.

Usage: corpusPytorch.py   (needs torch, numpy, packaging)"""

import usage  # answers --help without the libraries below

import argparse
import collections
import copyreg
import datetime
import enum
import functools
import io
import json
import pathlib
import pickle
import shutil
import struct
import tarfile
import tempfile
import warnings
import zipfile

import numpy
import torch
from torch import nn
from torch.distributed._shard import sharded_tensor

from corpusValues import tensor_truth, values
from pretend import pretend

warnings.simplefilter("ignore")
folder = pathlib.Path(__file__).parent.parent / "src/formats/corpus"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 123456789\n"
truth: dict[str, dict] = {}


def model(state: dict[str, torch.Tensor], part: str | None = None, notes: list[str] | None = None) -> dict:
    told = {"tensors": {name: tensor_truth(tensor) for name, tensor in state.items()}}
    if part is not None:
        told["part"] = part
    if notes is not None:
        told["notes"] = notes
    return told


def save(file: str, saved: object, *models: dict, refusal: str | None = None, **options: object) -> None:
    """Of a refusal that offers a command, `models` are what the command must give."""
    torch.save(saved, folder / file, **options)
    truth[file] = {"models": list(models)} if refusal is None else {"refusal": refusal}
    if refusal is not None and models:
        truth[file]["converted"] = models[0]["tensors"]


def raw(file: str, content: bytes, refusal: str) -> None:
    (folder / file).write_bytes(content)
    truth[file] = {"refusal": refusal}


LEGACY = {"_use_new_zipfile_serialization": False}


class Reduced:
    """Pickles as a call: what Python would make of it is made elsewhere."""

    def __init__(self, *reduction: object):
        self.reduction = reduction

    def __reduce__(self):
        return self.reduction


def linear(rows: int = 2, columns: int = 3) -> nn.Linear:
    layer = nn.Linear(columns, rows)
    layer.weight.data, layer.bias.data = values(rows, columns), values(rows)
    return layer


def prefixed(prefix: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


def old_forms() -> None:
    """Parameters and variables as PyTorch up to 0.4.1 pickled them."""
    parameter = lambda tensor: Reduced(nn.Parameter, (tensor, True))
    older = lambda tensor: Reduced(nn.Parameter, (tensor,), (True, False, collections.OrderedDict()))
    variable = lambda tensor: Reduced(torch.autograd.Variable, (tensor,), (False, True, None))
    for version, form in {"0.4": parameter, "0.3": older}.items():
        weight, bias = values(2, 2), values(2)
        save(f"torch{version}-dict.pt", {"w": form(weight), "b": bias}, model({"w": weight, "b": bias}), **LEGACY)
        layer, norm = linear(), nn.BatchNorm1d(2)
        state = {**prefixed("0.", layer.state_dict()), **prefixed("1.", norm.state_dict())}
        state = {name: tensor.clone() for name, tensor in state.items()}
        for each in (layer, norm):
            each.__dict__["_parameters"] = {name: form(value.data) for name, value in each._parameters.items()}
        whole = nn.Sequential()
        whole.__dict__["_modules"] = {"0": layer, "1": norm}
        save(f"torch{version}-module.pt", {"epoch": 1, "model": whole}, model(state), **LEGACY)
    weight = values(3)
    save("torch0.3-variable.pth", {"w": variable(weight)}, model({"w": weight}), **LEGACY)
    weight = values(4, 2).t()
    save("torch0.3-protocol1.pth", {"w": older(weight)}, model({"w": weight}), pickle_protocol=1, **LEGACY)
    made = nn.Parameter(values(3))
    made.tag = "kept by its state"
    save("parameter-with-state.pt", {"w": made}, model({"w": made}))


def scripts() -> None:
    class Scripted(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = linear()

        def forward(self, x):
            return self.fc(x)

    Scripted.__module__, Scripted.__qualname__ = "__main__", "Scripted"
    net = Scripted()
    for file, made in {
        "script-main.pt": torch.jit.script(net),
        "trace-main.pt": torch.jit.trace(net, torch.zeros(1, 3)),
        "script-package.pt": torch.jit.script(nn.Sequential(linear(), nn.BatchNorm1d(2))),
    }.items():
        made.save(str(folder / file))
        truth[file] = {"models": [model(made.state_dict())]}


def keys() -> None:
    x, prototype, other = values(2), values(2), values(3)
    tree = {"encoder": {"x": x}, "prototypes": {0: prototype, 7: other, "note": "text"}}
    state = {"encoder.x": x, "prototypes.0": prototype, "prototypes.7": other}
    save("int-keys.pt", tree, model(state, notes=["Left out of int-keys.pt: prototypes.note."]))
    save("int-keys-legacy.pt", tree, model(state), **LEGACY)
    save("int-keys-only.pt", {0: x, 1: other}, model({"0": x, "1": other}))
    pairs = {("a", 1): x, ("a", 2): other, None: values(1), 0.5: prototype}
    save("tuple-keys.pt", {"heads": pairs}, model({"heads.a.1": x, "heads.a.2": other, "heads.0.5": prototype}))
    save("key-twice.pt", {0: x, "0": other}, refusal='holds two tensors "0"')
    save("tensor-lists.pt", {"anchors": [x, other], "w": prototype}, model({"anchors.0": x, "anchors.1": other, "w": prototype}))
    save("parameter-list.pt", [x, other], model({"0": x, "1": other}))


def several() -> None:
    first, second = linear().state_dict(), linear().state_dict()
    optimizer = torch.optim.Adam(linear().parameters())
    with_state = linear()
    adam = torch.optim.Adam(with_state.parameters())
    with_state(values(1, 3)).sum().backward()
    adam.step()
    save("adam.pt", adam.state_dict(), refusal="holds the state of an optimiser, and no weights")
    save("list-of-states.pt", [first, second], model(first, "0"), model(second, "1"))
    save("tuple-of-state-and-optimizer.pt", (3, first, adam.state_dict()), model(first))
    save("states-in-list.pt", {"models": 2, "model": [first, second]}, model(first, "0"), model(second, "1"))
    for key in (
        "state_dict model_state_dict model_state model module net network net_state_dict weights params params_ema "
        "policy_state_dict generator g_ema ema_state_dict model_ema ema"
    ).split():
        saved = {"epoch": 3, key: first, "optimizer": adam.state_dict(), "opt": adam.state_dict()}
        notes = [f"Of in-{key}.pth, what lies under “{key}” was read.", f"Left out of in-{key}.pth: epoch, optimizer, opt."]
        save(f"in-{key}.pth", saved, model(first, notes=notes))
    save("basicsr.pth", {"params": first, "params_ema": second}, model(first), model(second, "params_ema"))
    stylegan = {"g": first, "d": second, "g_ema": first, "g_optim": adam.state_dict(), "d_optim": optimizer.state_dict(), "args": argparse.Namespace(lr=1)}
    save("stylegan.pt", stylegan, model(first, "g_ema"), model(first, "g"), model(second, "d"))
    save("gan.pth", {"generator": first, "discriminator": second}, model(first, "generator"), model(second, "discriminator"))
    save("timm.pth.tar", {"state_dict": first, "state_dict_ema": second, "arch": "vit", "metric": 71.5}, model(first), model(second, "state_dict_ema"))
    save("rl.pt", {"policy_state_dict": first, "value_state_dict": second, "steps": 10}, model(first, "policy_state_dict"), model(second, "value_state_dict"))
    save("nested.ckpt", {"model": {"state_dict": first, "version": 2}}, model(first))


class Mode(enum.Enum):
    BICUBIC = "bicubic"


class Config:
    def __init__(self, **given):
        self.__dict__.update(given)


def foreign() -> None:
    state = linear().state_dict()
    net = linear()
    sgd = torch.optim.SGD(net.parameters(), momentum=0.9)
    net(values(1, 3)).sum().backward()
    sgd.step()
    beside = {
        "optimizer": sgd,
        "scheduler": torch.optim.lr_scheduler.StepLR(sgd, 1),
        "loss": nn.CrossEntropyLoss(weight=values(2)),
        "torch": torch.__version__,
        "activation": torch.tanh,
        "ids": range(5),
        "partial": functools.partial(torch.relu_),
        "mode": Mode.BICUBIC,
        "config": Config(lr=0.1),
        "when": datetime.datetime(2024, 1, 2),
        "path": pathlib.PurePosixPath("runs"),
        "recent": collections.deque([1, 2]),
        "lambda": sum,
    }
    save("beside-foreign.pt", {"state_dict": state, **beside}, model(state))
    save("beside-foreign-legacy.pt", {"state_dict": state, **beside}, model(state), **LEGACY)
    flat = {**state, "config": Config(lr=0.1), "ids": range(5), "version": torch.__version__}
    notes = [
        "Left out of among-foreign.pt: config, ids, version.",
        "Named in among-foreign.pt and never touched: tools.Config, torch.torch_version.TorchVersion.",
    ]
    save("among-foreign.pt", flat, model(state, notes=notes))
    save("enum-of-python-3.11.pt", {"state_dict": state, "mode": Reduced(getattr, (Mode, "BICUBIC"))}, model(state))
    learner = Config(model=linear(), opt=sgd, loss_func=nn.MSELoss())
    save("learner.pkl", learner, model(learner.model.state_dict()))


def run(*args):
    return torch.zeros(2)


class Quantized(torch.Tensor):
    pass


def running() -> None:
    """What code would have to make."""
    good = values(2)
    would = "which would have to run to give tensors"
    save("made-by-function.pt", {"a": good, "w": Reduced(run, (3,))}, model({"a": good, "w": torch.zeros(2)}), refusal=f"makes “w” by tools.run, at byte ")
    save("made-by-torch.pt", {"a": good, "w": Reduced(torch.zeros, (2,))}, model({"a": good, "w": torch.zeros(2)}), refusal="makes “w” by torch._C._VariableFunctionsClass.zeros")
    save("state-made-by-function.pt", {"epoch": 1, "state_dict": Reduced(run, (good,))}, model({"state_dict": torch.zeros(2)}), refusal="makes “state_dict” by tools.run")
    dense = torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    save("sparse.pt", {"state_dict": {"a": good, "w": dense.to_sparse()}}, model({"a": good, "w": dense}), refusal="makes “w” by torch._utils._rebuild_sparse_tensor")
    graph = torch.fx.symbolic_trace(nn.Sequential(linear()))
    save("graph-module.pt", graph, model(dict(graph.state_dict())), refusal=f"by torch.fx.graph_module.reduce_graph_module")
    save("subclass.pt", {"w": good.as_subclass(Quantized)}, model({"w": good}), refusal="holds “w” as an object of tools.Quantized")
    save("meta.pt", {"w": torch.empty(2, device="meta")}, refusal="holds “w” without values, on PyTorch's meta device")
    arrays = {"w": numpy.arange(3, dtype=numpy.float32)}
    save("numpy-in-torch.pt", arrays, model({"w": torch.arange(3, dtype=torch.float32)}), refusal="It holds NumPy arrays")
    save("one-tensor.pt", values(2, 3), refusal="its pickle is a tensor [2, 3]. Give it a name")
    save("numbers.pt", {"epoch": 3, "best": 0.5}, refusal="holds no tensors by name: its pickle is a dict of 2")
    (folder / "arrays.pkl").write_bytes(pickle.dumps({"w": numpy.arange(3, dtype=numpy.float32)}, protocol=4))
    truth["arrays.pkl"] = {
        "refusal": "is a Python pickle that torch.save did not write: it begins with a dict of 1",
        "converted": model({"w": torch.arange(3, dtype=torch.float32)})["tensors"],
    }
    (folder / "tensors.pkl").write_bytes(pickle.dumps({"w": good}, protocol=2))
    truth["tensors.pkl"] = {"refusal": "torch.save did not write", "converted": model({"w": good})["tensors"]}
    raw("protocol0.pkl", pickle.dumps({"a": 1}, protocol=0), "is a Python pickle that torch.save did not write")
    overlap = values(4).as_strided((3, 2), (1, 1))
    save("windows.pt", {"model": {"w": overlap}}, model({"w": overlap}), refusal="whose elements overlap in the file")


def commands() -> None:
    import os

    good = values(2)
    told = "by which a pickle can run any command when Python loads it"
    for name, reduction in {
        "os": (os.system, ("true",)),
        "eval": (eval, ("1",)),
        "exec": (exec, ("1",)),
        "getattr": (getattr, ("x", "upper")),
        "torch-load": (torch.load, ("x.pt",)),
        "runpy": (__import__("runpy").run_path, ("x.py",)),
    }.items():
        save(f"command-{name}.pt", {"state_dict": {"w": good}, "x": Reduced(*reduction)}, refusal=told)


def strided() -> None:
    row, one, cell = values(3), values(2, 1, 2), values(1)
    kinds = {
        "rows": row.expand(4, 3),
        "middle": one.expand(2, 3, 2),
        "constant": cell.expand(2, 2),
        "plain": row,
        "turned": row.expand(4, 3).t(),
        "complex": torch.complex(values(2), values(2)),
    }
    save("expanded.pt", kinds, model(kinds))
    save("expanded-legacy.pt", kinds, model(kinds), **LEGACY)
    save("expanded-huge.pt", {"w": row.expand(2**28, 3)}, refusal="over the cap of 1073741824")


class DetectionModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(linear())
        self.register_buffer("stride", values(3))


def writers() -> None:
    """As training libraries write."""
    state = linear().state_dict()
    net = linear()
    adam = torch.optim.AdamW(net.parameters())
    net(values(1, 3)).sum().backward()
    adam.step()
    lightning = {
        "epoch": 1, "global_step": 20, "pytorch-lightning_version": "2.4.0",
        "state_dict": prefixed("model.", state), "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {},
        "optimizer_states": [adam.state_dict()], "lr_schedulers": [{"last_epoch": 1}],
        "hparams_name": "kwargs", "hyper_parameters": {"lr": 0.1},
    }  # fmt: skip
    save("lightning.ckpt", lightning, model(prefixed("model.", state)))
    save("fastai.pth", {"model": state, "opt": adam.state_dict()}, model(state))
    save("open_clip.pt", {"epoch": 3, "name": "run", "state_dict": prefixed("module.", state), "optimizer": adam.state_dict()}, model(prefixed("module.", state)))
    save("compiled.pt", prefixed("_orig_mod.", state), model(prefixed("_orig_mod.", state)))
    parallel = nn.DataParallel(linear())
    save("data-parallel.pth", parallel, model(dict(parallel.state_dict())))
    detection = DetectionModel()
    yolo = {"epoch": -1, "model": detection, "ema": None, "optimizer": None, "train_args": {"lr": 1}, "date": "2024-01-02", "version": "8.3"}
    save("yolo.pt", yolo, model(dict(detection.state_dict())))
    save("detectron.pth", {"model": state, "optimizer": adam.state_dict(), "scheduler": {"last_epoch": 1}, "iteration": 9}, model(state))
    save("dino.pth", {"student": prefixed("module.", state), "epoch": 1, "args": argparse.Namespace(lr=1)}, model(prefixed("student.module.", state)))
    deepspeed = {"module": state, "buffer_names": [], "optimizer": None, "param_shapes": None, "mp_world_size": 1, "dp_world_size": 4, "ds_version": "0.15"}
    (folder / "deepspeed").mkdir()
    save("deepspeed/mp_rank_00_model_states.pt", deepspeed, model(state))
    empty = {"module": {name: torch.empty(0) for name in state}, "mp_world_size": 1}
    save("deepspeed-zero3.pt", empty, refusal="holds 2 tensors, all without elements")
    save("deepspeed-rank.pt", {"module": state, "mp_world_size": 2}, refusal="the weights of one process of 2")
    megatron = lambda size: {"args": argparse.Namespace(tensor_model_parallel_size=size), "checkpoint_version": 3.0, "iteration": 5, "model": {"language_model": {"embedding": state}}, "rng_state": [{"random_rng_state": 1}]}
    save("megatron.pt", megatron(1), model(prefixed("language_model.embedding.", state)))
    save("megatron-rank.pt", megatron(4), refusal="the weights of one process of 4")
    half = {"w": values(2, 2).half(), "b": values(2).bfloat16(), "i": torch.arange(3), "m": torch.tensor([True, False])}
    save("half-protocol4.pt", half, model(half), pickle_protocol=4)
    extra = {**prefixed("layer.", state), "layer._extra_state": io.BytesIO(b"state")}
    save("extra-state.pt", extra, model(prefixed("layer.", state), notes=["Left out of extra-state.pt: layer._extra_state.", "Named in extra-state.pt and never touched: _io.BytesIO."]))


def zip_of(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def others() -> None:
    """Of other programs, or of none."""
    buffer = io.BytesIO()
    torch.save(linear().state_dict(), buffer)
    agent = {"data": b"{}", "policy.pth": buffer.getvalue(), "policy.optimizer.pth": buffer.getvalue(), "_stable_baselines3_version": b"2.3.0"}
    raw("agent.zip", zip_of(**agent), "is an agent of Stable-Baselines3: a zip that holds policy.pth, policy.optimizer.pth. Unpack it first, then open policy.pth.")
    raw("models.zip", zip_of(**{"run/a.pt": buffer.getvalue(), "run/notes.txt": b"x"}), "is a zip archive that holds run/a.pt. Unpack it first")
    raw("exported.pt2", zip_of(archive_format=b"pt2", **{"models/model.json": b"{}"}), "is a program of torch.export")
    tensor = b"\x08\x06\x12\x07Float32\x1a\x10" + bytes(16)
    parameter = b"\x0a\x0cconv1.weight\x12" + bytes([len(tensor)]) + tensor
    raw("mindspore.ckpt", b"\x0a" + bytes([len(parameter)]) + parameter, "is a MindSpore checkpoint")
    raw("model.ckpt.index", b"\x00\x00\x06\x08\x01\x1a\x02\x08\x01\x00\x01a" + bytes(60), "is part of a TensorFlow checkpoint")
    raw("tf2.bin", b"\x00\x00\x06\x08\x01\x1a\x02\x08\x01\x00\x01a" + bytes(60), "is part of a TensorFlow checkpoint")
    raw("net.bin", b"\x08\x07\x12\x07pytorch\x1a\x032.0:" + bytes(40), "is an ONNX graph")
    raw("llama.bin", b"GGUF\x03\x00\x00\x00" + bytes(40), "is a GGUF file")
    raw("ggml.bin", struct.pack("<I", 0x67676A74) + bytes(40), "is a GGUF file")
    raw("pointer.pth", LFS.encode(), "is a Git LFS pointer")
    raw("page.ckpt", b"<!DOCTYPE html>\n<html><head>", "is a web page")
    raw("denied.pt", b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>', "is a web page")
    raw("missing.bin", b"Entry not found", "holds text in place of weights")
    raw("error.pt", b'{"error": "Repository not found"}', "holds text in place of weights")
    raw("empty.pt", b"", "is empty")
    raw("zeros.pth", bytes(700), "begins with nothing but zeros")
    raw("flax.bin", b"\x82\xa4step\x01\xa6params\x80", "is a Flax checkpoint")
    raw("array.bin", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}", "is one array of NumPy")
    raw("unknown.ckpt", bytes(range(150, 250)), "is of no kind that Stitchwork knows")
    raw("seven.bin", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40), "is a compressed archive")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo("model_weights.ckpt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    raw("archive.pth.tar", packed.getvalue()[:1024], "is a tar archive")


def ranks() -> None:
    """Of one process, or of the only one."""
    layer = "language_model.encoder.layers.0.self_attention"

    def megatron(split: int) -> dict:
        return {
            "language_model.embedding.word_embeddings.weight": values(12 // split, 4),
            f"{layer}.query_key_value.weight": values(12 // split, 4),
            f"{layer}.dense.weight": values(4, 4 // split),
            "language_model.encoder.final_layernorm.weight": values(4),
        }  # fmt: skip

    command = "python tools/checkpoint/convert.py --model-type GPT"
    share = "is a part of a distributed checkpoint: of each layer it holds one process’s share of 2. "
    account = "is a part of a distributed checkpoint: it holds, by its own account, the weights of one process of {}. "
    alone = "mp_rank_00/model_optim_rng.pt"
    for parent in ("whole", "whole-silent", "half", "middle"):
        (folder / parent / "mp_rank_00").mkdir(parents=True)
    whole = megatron(1)
    sizes = argparse.Namespace(tensor_model_parallel_size=1, pipeline_model_parallel_size=1)
    told = lambda parent, skipped: [f"Of {parent}/{alone}, what lies under “model” was read.", f"Left out of {parent}/{alone}: {skipped}."]
    only = f"whole/{alone} is, by its own account, the only part of its checkpoint, and holds the whole."
    save(f"whole/{alone}", {"args": sizes, "model": whole}, model(whole, notes=[*told("whole", "args"), only]))
    silent = f"whole-silent/{alone} does not say how many parts its checkpoint has. It was read as the whole: its layers are not split, and the first and the last are there."
    save(f"whole-silent/{alone}", {"iteration": 3, "model": whole}, model(whole, notes=[*told("whole-silent", "iteration"), silent]))
    save(f"half/{alone}", {"iteration": 3, "model": megatron(2)}, refusal=f"{share}Make one of it with Megatron-LM, then open the .pt file that it saves: {command}")
    middle = {f"{layer}.dense.weight": values(4, 4)}
    save(f"middle/{alone}", {"model": middle}, refusal=f"nothing in it says that it is the only one, and it does not look whole. Make one of it with Megatron-LM, then open the .pt file that it saves: {command}")
    save("model_optim_rng.pt", {"args": {"pipeline_model_parallel_size": 3}, "model": whole}, refusal=account.format(3) + "Make one of it with Megatron-LM")
    save("old-args.pt", {"args": argparse.Namespace(model_parallel_size=8), "model": whole}, refusal=account.format(8) + "Make one of it with Megatron-LM")
    save("neox-rank.pt", {"module": whole, "mp_world_size": 4}, refusal=account.format(4) + "Make one of it with the program that trained it")
    meta = lambda split: {"tok_embeddings.weight": values(6, 4 // split), "layers.0.attention.wo.weight": values(4, 4 // split), "norm.weight": values(4)}
    (folder / "llama").mkdir()
    save("llama/consolidated.00.pth", meta(2), refusal=f"{share}Take the model in Hugging Face’s form, or make that with transformers 4")
    whole = meta(1)
    save("consolidated.00.pth", whole, model(whole))
    heads = {"model.layers.0.attention.wo.weight": values(5, 4), "transformer.h.0.attn.dense.weight": values(4, 2)}
    save("narrow-heads.pt", heads, model(heads))


def sharded() -> None:
    """As FSDP leaves a model where its full state_dict was not asked for."""
    save_whole = "Save the whole where it was trained, on every process: state = torch.distributed.checkpoint.state_dict.get_model_state_dict("
    flat = {"_fsdp_wrapped_module._flat_param": values(8), "_fsdp_wrapped_module.1._fsdp_wrapped_module._flat_param": values(6)}
    save("flat.pt", flat, refusal=f"holds flat parameters of FSDP, in which the weights of several layers lie in one row without their names: _fsdp_wrapped_module._flat_param and _fsdp_wrapped_module.1._fsdp_wrapped_module._flat_param. {save_whole}")
    save("flat-fairscale.pt", {"model": {"flat_param_0": values(8)}}, refusal="one row without their names: flat_param_0. ")
    with tempfile.NamedTemporaryFile() as meeting:
        torch.distributed.init_process_group("gloo", init_method=f"file://{meeting.name}", rank=0, world_size=1)
        part = sharded_tensor.Shard.from_tensor_and_offsets(values(8), [0], 0)
        state = {"_flat_param": sharded_tensor.init_from_local_shards([part], 8)}
        save("local-state.pt", state, refusal="holds “_flat_param” as a torch.distributed._shard.sharded_tensor.api.ShardedTensor, a part of a tensor that several processes share, at byte ")
        torch.distributed.destroy_process_group()


def arrays() -> None:
    """Weights as arrays of NumPy, in dicts in dicts."""
    first, second = values(2, 3), values(3)
    moments = {"exp_avg": {"w": values(2).numpy()}}
    nested = {"epoch": 1, "model": {"encoder": {"w": first.numpy()}, "b": second.numpy()}, "optimizer": moments}
    whole = model({"encoder.w": first, "b": second})
    save("numpy-nested.pt", nested, whole, refusal="It holds NumPy arrays")
    save("numpy-protocol5.pt", nested, whole, refusal="It holds NumPy arrays", pickle_protocol=5)
    layers = {"layer1": {"w": first.numpy()}, "layer2": {"w": second.numpy()}}
    save("numpy-layers.pt", layers, model({"layer1.w": first, "layer2.w": second}), refusal="It holds NumPy arrays")
    (folder / "numpy-protocol5.pkl").write_bytes(pickle.dumps(layers, protocol=5))
    truth["numpy-protocol5.pkl"] = {"refusal": "torch.save did not write", "converted": model({"layer1.w": first, "layer2.w": second})["tensors"]}
    save("numpy-list.pt", [layers], refusal="Save the model's state_dict() with torch.save")


def main() -> None:
    argparse.ArgumentParser().parse_args()
    for old in folder.glob("*"):
        if old.is_dir():
            shutil.rmtree(old)
        elif old.name != "conversions.json":
            old.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    pretend("tools", Mode=Mode, Config=Config, run=run, Quantized=Quantized)
    pretend("ultralytics.nn.tasks", DetectionModel=DetectionModel)
    for write in (old_forms, scripts, keys, several, foreign, running, commands, strided, writers, others, ranks, sharded, arrays):
        write()
    (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(truth)} files")


main()
