"""Models in other languages: ONNX and C."""

from fastnn.export.c import to_c
from fastnn.export.onnx import register_with_skl2onnx, to_onnx

__all__ = ["register_with_skl2onnx", "to_c", "to_onnx"]
