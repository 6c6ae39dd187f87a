"""Writes src/formats/writers: folders and files as other programs than torch.save leave them, a folder for each case that is
dropped as it is. truth.json says what is to be opened, by checkpoint and tensor (dtype, shape and the SHA-256 of the elements
in row-major order, as Python has them), and parts of the sentences that tell of the rest.

Usage: corpusWriters.py   (needs torch, numpy, safetensors, h5py, keras, onnx, gguf, msgpack)"""

import usage  # answers --help without the libraries below

import argparse
import io
import json
import os
import pathlib
import pickle
import random
import shutil
import struct
import warnings
import zipfile

os.environ["KERAS_BACKEND"] = "torch"
import gguf
import h5py
import keras
import msgpack
import numpy
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import save as to_safetensors
from torch import nn

from corpusValues import tensor_truth, values

warnings.simplefilter("ignore")
folder = pathlib.Path(__file__).parent.parent / "src/formats/writers"
truth: dict[str, dict] = {}


def case(name: str, files: dict[str, bytes | str | dict], models: dict[str, dict] | None = None, told: tuple[str, ...] = (), converted: dict | None = None) -> None:
    """`files` by path in the folder; of a refusal that offers a command, `converted` is what that must give."""
    for path, content in files.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    opened = {key: {each: tensor_truth(tensor) for each, tensor in state.items()} for key, state in (models or {}).items()}
    truth[name] = {"models": opened, "told": list(told)}
    if converted is not None:
        truth[name]["converted"] = {each: tensor_truth(tensor) for each, tensor in converted.items()}


def torch_saved(value: object, **options: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def linear(stem: str, rows: int = 2, columns: int = 3) -> dict[str, torch.Tensor]:
    return {f"{stem}.weight": values(rows, columns), f"{stem}.bias": values(rows)}


def zip_of(entries: dict[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def adam_state() -> dict:
    layer = nn.Linear(2, 2)
    layer.weight.data, layer.bias.data = values(2, 2), values(2)
    adam = torch.optim.AdamW(layer.parameters())
    layer(values(1, 2)).sum().backward()
    adam.step()
    return adam.state_dict()


def hub_folders() -> None:
    block = {**linear("blocks.0.attn.qkv", 6, 2), **linear("head", 3, 2)}
    config = {"architecture": "vit_tiny_patch16_224", "num_classes": 3, "pretrained_cfg": {"tag": "augreg", "input_size": [3, 224, 224]}}
    case("timm", {"vit_tiny/config.json": config, "vit_tiny/model.safetensors": to_safetensors(block), "vit_tiny/pytorch_model.bin": torch_saved(block)}, {"vit_tiny": block})
    clip = {"visual.proj": values(3, 2), "transformer.resblocks.0.attn.in_proj_weight": values(6, 2), "logit_scale": values()}
    files = {"open_clip_config.json": {"model_cfg": {"embed_dim": 2}}, "open_clip_model.safetensors": to_safetensors(clip)}
    files |= {"open_clip_pytorch_model.bin": torch_saved(clip), "README.md": "---\nlibrary_name: open_clip\n---\n"}
    case("open-clip", {f"my-clip/{name}": content for name, content in files.items()}, {"my-clip": clip})
    unet = linear("down_blocks.0.attentions.0.proj_in")
    files = {"unet/config.json": {"_class_name": "UNet2DConditionModel"}, "unet/diffusion_pytorch_model.safetensors": to_safetensors(unet)}
    case("diffusers-part", files, {"unet": unet})
    extra = to_safetensors(linear("fc"), {"format": "pt"})
    size = struct.unpack("<Q", extra[:8])[0]
    header = json.loads(extra[8 : 8 + size])
    header["fc.weight"] |= {"strides": [3, 1], "note": "kept by another writer"}
    text = json.dumps(header).encode()
    start, end = header["fc.weight"]["data_offsets"]
    numbers = {name: torch.frombuffer(bytearray(extra[8 + size :][each["data_offsets"][0] : each["data_offsets"][1]]), dtype=torch.float32).reshape(each["shape"]) for name, each in header.items() if name != "__metadata__"}
    case("extra-keys", {"extra.safetensors": struct.pack("<Q", len(text)) + text + extra[8 + size :]}, {"extra": numbers})
    tokenizer = {"config.json": {"model_type": "bert"}, "tokenizer.json": {"version": "1.0"}, "vocab.txt": "[PAD]\n"}
    case("no-weights", {f"bert/{name}": content for name, content in tokenizer.items()}, told=("comes without weights",))


def training_folders() -> None:
    state = linear("classifier")
    trainer = {
        "config.json": {"model_type": "roberta"}, "model.safetensors": to_safetensors(state, {"format": "pt"}),
        "optimizer.pt": torch_saved(adam_state()), "scheduler.pt": torch_saved({"base_lrs": [5e-5], "last_epoch": 500}),
        "rng_state.pth": torch_saved({"python": random.getstate(), "cpu": torch.get_rng_state()[:16]}),
        "trainer_state.json": {"epoch": 1.0, "global_step": 500}, "training_args.bin": torch_saved({"lr": 1}),
        "merges.txt": "#version: 0.2\n", "vocab.json": {"<s>": 0},
    }  # fmt: skip
    case("trainer", {f"checkpoint-500/{name}": content for name, content in trainer.items()}, {"checkpoint-500": state})
    accelerate = {
        "model.safetensors": to_safetensors(state), "optimizer.bin": torch_saved(adam_state()), "scheduler.bin": torch_saved({"last_epoch": 1}),
        "sampler.bin": torch_saved({"epoch": 1}), "random_states_0.pkl": torch_saved({"step": 1, "torch_manual_seed": torch.zeros(2)}),
        "scaler.pt": torch_saved({"scale": 65536.0}), "custom_checkpoint_0.pkl": torch_saved({"last_epoch": 1}),
    }  # fmt: skip
    case("accelerate", {f"state/{name}": content for name, content in accelerate.items()}, {"state": state})
    lightning = {"state_dict": state, "epoch": 1, "global_step": 10, "pytorch-lightning_version": "2.4.0", "optimizer_states": [adam_state()]}
    files = {"checkpoints/epoch=1-step=10.ckpt": torch_saved(lightning), "hparams.yaml": "lr: 0.1\nmodel: roberta-base\n", "events.out.tfevents.1.host.1.0": b"\x18\x00\x00\x00"}
    case("lightning-run", {f"version_0/{name}": content for name, content in files.items()}, {"epoch=1-step=10": state})
    yolo = {"weights/best.pt": torch_saved({"model": state, "epoch": -1}), "args.yaml": "task: detect\nepochs: 3\n"}
    case("yolo-run", {f"train/{name}": content for name, content in yolo.items()}, {"best": state})
    mlflow = {
        "MLmodel": "artifact_path: model\nflavors:\n  pytorch:\n    model_data: data\n", "conda.yaml": "channels: [conda-forge]\n",
        "python_env.yaml": "python: 3.11\n", "requirements.txt": "torch\n", "data/model.pth": torch_saved(state), "data/pickle_module_info.txt": "mlflow.pytorch.pickle_module",
    }  # fmt: skip
    case("mlflow", {f"model/{name}": content for name, content in mlflow.items()}, {"data": state})
    case("optimizer-alone", {"optim_500.pt": torch_saved(adam_state())}, told=("holds the state of an optimiser, and no weights",))
    case("arguments-alone", {"training_args.bin": torch_saved({"lr": 1})}, told=("comes without weights",))
    case("index-alone", {"llm/model.safetensors.index.json": {"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}}, told=("names the shard model-00001-of-00002.safetensors, which is missing beside it",))
    case("shard-alone", {"llm/model-00001-of-00002.safetensors": to_safetensors(state)}, told=("is one shard of several",))
    half = to_safetensors(state)
    for ending in ("crdownload", "part", "incomplete", "download", "aria2"):
        name = f"model.safetensors.{ending}"
        case(f"unfinished-{ending}", {name: half[:90]}, told=(f"{name} is a download that has not finished",))
    vector = values(1, 4)
    embedding = {"string_to_token": {"*": 265}, "string_to_param": {"*": vector}, "name": "cat", "step": 500}
    case("textual-inversion", {"cat.pt": torch_saved(embedding)}, {"cat": {"string_to_param.*": vector}})


def keras_files() -> None:
    layer = keras.layers.Dense(2, name="dense")
    model = keras.Sequential([keras.layers.Input((3,)), layer])
    kernel, bias = values(3, 2), values(2)
    layer.set_weights([kernel.numpy(), bias.numpy()])
    at = folder / "keras-files"
    at.mkdir(parents=True)
    saved = {}
    for name in ("net.keras", "net.weights.h5", "net.h5"):
        (model.save_weights if name.endswith(".weights.h5") else model.save)(at / name)
        saved[name] = (at / name).read_bytes()
    shutil.rmtree(at)
    within = lambda stem: {f"{stem}layers/dense/vars/0": kernel, f"{stem}layers/dense/vars/1": bias}
    case("keras-archive", {"net.keras": saved["net.keras"]}, told=("is a Keras archive",), converted=within(""))
    case("keras-weights", {"net.weights.h5": saved["net.weights.h5"]}, told=("is an HDF5 file of Keras",), converted=within(""))
    old = {"model_weights/dense/sequential/dense/kernel": kernel, "model_weights/dense/sequential/dense/bias": bias}
    case("keras-h5", {"net.h5": saved["net.h5"]}, told=("is an HDF5 file of Keras",), converted=old)
    case("keras-as-ckpt", {"net.ckpt": saved["net.h5"]}, told=("is an HDF5 file of Keras",), converted=old)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("bert/encoder/kernel:0", data=kernel.numpy())
    case("transformers-h5", {"bert/config.json": {"model_type": "bert"}, "bert/tf_model.h5": buffer.getvalue()}, told=("is an HDF5 file of Keras", ), converted={"bert/encoder/kernel:0": kernel})


def other_libraries() -> None:
    table = b"\x00\x00\x06\x08\x01\x1a\x02\x08\x01\x00\x01a" + bytes(60)
    files = {"model.ckpt-10.index": table, "model.ckpt-10.data-00000-of-00001": values(8).numpy().tobytes(), "model.ckpt-10.meta": b"\x0a\x05graph", "checkpoint": 'model_checkpoint_path: "model.ckpt-10"\n'}
    case("tf-checkpoint", {f"run/{name}": content for name, content in files.items()}, told=("is part of a TensorFlow checkpoint",))
    files = {"saved_model.pb": b"\x08\x01\x12\x04", "variables/variables.index": table, "variables/variables.data-00000-of-00001": values(8).numpy().tobytes(), "fingerprint.pb": b"\x08\x01", "keras_metadata.pb": b"\x0a\x01"}
    case("saved-model", {f"export/{name}": content for name, content in files.items()}, told=("is a SavedModel of TensorFlow",))
    packed = msgpack.packb({"params": {"dense": {"kernel": msgpack.ExtType(1, msgpack.packb([[2], "float32", values(2).numpy().tobytes()]))}}})
    case("flax", {"bert/config.json": {"model_type": "bert"}, "bert/flax_model.msgpack": packed}, told=("is a Flax checkpoint",))
    writer = gguf.GGUFWriter(str(folder / "q.gguf"), "llama")
    writer.add_tensor("token_embd.weight", values(2, 32).numpy())
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file(), writer.close()
    case("gguf", {"model.Q8_0.gguf": (folder / "q.gguf").read_bytes()}, told=("is a GGUF file",))
    (folder / "q.gguf").unlink()
    graph = onnx.helper.make_graph([onnx.helper.make_node("MatMul", ["x", "w"], ["y"])], "net", [onnx.helper.make_tensor_value_info("x", 1, [1, 2])], [onnx.helper.make_tensor_value_info("y", 1, [1, 2])], [numpy_helper.from_array(values(2, 2).numpy(), "w")])
    exported = onnx.helper.make_model(graph).SerializeToString()
    case("onnx", {"bert/model.onnx": exported, "bert/config.json": {"model_type": "bert"}}, told=("is an ONNX graph",))
    case("onnx-as-bin", {"weights.bin": exported}, told=("is an ONNX graph",))
    arrays = io.BytesIO()
    first, second = values(2, 2), values(3)
    numpy.savez(arrays, **{"encoder/w": first.numpy(), "b": second.numpy()})
    case("numpy-archive", {"params.npz": arrays.getvalue()}, told=("is a NumPy archive",), converted={"encoder/w": first, "b": second})
    one = io.BytesIO()
    numpy.save(one, first.numpy())
    case("numpy-array", {"w.npy": one.getvalue()}, told=("is one array of NumPy",))
    tensor = b"\x08\x06\x12\x07Float32\x1a\x10" + bytes(16)
    parameter = b"\x0a\x0cconv1.weight\x12" + bytes([len(tensor)]) + tensor
    case("mindspore", {"lenet-1_1875.ckpt": b"\x0a" + bytes([len(parameter)]) + parameter, "lenet-graph.meta": b"\x0a\x04"}, told=("is a MindSpore checkpoint",))
    paddle = {"linear.weight": first.numpy(), "linear.bias": second.numpy(), "StructuredToParameterName@@": {"linear.weight": "linear_0.w_0"}}
    case("paddle", {"model_state.pdparams": pickle.dumps(paddle, protocol=4)}, told=("is a Python pickle that torch.save did not write",), converted={"linear.weight": first, "linear.bias": second})
    policy = {**linear("action_net"), **linear("value_net", 1)}
    sb3 = {"data": "{}", "pytorch_variables.pth": torch_saved({"d": 1}), "policy.pth": torch_saved(policy), "policy.optimizer.pth": torch_saved(adam_state()), "_stable_baselines3_version": "2.3.0", "system_info.txt": "- OS: Linux"}
    case("sb3", {"ppo_cartpole.zip": zip_of(sb3)}, told=("is an agent of Stable-Baselines3",))
    mar = {"model.pth": torch_saved(policy), "handler.py": "", "MAR-INF/MANIFEST.json": "{}"}
    case("torchserve", {"densenet.mar": zip_of(mar)}, told=("is a zip archive that holds model.pth",))
    openvino = {"openvino_model.xml": '<?xml version="1.0"?>\n<net name="bert" version="11"></net>', "openvino_model.bin": values(16).numpy().tobytes(), "config.json": {"model_type": "bert"}}
    case("openvino", {f"bert/{name}": content for name, content in openvino.items()}, told=("is an OpenVINO model",))
    ml = {"Manifest.json": {"fileFormatVersion": "1.0.0"}, "Data/com.apple.CoreML/model.mlmodel": b"\x08\x07", "Data/com.apple.CoreML/weights/weight.bin": bytes(8) + values(8).numpy().tobytes()}
    case("core-ml", {f"net.mlpackage/{name}": content for name, content in ml.items()}, told=("is a Core ML model",))
    darknet = struct.pack("<iiiq", 0, 2, 5, 32013312) + values(16).numpy().tobytes()
    case("darknet", {"yolov4.weights": darknet, "yolov4.cfg": "[net]\nbatch=64\n"}, told=("is of a Darknet model (YOLO)",))
    fast_text = struct.pack("<iiii", 793712314, 12, 100, 5) + values(16).numpy().tobytes()
    case("fast-text", {"cc.en.300.bin": fast_text}, told=("holds word vectors",))
    case("word2vec", {"vectors.bin": b"3 2\nthe " + values(2).numpy().tobytes() + b"\nof " + values(2).numpy().tobytes() + b"\n"}, told=("holds word vectors",))
    engine = b"ftrt" + bytes(range(120, 200))
    case("tensorrt", {"model.engine": engine}, told=("is a TensorRT engine",))
    lite = b"\x1c\x00\x00\x00TFL3" + bytes(60)
    case("tflite", {"net.tflite": lite}, told=("is a TensorFlow graph",))
    orbax = {"_METADATA": '{"tree_metadata": {}}', "_sharding": "{}", "manifest.ocdbt": b"\x0c\xdb\x1b\x5e" + bytes(20), "d/abcdef0123456789": bytes(range(60)), "ocdbt.process_0/manifest.ocdbt": b"\x0c\xdb\x1b\x5e" + bytes(20)}
    case("orbax", {f"checkpoint_10/{name}": content for name, content in orbax.items()}, told=("is a checkpoint of Orbax",))


def adapters() -> None:
    low, high = values(2, 4), values(4, 2)
    kohya = {"lora_unet_down_blocks_0_attn_to_q.lora_down.weight": low, "lora_unet_down_blocks_0_attn_to_q.lora_up.weight": high, "lora_unet_down_blocks_0_attn_to_q.alpha": values()}
    case("kohya", {"style.safetensors": to_safetensors(kohya, {"ss_network_dim": "2"})}, {"style": kohya})
    stem = "base_model.model.model.layers.0.self_attn.q_proj"
    peft = {f"{stem}.lora_A.weight": low, f"{stem}.lora_B.weight": high}
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "base_model_name_or_path": "org/base", "target_modules": ["q_proj"]}
    case("peft", {"my-lora/adapter_config.json": config, "my-lora/adapter_model.safetensors": to_safetensors(peft)}, {"my-lora": peft})


def quantized() -> None:
    codes = torch.arange(16, dtype=torch.uint8).reshape(2, 8)
    layer = "model.layers.0.mlp.up_proj"
    packed = torch.tensor([[1, 2], [3, 4]], dtype=torch.int32).view(torch.uint32)
    mlx = {f"{layer}.weight": packed, f"{layer}.scales": values(2, 1).half(), f"{layer}.biases": values(2, 1).half()}
    case("mlx-4bit", {"llm/config.json": {"model_type": "llama", "quantization": {"group_size": 64, "bits": 4}}, "llm/model.safetensors": to_safetensors(mlx, {"format": "mlx"})}, told=("is quantized (MLX)",))
    quanto = {f"{layer}.weight._data": codes, f"{layer}.weight._scale": values(2, 1)}
    case("quanto", {"llm/model.safetensors": to_safetensors(quanto)}, told=("is quantized (quanto)",))
    hqq = {f"{layer}.W_q": codes, f"{layer}.scale": values(2, 1), f"{layer}.zero": values(2, 1)}
    case("hqq", {"llm/model.safetensors": to_safetensors(hqq)}, told=("is quantized (HQQ)",))
    aqlm = {f"{layer}.codes": codes, f"{layer}.codebooks": values(1, 4, 1, 2), f"{layer}.scales": values(2, 1, 1, 1)}
    case("aqlm", {"llm/model.safetensors": to_safetensors(aqlm)}, told=("is quantized (AQLM)",))


def main() -> None:
    argparse.ArgumentParser().parse_args()
    if folder.exists():
        kept = folder / "conversions.json"
        text = kept.read_text() if kept.exists() else None
        shutil.rmtree(folder)
        folder.mkdir(parents=True)
        if text is not None:
            kept.write_text(text)
    folder.mkdir(parents=True, exist_ok=True)
    for write in (hub_folders, training_folders, keras_files, other_libraries, adapters, quantized):
        write()
    (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(truth)} cases")


main()
