#!/usr/bin/env python3
"""Writes src/data/goldens/archives/: small image sets in the forms in which the paper's eight are published, and truth.json.

Usage: archiveGoldens.py [--check]   (needs numpy, scipy and Pillow)

truth.json: {name: {files: [...], parts: {split: [[end of path, class, SHA-256 of the RGB bytes], ...]}}}, with the pixels that
Pillow, scipy and numpy read back from the files written, in the order of path and class.
"""

import usage  # answers --help without the libraries below

import gzip
import hashlib
import io
import json
import pathlib
import tarfile
import zipfile

import numpy as np
import scipy.io
from PIL import Image

import goldenFiles

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "data" / "goldens" / "archives"


def picture(seed, size=(6, 5)):
    width, height = size
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def encoded(rgb, kind="PNG"):
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, kind)
    return out.getvalue()


def digest(rgb):
    return hashlib.sha256(np.ascontiguousarray(rgb).tobytes()).hexdigest()


def read_back(data):
    return digest(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def tar(path, files, form=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    path.write_bytes(out.getvalue() if path.suffix == ".tar" else gzip.compress(out.getvalue(), mtime=0))


def mat(**variables):
    out = io.BytesIO()
    scipy.io.savemat(out, variables, do_compression=True)
    return b"MATLAB 5.0 MAT-file".ljust(116) + out.getvalue()[116:]  # its header has the time


def packed_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)


def rows(files, listed, class_of):
    return sorted([name, class_of(name), read_back(files[name])] for name in listed)


def dtd(folder):
    files, lists = {}, {"train1": [], "val1": [], "test1": [], "train2": [], "val2": [], "test2": []}
    for number, kind in enumerate(["banded", "polka-dotted"]):
        for i in range(3):
            files[f"dtd/images/{kind}/{kind}_{i:04}.png"] = encoded(picture(10 * number + i))
            for partition in (1, 2):
                split = ["train", "val", "test"][(i + partition - 1) % 3]
                lists[f"{split}{partition}"].append(f"{kind}/{kind}_{i:04}.png")
    notes = {f"dtd/labels/{name}.txt": "".join(f"{line}\n" for line in lines).encode() for name, lines in lists.items()}
    notes["dtd/labels/labels_joint_anno.txt"] = b"".join(
        f"{kind}/{kind}_{i:04}.png {kind} \n".encode() for kind in ["banded", "polka-dotted"] for i in range(3)
    )
    tar(folder / "dtd-r1.0.1.tar.gz", {**files, **notes, "dtd/imdb/imdb.txt": b"x"})
    parts = {
        name: rows(files, [f"dtd/images/{line}" for line in lists[own]], lambda path: path.split("/")[2])
        for name, own in [("train", "train1"), ("validation", "val1"), ("test", "test1")]
    }
    return ["dtd-r1.0.1.tar.gz"], parts


def sun397(folder):
    names = ["a/abbey", "b/bazaar/indoor"]
    files = {f"SUN397/{name}/sun_{i}.png": encoded(picture(100 + 10 * n + i)) for n, name in enumerate(names) for i in range(3)}
    train = [f"{name}/sun_{i}.png" for name in names for i in (0, 2)]
    test = [f"{name}/sun_1.png" for name in names]
    tar(folder / "SUN397.tar.gz", {**files, "SUN397/README.txt": b"x"}, form=tarfile.PAX_FORMAT)
    packed_zip(
        folder / "Partitions.zip",
        {
            "ClassName.txt": "".join(f"/{name}\n" for name in names).encode(),
            "Training_01.txt": "\n".join(f"/{line}" for line in train).encode(),
            "Testing_01.txt": "\n".join(f"/{line}" for line in test).encode(),
            "Training_02.txt": "\n".join(f"/{line}" for line in test).encode(),
        },
    )
    of = lambda path: "/".join(path.split("/")[1:-1])
    parts = {
        "train": rows(files, [f"SUN397/{line}" for line in train], of),
        "test": rows(files, [f"SUN397/{line}" for line in test], of),
    }
    return ["SUN397.tar.gz", "Partitions.zip"], parts


def resisc45(folder):
    files = {f"NWPU-RESISC45/{kind}/{kind}_{i:03}.png": encoded(picture(200 + 7 * n + i)) for n, kind in enumerate(["airplane", "beach"]) for i in (1, 2)}
    tar(folder / "resisc45.tar", files, tarfile.USTAR_FORMAT)
    for split, i in (("train", 1), ("test", 2)):
        (folder / f"resisc45-{split}.txt").write_text("".join(f"{kind}_{i:03}.png\n" for kind in ["airplane", "beach"]))
    parts = {
        split: rows(files, [name for name in files if name.endswith(f"_{i:03}.png")], lambda path: path.split("/")[1])
        for split, i in (("train", 1), ("test", 2))
    }
    return ["resisc45.tar", "resisc45-train.txt", "resisc45-test.txt"], parts


def eurosat(folder):
    files = {f"2750/{kind}/{kind}_{i}.png": encoded(picture(300 + 5 * n + i)) for n, kind in enumerate(["Forest", "SeaLake"]) for i in (1, 2)}
    packed_zip(folder / "EuroSAT.zip", files)
    return ["EuroSAT.zip"], {"": rows(files, list(files), lambda path: path.split("/")[1])}


def cars(folder):
    names = ["AM General Hummer SUV 2000", "Audi TTS Coupe 2012", "smart fortwo Convertible 2012"]
    classes = {"train": [2, 3, 1], "test": [1, 2]}
    cells = np.empty((1, len(names)), dtype=object)
    for i, name in enumerate(names):
        cells[0, i] = name
    files, devkit, parts = {}, {}, {}
    devkit["devkit/cars_meta.mat"] = mat(class_names=cells)
    for split, own in classes.items():
        fields = ["bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname"]
        table = np.zeros((1, len(own)), dtype=[(field, object) for field in fields])
        blind = np.zeros((1, len(own)), dtype=[(field, object) for field in fields if field != "class"])
        for i, number in enumerate(own):
            name = f"{i + 1:05}.png"
            files[f"cars_{split}/{name}"] = encoded(picture(400 + (50 if split == "test" else 0) + i))
            for array in (table, blind):
                for field in array.dtype.names:
                    array[0, i][field] = name if field == "fname" else np.uint16(number if field == "class" else 3 + i)
        if split == "train":
            devkit["devkit/cars_train_annos.mat"] = mat(annotations=table)
        else:
            devkit["devkit/cars_test_annos.mat"] = mat(annotations=blind)
            (folder / "cars_test_annos_withlabels.mat").write_bytes(mat(annotations=table))
        parts[split] = sorted(
            [f"cars_{split}/{i + 1:05}.png", names[number - 1], read_back(files[f"cars_{split}/{i + 1:05}.png"])]
            for i, number in enumerate(own)
        )
        tar(folder / f"cars_{split}.tgz", {name: data for name, data in files.items() if split in name})
    tar(folder / "car_devkit.tgz", devkit)
    return ["cars_train.tgz", "cars_test.tgz", "car_devkit.tgz", "cars_test_annos_withlabels.mat"], parts


def svhn(folder):
    parts = {}
    for split, labels in (("train", [10, 1, 9, 2]), ("test", [5, 10])):
        images = np.stack([picture(500 + 20 * len(labels) + i, (32, 32)) for i in range(len(labels))], axis=3)
        path = folder / f"{split}_32x32.mat"
        path.write_bytes(mat(X=images, y=np.array(labels, np.uint8)[:, None]))
        back = scipy.io.loadmat(path)
        parts[split] = sorted(
            [f"{split}_32x32.mat#{i + 1}", str(int(back["y"][i, 0]) % 10), digest(back["X"][:, :, :, i])] for i in range(len(labels))
        )
    return ["train_32x32.mat", "test_32x32.mat"], parts


def gtsrb(folder):
    files, tables, parts = {}, {}, {"train": [], "test": []}
    head = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"
    for kind in (0, 11):
        lines = ""
        for i in range(2):
            name = f"GTSRB/Final_Training/Images/{kind:05}/{i:05}_00000.ppm"
            files[name] = encoded(picture(600 + kind + i), "PPM")
            lines += f"{i:05}_00000.ppm;6;5;1;1;4;4;{kind}\n"
            parts["train"].append([name, str(kind), read_back(files[name])])
        tables[f"GTSRB/Final_Training/Images/{kind:05}/GT-{kind:05}.csv"] = (head + lines).encode()
    lines = ""
    for i, kind in enumerate([11, 0, 3]):
        name = f"GTSRB/Final_Test/Images/{i:05}.ppm"
        files[name] = encoded(picture(650 + i), "PPM")
        lines += f"{i:05}.ppm;6;5;1;1;4;4;{kind}\n"
        parts["test"].append([name, str(kind), read_back(files[name])])
    packed_zip(folder / "GTSRB_Final_Training_Images.zip", {name: data for name, data in {**files, **tables}.items() if "Training" in name})
    packed_zip(folder / "GTSRB_Final_Test_Images.zip", {name: data for name, data in files.items() if "Test" in name})
    packed_zip(folder / "GTSRB_Final_Test_GT.zip", {"GT-final_test.csv": (head + lines).encode()})
    return [
        "GTSRB_Final_Training_Images.zip",
        "GTSRB_Final_Test_Images.zip",
        "GTSRB_Final_Test_GT.zip",
    ], {name: sorted(each) for name, each in parts.items()}


def mnist(folder):
    names, parts = [], {}
    for split, stem, labels in (("train", "train", [5, 0, 4]), ("test", "t10k", [7, 2])):
        images = np.random.default_rng(700 + len(labels)).integers(0, 256, (len(labels), 28, 28), np.uint8)
        for name, data in (
            (f"{stem}-images-idx3-ubyte.gz", np.array([0x803, *images.shape], ">i4").tobytes() + images.tobytes()),
            (f"{stem}-labels-idx1-ubyte.gz", np.array([0x801, len(labels)], ">i4").tobytes() + bytes(labels)),
        ):
            (folder / name).write_bytes(gzip.compress(data, mtime=0))
            names.append(name)
        parts[split] = sorted(
            [f"{stem}-images-idx3-ubyte#{i + 1}", str(label), digest(np.repeat(images[i][:, :, None], 3, 2))]
            for i, label in enumerate(labels)
        )
    return names, parts


def write(folder):
    truth = {}
    for make in (dtd, sun397, resisc45, eurosat, cars, svhn, gtsrb, mnist):
        names, parts = make(folder)
        truth[make.__name__] = {"files": names, "parts": parts}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    goldenFiles.keep_or_check(write, FOLDER)
