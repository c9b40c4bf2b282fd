"""The safetensors container: named arrays and one description in a file with a checksum.

A reader of the format of https://github.com/huggingface/safetensors that trusts nothing: every
number is checked before it is used, and no more is allocated than the file has bytes, apart from
the parsing of a header of bounded size. ``docs/format.md`` describes the file.
"""

import hashlib
import json
import math
import re

import numpy as np

from fastnn.exceptions import ModelFormatError
from fastnn.files.foreign import foreign
from fastnn.files.streams import reading, writing
from fastnn.files.strict_json import parse_json

FORMAT_VERSION = 3
MAX_HEADER_BYTES = 1 << 19
MAX_HEADER_ELEMENTS = 1 << 15

_DTYPES = {
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "F32": np.dtype("<f4"),
    "U32": np.dtype("<u4"),
    "BF16": np.dtype("<u2"),  # which NumPy has not: as bits
    "I8": np.dtype("i1"),
}
_METADATA_FIELDS = {"format", "format_version", "sha256", "description"}
_NO_DIGEST = "0" * 64


def write_container(target, version, description, tensors):
    """Write arrays and a description.

    Parameters
    ----------
    target : str, path-like or binary file
        A path is written to atomically.
    version : int
        The format version that the description needs.
    description : dict
        JSON values only.
    tensors : dict of str to ndarray
        Of float64, float32, int64 or uint32; of uint16 the bits of bfloat16; of int8.

    Raises
    ------
    ValueError
        If the description is larger than a reader accepts.
    """
    arrays = {name: _little_endian(array) for name, array in tensors.items()}
    # Wide types first keeps every array aligned without gaps.
    arrays = dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))
    header = _header(version, description, arrays)
    digest = _digest(header, map(_bytes_of, arrays.values()))
    header = header.replace(_NO_DIGEST.encode(), digest.encode(), 1)
    with writing(target) as write:
        for part in (header, *map(_bytes_of, arrays.values())):
            write(part)


def read_container(source):
    """Read a file written by `write_container`.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary file

    Returns
    -------
    version : int
        The format version, at most FORMAT_VERSION.
    description : dict
    tensors : dict of str to ndarray
        Views of one buffer.

    Raises
    ------
    ModelFormatError
        If the file is foreign, newer, truncated, tampered with or damaged.
    OSError
        If it cannot be opened or read.
    """
    with reading(source) as (file, size):
        return parse_container(file, size)


def parse_container(file, size):
    """Read a container of ``size`` bytes from a binary file; see `read_container`."""
    prefix = _read(file, 8, size)
    n_header = int.from_bytes(prefix, "little")
    if not 2 <= n_header <= MAX_HEADER_BYTES:
        raise foreign(prefix, n_header, MAX_HEADER_BYTES)
    header = _parse_header(raw := _read(file, n_header, size - 8))
    metadata = _check_metadata(header.pop("__metadata__", None))
    n_data = size - 8 - n_header
    entries = _check_entries(header, n_data)
    buffer = np.empty(n_data, dtype=np.uint8)
    if file.readinto(buffer) != n_data:
        raise ModelFormatError("the file is truncated")
    _verify(prefix + raw, metadata["sha256"], buffer)
    del raw, header
    tensors = {
        name: _native(buffer[begin:end].view(dtype)).reshape(shape)
        for name, (dtype, shape, begin, end) in entries.items()
    }
    description = parse_json(metadata["description"], "description")
    return int(metadata["format_version"]), description, tensors


def _native(array):
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _read(file, n, available):
    data = file.read(n) if n <= available else b""
    if len(data) != n:
        raise ModelFormatError("the file is truncated")
    return data


def _parse_header(raw):
    if not (raw.startswith(b"{") and raw.isascii()):
        raise ModelFormatError("not a fastnn file: the header is not ASCII JSON")
    # Every element costs memory, some seventy bytes: bound it before parsing.
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_HEADER_ELEMENTS:
        raise ModelFormatError(f"the header has more than {MAX_HEADER_ELEMENTS} elements")
    return parse_json(raw.decode("ascii"), "header")


def _check_metadata(metadata):
    if not isinstance(metadata, dict) or metadata.get("format") != "fastnn":
        raise ModelFormatError("not a fastnn file: it lacks the metadata format='fastnn'")
    version = metadata.get("format_version")
    if not (isinstance(version, str) and re.fullmatch("[0-9]{1,9}", version)):
        raise ModelFormatError("the format version is missing or not a number")
    if int(version) > FORMAT_VERSION:
        raise ModelFormatError(
            f"the file has format version {int(version)}, this fastnn reads up to"
            f" {FORMAT_VERSION}; a newer fastnn is needed"
        )
    if int(version) < 1:
        raise ModelFormatError("there is no format version 0")
    if set(metadata) != _METADATA_FIELDS:
        raise ModelFormatError("the metadata has missing or unknown fields")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise ModelFormatError("a field of the metadata is not a string")
    return metadata


def _check_entries(header, n_data):
    """Turn the header into {name: (dtype, shape, begin, end)}, in the order of the data."""
    entries = {name: _check_entry(name, entry) for name, entry in header.items()}
    entries = dict(sorted(entries.items(), key=lambda item: item[1][2:]))
    position = 0
    for name, (_, _, begin, end) in entries.items():
        if begin != position:
            raise ModelFormatError(f"tensor {name[:50]!r} overlaps another or leaves a gap")
        position = end
    if position != n_data:
        what = "is truncated" if position > n_data else "has bytes after its last tensor"
        raise ModelFormatError(f"the file {what}")
    return entries


def _check_entry(name, entry):
    where = f"tensor {name[:50]!r}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelFormatError(f"{where} has missing or unknown fields")
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in _DTYPES:
        raise ModelFormatError(f"{where} has an unknown dtype; known: {', '.join(_DTYPES)}")
    if not (_are_sizes(shape) and len(shape) <= 2 and _are_sizes(offsets) and len(offsets) == 2):
        raise ModelFormatError(f"the shape or offsets of {where} are not sound")
    dtype = _DTYPES[entry["dtype"]]
    if offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        raise ModelFormatError(f"the shape of {where} does not match its offsets")
    return dtype, tuple(shape), *offsets


def _are_sizes(values):
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value < 1 << 62 for value in values
    )


def _verify(head, digest, buffer):
    if not re.fullmatch("[0-9a-f]{64}", digest) or head.count(digest.encode()) != 1:
        raise ModelFormatError("the checksum is not sound")
    if _digest(head.replace(digest.encode(), _NO_DIGEST.encode()), [buffer]) != digest:
        raise ModelFormatError("the checksum does not match: the file is damaged or was changed")


def _digest(head, parts):
    """SHA-256 of the whole file with zeros in the place of the digest itself."""
    state = hashlib.sha256(head)
    for part in parts:
        state.update(part)
    return state.hexdigest()


def _header(version, description, arrays):
    """The length and the JSON header, padded so that the data begin at a multiple of 64 bytes."""
    entries = {
        "__metadata__": {
            "format": "fastnn",
            "format_version": str(version),
            "sha256": _NO_DIGEST,
            "description": json.dumps(description, separators=(",", ":"), allow_nan=False),
        }
    }
    names = {dtype: name for name, dtype in _DTYPES.items()}
    position = 0
    for name, array in arrays.items():
        entries[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [position, position + array.nbytes],
        }
        position += array.nbytes
    text = json.dumps(entries, separators=(",", ":")).encode("ascii")
    text += b" " * (-(8 + len(text)) % 64)
    n_elements = text.count(b",") + text.count(b"[") + text.count(b"{")
    if len(text) > MAX_HEADER_BYTES or n_elements > MAX_HEADER_ELEMENTS:
        raise ValueError(
            "the model cannot be saved: its description (class labels, feature names,"
            f" parameters) takes {len(text)} bytes and {n_elements} elements, the most is"
            f" {MAX_HEADER_BYTES} and {MAX_HEADER_ELEMENTS}"
        )
    return len(text).to_bytes(8, "little") + text


def _little_endian(array):
    dtype = np.dtype(array.dtype).newbyteorder("<")
    if dtype not in _DTYPES.values():
        raise ValueError(f"an array of dtype {array.dtype} cannot be saved")
    return np.ascontiguousarray(array, dtype=dtype)


def _bytes_of(array):
    return array.reshape(-1).view(np.uint8)
