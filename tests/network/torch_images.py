"""Writes torch_images.json: outputs of PyTorch's convolutions and pooling, which ours must repeat.

Run it with a Python that has torch; the tests read only what it wrote.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional

# Name -> kind, (channels, height, width) or (channels, length), our options.
CASES = {
    "one channel": ("conv", (1, 7, 7), {"n_out": 2, "kernel_size": 3}),
    "three channels": ("conv", (3, 5, 6), {"n_out": 4, "kernel_size": (2, 3)}),
    "strides": ("conv", (2, 7, 6), {"n_out": 3, "kernel_size": 3, "strides": (2, 3)}),
    "padding": ("conv", (1, 6, 5), {"n_out": 2, "kernel_size": 3, "strides": 2, "padding": 1}),
    "same": ("conv", (1, 5, 4), {"n_out": 2, "kernel_size": 3, "padding": "same"}),
    "same, an odd cell": ("conv", (1, 5, 4), {"n_out": 2, "kernel_size": 2, "padding": "same"}),
    "same, dilated": (
        "conv",
        (2, 6, 6),
        {"n_out": 2, "kernel_size": (4, 2), "padding": "same", "dilation": (1, 3)},
    ),
    "groups": ("conv", (4, 5, 5), {"n_out": 6, "kernel_size": 2, "groups": 2}),
    "depthwise": ("conv", (3, 5, 5), {"n_out": 3, "kernel_size": 3, "groups": 3}),
    "depthwise, strides": (
        "conv",
        (9, 6, 5),
        {"n_out": 9, "kernel_size": (3, 2), "strides": (2, 1), "padding": 1, "groups": 9},
    ),
    "groups, all at once": (
        "conv",
        (4, 8, 7),
        {
            **{"n_out": 4, "kernel_size": (3, 2), "strides": (2, 3), "padding": (2, 1)},
            **{"dilation": (2, 1), "groups": 2},
        },
    ),
    "series": ("conv", (3, 8), {"n_out": 2, "kernel_size": 3, "strides": 2, "padding": 1}),
    "series, the same": ("conv", (2, 7), {"n_out": 2, "kernel_size": 4, "padding": "same"}),
    "one cell": ("conv", (5, 3, 3), {"n_out": 9, "kernel_size": 1, "dilation": 2}),
    "largest": ("max", (2, 7, 5), {"pool_size": 2}),
    "largest, overlapping": ("max", (2, 7, 6), {"pool_size": 3, "strides": 2, "padding": 1}),
    "mean": ("mean", (2, 6, 7), {"pool_size": (3, 2)}),
    "mean, padded": ("mean", (2, 5, 7), {"pool_size": 3, "strides": 2, "padding": 1}),
}


def record(name, kind, shape, options):
    x = torch.randn(1, *shape)
    steps = {"stride": options.get("strides", 1), "padding": options.get("padding", 0)}
    case = {
        "name": name,
        "kind": kind,
        "options": {**options, "input_shape": (*shape[1:], shape[0])},
    }
    if kind == "conv":
        kernel, groups = options["kernel_size"], options.get("groups", 1)
        kernel = (kernel,) * (len(shape) - 1) if isinstance(kernel, int) else kernel
        weight = torch.randn(options["n_out"], shape[0] // groups, *kernel)
        bias = torch.randn(options["n_out"])
        more = {"dilation": options.get("dilation", 1), "groups": groups}
        case |= {"weight": rounded(weight), "bias": rounded(bias)}
        x, weight, bias = (torch.tensor(rounded(array)) for array in (x, weight, bias))
        convolution = functional.conv2d if len(shape) == 3 else functional.conv1d
        y = convolution(x, weight, bias, **steps, **more)
    else:
        steps["stride"] = options.get("strides", options["pool_size"])
        x = torch.tensor(rounded(x))
        if kind == "mean":
            y = functional.avg_pool2d(x, options["pool_size"], **steps, count_include_pad=False)
        else:
            y = functional.max_pool2d(x, options["pool_size"], **steps)
    return {**case, "x": rounded(x, 3), "y": rounded(y, 6)}


def rounded(array, digits=3):
    return (array * 10**digits).round().div(10**digits).double().numpy().round(digits).tolist()


if __name__ == "__main__":
    torch.manual_seed(0)
    found = [record(name, *case) for name, case in CASES.items()]
    path = Path(__file__).with_name("torch_images.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in found) + "\n]\n")
