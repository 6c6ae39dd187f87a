#!/usr/bin/env python3
"""Writes src/data/goldens/tables/: Parquet, Arrow, CSV and label-first files, and their rows as the libraries read them.

Usage: tableGoldens.py [--check]   (needs pyarrow, datasets, pandas and Pillow)

expected.json: {rows: every <codec>.parquet and .arrow but packedLong.arrow as text; pages: pages.parquet and pages2.parquet;
images: [{label, name, png (base64), pixels}] of images.parquet and images.arrow; cr, trec: rows of the text files};
questions.parquet are those of QUESTIONS
"""

import usage  # answers --help without the libraries below

import base64
import datetime
import io
import json
import pathlib
import shutil
import tempfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Image, List, Value
from PIL import Image as Picture

from goldenFiles import keep_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "data" / "goldens" / "tables"
CODECS = ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]
TEXTS = ["It was great.", "", None, 'say "no"\nand\tgo', "Größe 😀 中", " spaces ", "a" * 300, "=1+1", "-1", "null"]

QUESTIONS = [
    {
        "question": f"What is {at}?",
        "choices": [f"{at + step}" for step in (0, 1, 2, 3)],
        # From 1 on, and in order, so that a part of the rows has few of them.
        "answer": 1 + at // 100,
        "response": f"It is {at}.",
    }
    for at in range(400)
]

FEATURES = Features(
    {
        "text": Value("string"),
        "label": ClassLabel(names=["positive", "negative"]),
        "count": Value("int64"),
        "small": Value("int8"),
        "score": Value("float64"),
        "half": Value("float32"),
        "flag": Value("bool"),
        "choices": List(Value("string")),
        "answer": {"text": Value("string"), "start": Value("int64")},
        "turns": List({"role": Value("string"), "content": Value("string")}),
        "day": Value("date32"),
        "time": Value("timestamp[us]"),
    }
)


def rows():
    for at, text in enumerate(TEXTS):
        yield {
            "text": text,
            "label": [0, 1, -1][at % 3],
            "count": [0, -7, 2**53 + 1, None][at % 4],
            "small": at - 5,
            "score": [0.5, -2.25, 3.0, None, float("nan")][at % 5],
            "half": at / 4,
            "flag": [True, False, None][at % 3],
            "choices": [["a", "b, c"], [], None, ["é", None]][at % 4],
            "answer": [{"text": "x", "start": 3}, {"text": None, "start": None}][at % 2],
            "turns": [[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}], []][at % 2],
            "day": datetime.date(2024, 2, 29) if at % 2 else None,
            "time": datetime.datetime(2024, 2, 29, 12, 30, 15, 250000) if at % 2 else None,
        }


def as_text(value):
    """A value as a table's cell; None for no cell."""
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def as_texts(dataset):
    """Rows of a data set as the library gives them back, classes by their names."""
    classes = {name: feature for name, feature in dataset.features.items() if isinstance(feature, ClassLabel)}
    told = []
    for row in dataset:
        for name, feature in classes.items():
            if row[name] >= 0:
                row[name] = feature.int2str(row[name])
        cells = {name: as_text(value) for name, value in row.items()}
        told.append({name: cell for name, cell in cells.items() if cell is not None})
    return told


def only_arrow(dataset, folder, name, path):
    """The one file of a data set that was saved, which is an Arrow stream."""
    dataset.save_to_disk(folder / name)
    (found,) = (folder / name).glob("*.arrow")
    shutil.copy(found, path)


def write_tables(made, folder):
    dataset = Dataset.from_list(list(rows()), features=FEATURES)
    table = dataset.data.table.cast(FEATURES.arrow_schema)
    for codec in CODECS:
        pq.write_table(table, made / f"{codec}.parquet", compression=codec)
    only_arrow(dataset, folder, "stream", made / "stream.arrow")
    with pa.OSFile(str(made / "file.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=4)
    pa.feather.write_feather(table, str(made / "packed.arrow"), compression="lz4")
    pa.feather.write_feather(table, str(made / "packedZstd.arrow"), compression="zstd")
    # So large that LZ4 makes several blocks, which look back over those before them; classes are a dictionary.
    texts = pa.array([f"{at} {at * 7919 % 1000} and again" for at in range(4000)])
    kinds = pa.array([["odd", "even"][at % 2] for at in range(4000)]).dictionary_encode()
    long = pa.table({"text": texts, "kind": kinds})
    pa.feather.write_feather(long, str(made / "packedLong.arrow"), compression="lz4")
    return as_texts(Dataset.from_parquet(str(made / "gzip.parquet"), cache_dir=str(folder / "cache")))


def write_pages(made):
    count = 500
    table = pa.table(
        {
            "text": [f"{at} " + "word " * (at % 17) for at in range(count)],
            "other": [None if at % 5 == 0 else f"row {at}" for at in range(count)],
            "list": [[at, at + 1][: at % 3] for at in range(count)],
            "label": [at % 7 for at in range(count)],
            "kind": pa.array([["x", "yy", "zzz"][at // 200] for at in range(count)]).dictionary_encode(),
        }
    )
    small = {"row_group_size": 200, "data_page_size": 512, "write_batch_size": 16, "compression": "snappy"}
    pq.write_table(table, made / "pages.parquet", **small)
    pq.write_table(
        table,
        made / "pages2.parquet",
        **small,
        data_page_version="2.0",
        use_dictionary=["kind"],
        column_encoding={"text": "DELTA_BYTE_ARRAY", "other": "DELTA_LENGTH_BYTE_ARRAY", "label": "DELTA_BINARY_PACKED"},
        write_page_index=True,
    )
    return [{name: as_text(cell) for name, cell in row.items() if cell is not None} for row in table.to_pylist()]


def png(at):
    pixels = np.random.default_rng(at).integers(0, 256, (4, 6, 3), np.uint8)
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "png")
    return file.getvalue(), pixels.reshape(-1).tolist()


def write_images(made, folder):
    names = ["zebra", "ant", "owl"]
    features = Features({"image": Image(), "label": ClassLabel(names=names)})
    items = [{"image": {"bytes": png(at)[0], "path": f"{at}.png"}, "label": at * 2 % 3} for at in range(10)]
    dataset = Dataset.from_list(items, features=features)
    dataset.to_parquet(made / "images.parquet", batch_size=4)
    only_arrow(dataset, folder, "images", made / "images.arrow")
    pq.write_table(
        pa.table({"image": [item["image"]["bytes"] for item in items], "label": [item["label"] for item in items]}),
        made / "bytes.parquet",
    )
    pq.write_table(pa.table({"image": [f"https://example.org/{at}.png" for at in range(3)], "label": [0, 1, 0]}), made / "urls.parquet")
    named = pa.array([{"bytes": None, "path": "/home/me/1.png"}] * 2, pa.struct({"bytes": pa.binary(), "path": pa.string()}))
    pq.write_table(pa.table({"image": named, "label": [0, 1]}), made / "paths.parquet")
    hidden = Dataset.from_list([{"image": items[0]["image"], "label": -1}], features=features)
    hidden.to_parquet(made / "hidden.parquet")
    read = Dataset.from_parquet(str(made / "images.parquet"), cache_dir=str(folder / "cache"))
    return [
        {
            "label": names[row["label"]],
            "png": base64.b64encode(items[at]["image"]["bytes"]).decode(),
            "pixels": np.asarray(row["image"]).reshape(-1).tolist(),
        }
        for at, row in enumerate(read)
    ]


def write_texts(made):
    reviews = [(at % 2, text) for at, text in enumerate(["a bad , dull film", 'so "good"', "no , thanks", "yes", "not it", "fine"])]
    pd.DataFrame(reviews).to_csv(made / "cr.csv", index=False, header=False)
    named = [(["neg", "pos"][label], text) for label, text in reviews]
    pd.DataFrame(named).to_csv(made / "named.csv", index=False, header=False)
    questions = [
        "DESC:manner How did serfdom develop in and then leave Russia ?",
        "ENTY:cremat What films featured the character Popeye Doyle ?",
        "DESC:def What is a caf\u00e9 ?",
        "ABBR:exp What is the full form of .com ?",
        "HUM:ind Who wrote `` The Raven '' ?",
        "DESC:manner How can I find a list ?",
        "NUM:count How many people ?",
        "ENTY:animal What is the fastest fish ?",
    ]
    (made / "trec.label").write_bytes("\n".join(questions).encode("latin-1") + b"\n")
    trec = [
        {"coarse_label": line.split(":")[0], "fine_label": line.split(" ")[0], "text": line.split(" ", 1)[1]}
        for line in questions
    ]
    return {
        "cr": [{"label": str(label), "text": text} for label, text in reviews],
        "named": [{"label": label, "text": text} for label, text in named],
        "trec": trec,
    }


def write_all(made):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        expected = {
            "rows": write_tables(made, folder),
            "pages": write_pages(made),
            "images": write_images(made, folder),
            **write_texts(made),
        }
        pq.write_table(pa.Table.from_pylist(QUESTIONS), made / "questions.parquet", row_group_size=20, compression="snappy")
    (made / "expected.json").write_text(
        json.dumps(expected, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )


keep_or_check(write_all, FOLDER)
