"""Model files made by hand, each wrong in one way. Unless the way is the checksum, it is right."""

import copy
import hashlib
import json
import re

ZEROS = b"0" * 64
# What a field is replaced by: each is wrong for nearly every field; where it is not, see OPTIONAL.
WRONG = {
    "null": None,
    "true": True,
    "number": 17,
    "negative": -1,
    "fraction": 0.5,
    "huge": 10**30,
    "text": "x",
    "empty_text": "",
    "list": [],
    "nested_list": [[[]]],
    "object": {},
    "long_text": "y" * 5000,
}
# (field, replacement) after which the file is sound, if another one.
SOUND = {
    ("writer", "text"),
    ("writer", "empty_text"),
    ("writer", "long_text"),
    ("feature_names", "null"),
    ("epsilon", "fraction"),
}


def split(good):
    """The JSON header, the description in it, and the data of a sound file."""
    n = int.from_bytes(good[:8], "little")
    header = json.loads(good[8 : 8 + n])
    return header, json.loads(header["__metadata__"]["description"]), good[8 + n :]


def seal(header, data, description=None):
    """Put a file together and set its checksum; ``header`` may be JSON text."""
    if not isinstance(header, bytes):
        header = copy.deepcopy(header)
        if description is not None:
            header["__metadata__"]["description"] = json.dumps(description)
        header = json.dumps(header).encode()
    header = re.sub(rb'("sha256": ?)"[0-9a-f]{64}"', rb'\1"' + ZEROS + b'"', header, count=1)
    whole = len(header).to_bytes(8, "little") + header + data
    digest = hashlib.sha256(whole).hexdigest().encode()
    return whole.replace(b'"' + ZEROS + b'"', b'"' + digest + b'"', 1)


def paths(tree, prefix=()):
    """The paths of all nodes below the root."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        yield (*prefix, key)
        if isinstance(value, dict | list) and len(prefix) < 5:
            yield from paths(value, (*prefix, key))


def replaced(tree, path, value):
    tree = copy.deepcopy(tree)
    node = tree
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return tree


def without(tree, path):
    tree = copy.deepcopy(tree)
    node = tree
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return tree


def node_at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def bad_files(good):
    """Yield (name, bytes) made from a sound file of a predictor."""
    yield from _damaged(good)
    yield from _bad_headers(good)
    yield from _bad_tensors(good)
    yield from _bad_descriptions(good)


def _damaged(good):
    n = int.from_bytes(good[:8], "little")
    for end in (0, 1, 7, 8, 9, 8 + n // 2, 8 + n - 1, 8 + n, 8 + n + 1, len(good) - 1):
        yield f"cut_at_{end}", good[:end]
    yield "trailing_byte", good + b"\0"
    yield "twice", good + good
    yield "other_checksum", good.replace(split(good)[0]["__metadata__"]["sha256"].encode(), ZEROS)
    for length in (0, 1, n - 1, n + 1, len(good), 2**19 + 1, 2**31, 2**63, 2**64 - 1):
        yield f"header_of_{length}", length.to_bytes(8, "little") + good[8:]
    for name, start in (("zip", b"PK\3\4"), ("pickle", b"\x80\x05\x95"), ("text", b"hello wo")):
        yield f"foreign_{name}", start + good[len(start) :]


def _bad_headers(good):
    header, _, data = split(good)
    text = json.dumps(header).encode()
    inner = header["__metadata__"]["description"]
    yield "not_an_object", seal(b"[" + text + b"]", data)
    yield "leading_space", seal(b" " + text, data)
    yield "not_json", seal(text[:-1] + b",}", data)
    yield "two_values", seal(text + b"{}", data)
    yield "not_ascii", seal(text[:-1] + ',"é":1}'.encode(), data)
    yield "bad_utf8", seal(text[:-1] + b',"\xff":1}', data)
    yield "utf16", seal(text.decode().encode("utf-16-le"), data)
    yield "deep_header", seal(text[:-1] + b',"x":' + b"[" * 9000 + b"]" * 9000 + b"}", data)
    yield "many_elements", seal(text[:-1] + b',"x":[' + b"[]," * 40000 + b"0]}", data)
    yield "duplicate_tensor", seal(text[:-1] + b',"layers.0.bias":{}}', data)
    yield "duplicate_metadata", seal(text[:-1] + b',"__metadata__":{}}', data)
    yield "nan", seal(text[:-1] + b',"x":NaN}', data)
    yield "infinity", seal(text[:-1] + b',"x":-Infinity}', data)
    yield "huge_float", seal(text[:-1] + b',"x":1e999}', data)
    yield "huge_int", seal(text[:-1] + b',"x":' + b"9" * 5000 + b"}", data)
    for description in ("", "null", "[]", "{", inner[:-1], inner + " x", '{"content":"predictor"}'):
        changed = replaced(header, ("__metadata__", "description"), description)
        yield f"description_{description[:20]}", seal(changed, data)
    for name, text in (("nan", "NaN"), ("deep", "[" * 9000 + "]" * 9000), ("float", "1e999")):
        changed = replaced(header, ("__metadata__", "description"), f'{{"x":{text}}}')
        yield f"description_with_{name}", seal(changed, data)
    twice = inner[:-1] + ',"writer":"x"}'
    yield "duplicate_field", seal(replaced(header, ("__metadata__", "description"), twice), data)
    for field in ("format", "format_version", "sha256", "description"):
        yield f"no_{field}", seal(without(header, ("__metadata__", field)), data)
        for name, value in WRONG.items():
            yield f"{field}_{name}", seal(replaced(header, ("__metadata__", field), value), data)
    others = [str(v) for v in (1, 2, 3, 4) if str(v) != header["__metadata__"]["format_version"]]
    for version in ("0", *others, "01x", "-1", "1.0", "999999999", "9" * 400, "٣"):
        path = ("__metadata__", "format_version")
        yield f"version_{version[:9]}", seal(replaced(header, path, version), data)
    yield "no_metadata", seal(without(header, ("__metadata__",)), data)
    yield "more_metadata", seal(replaced(header, ("__metadata__", "more"), "x"), data)
    digest = header["__metadata__"]["sha256"]
    yield "upper_checksum", good.replace(digest.encode(), digest.upper().encode())
    yield "checksum_twice", good.replace(b'"writer\\":\\"', b'"writer\\":\\"' + digest.encode())


def _bad_tensors(good):
    header, _, data = split(good)
    names = [name for name in header if name != "__metadata__"]
    for name in names:
        yield f"no_{name}", seal(without(header, (name,)), data)
    name = names[0]
    begin, end = header[name]["data_offsets"]
    for field in ("dtype", "shape", "data_offsets"):
        yield f"tensor_without_{field}", seal(without(header, (name, field)), data)
        for kind, value in WRONG.items():
            yield f"tensor_{field}_{kind}", seal(replaced(header, (name, field), value), data)
    shapes = [[2**31, 2**33], [-1, -1], [0], [True], [1.0], ["1"], [1] * 9, [2**64], [2**61, 8]]
    for shape in shapes:
        yield f"shape_{shape}", seal(replaced(header, (name, "shape"), shape), data)
    for dtype in ("F16", "BF16", "F64", "I64", "U8", "f32", "O", "<f4"):
        yield f"dtype_{dtype}", seal(replaced(header, (name, "dtype"), dtype), data)
    offsets = [[begin + 4, end + 4], [begin, end - 4], [begin, end + 4], [end, begin], [-4, 0]]
    offsets += [[begin], [begin, end, end], [0, 2**63], [2**64, 2**64 + 4], [float(begin), end]]
    for pair in offsets:
        yield f"offsets_{pair}", seal(replaced(header, (name, "data_offsets"), pair), data)
    yield "overlap", seal(replaced(header, (names[1],), header[name]), data)
    yield "more_fields", seal(replaced(header, (name, "more"), 1), data)
    extra = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}
    yield "unnamed_tensor", seal(replaced(header, ("extra",), extra), data + bytes(4))
    yield "path_as_name", seal(replaced(header, ("../../x",), extra), data + bytes(4))
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    yield "empty_tensor", seal(replaced(header, ("extra",), empty), data)
    yield "hole", seal(header, data + bytes(4))
    for name in names:
        begin, end = header[name]["data_offsets"]
        for what, value in (("nan", b"\0\0\xc0\x7f"), ("inf", b"\0\0\x80\xff")):
            changed = data[:begin] + value + data[begin + 4 :]
            yield f"{what}_in_{name}", seal(header, changed)


def _bad_descriptions(good):
    header, description, data = split(good)
    for path in paths(description):
        where = ".".join(map(str, path))
        if path[-1:] != ("feature_names",):
            yield f"without_{where}", seal(header, data, without(description, path))
        original = node_at(description, path)
        for name, value in WRONG.items():
            if value == original or (path[-1], name) in SOUND or _is_another_name(path, value):
                continue
            if original == "identity" and value is None:  # a skip may as well be absent
                continue
            yield f"{where}_{name}", seal(header, data, replaced(description, path, value))
        if isinstance(original, dict):
            changed = replaced(description, (*path, "more"), 1)
            yield f"{where}_more", seal(header, data, changed)
    for field, value in (
        (("network", "kind"), "regressor"),
        (("network", "kind"), "multilabel"),
        (("network", "dtype"), "float64"),
        (("network", "dtype"), "float16"),
        (("network", "flat"), True),
        (("network", "classes", "dtype"), "<U1"),
        (("network", "classes", "dtype"), "<U9999999"),
        (("network", "classes", "dtype"), "int64"),
        (("network", "classes", "dtype"), "object_"),
        (("network", "classes", "dtype"), "<M8[s]"),
        (("network", "classes", "dtype"), "float64"),
        (("network", "classes", "dtype"), "bool"),
        (("content",), "estimator"),
        (("content",), "checkpoint"),
    ):
        where = ".".join(map(str, field))
        yield f"{where}_is_{value}", seal(header, data, replaced(description, field, value))
    version = header["__metadata__"]["format_version"]
    for field, value in {"1": _bad_first, "2": _bad_blocks, "3": _bad_nodes}[version]():
        where = ".".join(map(str, field))
        yield f"{where}_is_{value}", seal(header, data, replaced(description, field, value))


def _bad_layers():
    """Of versions 1 and 2."""
    yield ("network", "layers", 0, "activation"), "softmax"
    yield ("network", "layers", 0, "activation"), "exp"
    yield ("network", "layers", -1, "activation"), "logistic"


def _bad_first():
    """Of version 1: what only version 2 has."""
    yield from _bad_layers()
    layer = ("network", "layers", 0)
    yield ("network", "layers", -1, "activation"), "identity"
    for activation in ("gelu", "leaky_relu", "step"):
        yield (*layer, "activation"), activation
    yield (*layer, "norm"), None
    yield layer, {"n_out": 3, "activation": "relu", "norm": None, "skip": None}


def _bad_blocks():
    """Of the version 2 file: a layer normalisation and an identity, a projection with a bias."""
    yield from _bad_layers()
    for activation in ("exp", "softmax", "bernoulli", "GELU"):
        yield ("network", "layers", 0, "activation"), activation
    norm, skip = ("network", "layers", 0, "norm"), ("network", "layers", 1, "skip")
    for kind in ("group", "batch", "Layer"):
        yield (*norm, "kind"), kind
    for epsilon in (0.0, -0.1, 1e-300, 1e300, "0.1", 1):
        yield (*norm, "epsilon"), epsilon
    for form in ("projection", "identity", {"affine": True}, ["affine"]):
        yield skip, form
    for form in ("projection", "affine"):
        yield ("network", "layers", 0, "skip"), form
    yield ("network", "layers", 1, "norm"), {"kind": "layer", "epsilon": 0.1}
    yield ("network", "layers", -1, "norm"), None
    yield ("network", "layers", -1, "skip"), "identity"


def _bad_nodes():
    """Of the version 3 file: layer_norm, dense, activation, layer_norm, add, dense."""
    nodes = ("network", "nodes")
    for kind in ("conv", "batch_norm", "add", "custom", "Dense", "dropout"):
        yield (*nodes, 0, "kind"), kind
    for sources in ([], [-2], [0], [-1, -1], ["-1"], [-1.0], -1, {"0": -1}):
        yield (*nodes, 0, "sources"), sources
    for sources in ([3], [3, 4], [3, 1, 2], [3, -1], [2, 5], [0, 0], [True, False]):
        yield (*nodes, 4, "sources"), sources
    for arrays in (["gain"], ["gain", "gain"], ["gain", "shift", "mean"], [["gain"], "shift"]):
        yield (*nodes, 0, "arrays"), arrays
    yield (*nodes, 1, "arrays"), ["weight"]
    yield (*nodes, 1, "arrays"), ["bias"]
    for epsilon in (0.0, -0.1, 1e-300, 1e300, "0.1", 1):
        yield (*nodes, 0, "attributes", "epsilon"), epsilon
    for attributes in ({"name": "softmax"}, {"name": ["relu"]}, {"name": {}}, {"function": "relu"}):
        yield (*nodes, 2, "attributes"), attributes
    for output in ("exp", "logistic", "relu"):
        yield ("network", "output_activation"), output
    yield ("network", "layers"), []


def _is_another_name(path, value):
    """Whether a name of a class or feature is replaced by another that is a name as well."""
    if not isinstance(value, str):
        return False
    return path[-2:-1] == ("feature_names",) or (path[-2:-1] == ("values",) and len(value) < 5)
