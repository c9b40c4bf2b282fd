"""Files that users take for one of ours, by their first bytes."""

from fastnn.exceptions import ModelFormatError

__all__ = ["foreign"]

# First bytes of other files that hold models.
_FOREIGN = {
    b"\x80": "a pickle or joblib file",
    b"ccopy_re": "a pickle",
    b"\x1f\x8b": "a gzip file, such as joblib and pickle write",
    b"\x78": "a zlib file, such as joblib writes",
    b"BZh": "a bzip2 file, such as joblib writes",
    b"\xfd7zXZ": "an xz file, such as joblib writes",
    b"\x5d\x00\x00": "an LZMA file, such as joblib writes",
    b"\x04\x22\x4d\x18": "an LZ4 file, such as joblib writes",
    b"PK\x03\x04": "a zip file, such as skops, PyTorch and numpy.savez write",
    b"\x89HDF": "an HDF5 file, such as Keras writes",
}


def foreign(prefix, n_header, max_header):
    """Return the ModelFormatError for a file whose first eight bytes are no length of a header.

    Files of ours begin with such a number, of which two bytes may well be those of another kind.
    """
    for start, what in _FOREIGN.items():
        if prefix.startswith(start):
            return ModelFormatError(
                f"not a fastnn file but {what}: load it with what wrote it, if you trust whoever "
                "did (a pickle can run any code), and pass the estimator to fastnn.save or "
                "fastnn.Predictor"
            )
    return ModelFormatError(
        f"not a fastnn file: a header of {n_header} bytes (at most {max_header})"
    )
