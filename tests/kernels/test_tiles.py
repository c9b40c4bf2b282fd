"""Products of tiles: plain C against NumPy on any machine, and AMX against plain C where it is."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from fastnn._kernels.testing.probe import block
from kernel_cases import assert_same_bits, needs_amx

from fastnn._kernels.native import table

EMULATED, BY_INSTRUCTION = "AMX, emulated", "AMX"
SHAPES = [(1, 1, 1), (5, 3, 2), (16, 2, 1), (17, 1, 2), (32, 2, 2)]  # rows, steps, panels
KINDS = {"bf16": "bfloat16", "bytes": "int8", "signed_bytes": "int8"}


def bytes_for(rng, rows, steps, panels):
    """A (rows, 64 steps), the words of B (steps, 16, panels, 16) and B as a matrix, of any bits."""
    A = rng.randint(0, 256, (rows, steps * 64)).astype(np.uint8)
    words = rng.randint(0, 256, (steps, 16, panels, 16, 4)).astype(np.uint8)
    A[:, :8] = 255
    B = words.transpose(0, 1, 4, 2, 3).reshape(steps * 64, panels * 16).view(np.int8)
    return A, words.view(np.uint32)[..., 0], B.astype(np.int64)


def halves_for(rng, rows, steps, panels, spread=3):
    """The same of bfloat16: numbers (rows, 32 steps) and B (32 steps, columns) are float32."""

    def numbers(*shape):
        x = rng.normal(size=shape) * 2.0 ** rng.randint(-spread, spread + 1, shape)
        return x.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)

    A, words = numbers(rows, steps * 32), numbers(steps, 16, panels, 16, 2)
    B = words.transpose(0, 1, 4, 2, 3).reshape(steps * 32, panels * 16).view(np.float32)
    upper = (words >> 16).astype(np.uint16).view(np.uint32)[..., 0]
    return (A >> 16).astype(np.uint16), upper, A.view(np.float32), B


def flushed(x):
    """float32 whose denormal numbers are zero."""
    with np.errstate(under="ignore", over="ignore"):
        x = np.asarray(x).astype(np.float32)
    return np.where(np.abs(x) < np.finfo(np.float32).tiny, np.copysign(np.float32(0), x), x)


def plain_bf16(A, B, init):
    """Intel's pseudo-code: of each 16 pairs two sums of products, each rounded once; then c."""
    c = np.broadcast_to(flushed(init), (len(A), B.shape[1]))
    A, B = flushed(A).astype(np.float64), flushed(B).astype(np.float64)
    for step in range(0, len(B), 32):
        sums = [np.zeros(c.shape, np.float32) for _ in range(2)]
        for k in range(step, step + 32):
            sums[k % 2] = flushed(sums[k % 2] + A[:, k, None] * B[k])
        c = flushed(c + flushed(sums[0] + sums[1]))
    return c


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["bytes", "signed_bytes"])
def test_bytes_are_exact_integers(rng, kind, shape):
    A, words, B = bytes_for(rng, *shape)
    expected = (A.view(np.int8) if kind == "signed_bytes" else A).astype(np.int64) @ B
    assert_same_bits(block(EMULATED, kind, A, words), expected.astype(np.int32))
    init = rng.randint(-(2**30), 2**30, (len(A), B.shape[1])).astype(np.int32)
    for rows in (len(A), 1):
        found = block(EMULATED, kind, A, words, init[:rows])
        assert_same_bits(found, (expected + init[:rows]).astype(np.int32))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bfloat16_is_summed_as_the_manual_says(rng, shape):
    A, words, a, B = halves_for(rng, *shape)
    init = rng.normal(size=(1, B.shape[1])).astype(np.float32)
    assert_same_bits(block(EMULATED, "bf16", A, words), plain_bf16(a, B, np.float32([0])))
    expected = plain_bf16(a, B, init)
    assert_same_bits(block(EMULATED, "bf16", A, words, init), expected)
    np.testing.assert_allclose(expected, a.astype(np.float64) @ B + init, rtol=0, atol=1e-2)
    A, words, a, B = halves_for(rng, *shape, spread=70)  # denormal products and sums among them
    assert_same_bits(block(EMULATED, "bf16", A, words, init), plain_bf16(a, B, init))


@pytest.mark.parametrize("kind", KINDS)
def test_the_instructions_give_the_same_bits(rng, kind):
    needs_amx(KINDS[kind])
    for shape in SHAPES:
        for spread in (3, 70):
            if kind == "bf16":
                A, words = halves_for(rng, *shape, spread=spread)[:2]
            else:
                A, words = bytes_for(rng, *shape)[:2]
            found, expected = (block(by, kind, A, words) for by in (BY_INSTRUCTION, EMULATED))
            np.testing.assert_array_equal(found, expected)  # whichever NaN: infinities cancel


def test_signals_threads_and_forks_leave_the_products_right(rng):
    """The system keeps a thread's tiles over signals; a fork has the permission of its parent."""
    needs_amx("int8")
    A, words, _ = bytes_for(rng, 32, 40, 2)
    expected = block(EMULATED, "bytes", A, words)
    wrong, end = [], time.monotonic() + 0.2

    def multiply():
        while time.monotonic() < end:
            if (block(BY_INSTRUCTION, "bytes", A, words) != expected).any():
                wrong.append(1)

    def handler(*_):
        if (block(BY_INSTRUCTION, "bytes", A[:5], words) != expected[:5]).any():
            wrong.append(2)

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    threads = [threading.Thread(target=multiply) for _ in range(2)]
    for thread in threads:
        thread.start()
    multiply()
    for thread in threads:
        thread.join()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    assert wrong == []
    child = os.fork()
    if child == 0:
        same = (block(BY_INSTRUCTION, "bytes", A, words) == expected).all()
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_amx_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("FASTNN_AMX", "0")
    assert table.no_amx("int8") == table.no_amx("bfloat16") == "switched off by FASTNN_AMX=0"
    monkeypatch.setenv("FASTNN_AMX", "yes")
    with pytest.raises(ValueError, match="FASTNN_AMX must be 0 or 1, got 'yes'"):
        table.no_amx("int8")
