"""The runs of data.json in PyTorch: same network, initial weights, batches and rates. Prints JSON, a run after the other:
losses in float32, the first LOSSES of them in float64 too, and the accuracy of held-out pictures."""

import json
import pathlib
import struct
import sys

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test/fixtures"))
from network import GoogLeNet, losses  # noqa: E402

LOSSES = 50


def read_weights(path):
    """A safetensors file of float32 tensors by their names."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    found = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            values = np.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
            found[name] = torch.from_numpy(values.copy())
    return found


def build(size, width, weights, dtype):
    model = GoogLeNet(10, size, width)
    # The preset has no dropout.
    model.dropout5 = model.aux_classifier1.dropout4 = model.aux_classifier2.dropout4 = torch.nn.Identity()
    model.load_state_dict(weights)
    return model.to(dtype)


def train(model, run, images, labels, steps):
    dtype = next(model.parameters()).dtype
    update, rows = torch.optim.Adam(model.parameters()), []
    for rate, batch in zip(run["rates"][:steps], run["batches"]):
        update.param_groups[0]["lr"] = rate
        update.zero_grad()
        total = losses(model(torch.from_numpy(images[batch]).to(dtype)), labels[batch])[-1]
        total.backward()
        update.step()
        rows.append(total.item())
    return rows


def accuracy(model, held_out, images, labels, size=100):
    right = 0
    with torch.no_grad():
        for first in range(0, len(held_out), size):
            chosen = held_out[first : first + size]
            guesses = model(torch.from_numpy(images[chosen]))[-1].argmax(1)
            right += (guesses == labels[chosen]).sum().item()
    return right / len(held_out)


def main(folder):
    data = json.loads((folder / "data.json").read_text())
    size, labels = data["size"], torch.tensor(data["labels"])
    images = np.memmap(folder / "images.f32", "<f4", "r").reshape(-1, 3, size, size)
    results = []
    for run in data["runs"]:
        weights = read_weights(folder / run["weights"])
        double = build(size, data["width"], weights, torch.float64)
        single = build(size, data["width"], weights, torch.float32)
        results.append(
            {
                "losses": train(single, run, images, labels, None),
                "double": train(double, run, images, labels, LOSSES),
                "accuracy": accuracy(single, data["heldOut"], images, labels),
            }
        )
    print(json.dumps({"version": torch.__version__, "runs": results}))


main(pathlib.Path(sys.argv[1]))
