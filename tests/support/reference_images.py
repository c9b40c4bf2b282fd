"""The NumPy twin of layers that see images, as loops over places; images are (n, height, width,
channels)."""

import numpy as np
import reference
import reference_random


def patches(x, kernel, strides, dilation, out):
    """(n, places down, places right, kernel height, kernel width, channels), x padded already."""
    found = np.empty((len(x), *out, *kernel, x.shape[-1]))
    for i, j, a, b in np.ndindex(*out, *kernel):
        line, column = i * strides[0] + a * dilation[0], j * strides[1] + b * dilation[1]
        found[:, i, j, a, b] = x[:, line, column]
    return found


def sides(n, kernel, stride, padding, dilation):
    """Cells of padding before and after n cells, and places; "same" has the odd one after."""
    reach = (kernel - 1) * dilation + 1
    if padding == "same":
        out = (n + stride - 1) // stride
        total = max((out - 1) * stride + reach - n, 0)
        return total // 2, total - total // 2, out
    cells = 0 if padding == "valid" else padding
    return cells, cells, (n + 2 * cells - reach) // stride + 1


def pair(value, series, neutral):
    numbers = value if isinstance(value, tuple) else (value,) * (1 if series else 2)
    return (neutral, numbers[-1]) if series else numbers


class Images:
    """Methods of a `reference_layers.Twin`, whose `shape` is that of the images on their way."""

    def _windows(self, layer, x, kernel, strides, dilation, fill):
        shape = self.shape or layer.input_shape
        series = len(shape) == 2
        image = (1, *shape) if series else shape
        kernel, strides, dilation = (pair(v, series, 1) for v in (kernel, strides, dilation))
        padding = getattr(layer, "padding", "valid")
        padding = (padding,) * 2 if isinstance(padding, str) else pair(padding, series, 0)
        cells = [sides(image[i], kernel[i], strides[i], padding[i], dilation[i]) for i in (0, 1)]
        around = [(0, 0), *(c[:2] for c in cells), (0, 0)]
        padded = np.pad(x.reshape(-1, *image), around, constant_values=fill)
        out = tuple(c[2] for c in cells)
        self.shape = (out[1],) if series else out
        return patches(padded, kernel, strides, dilation, out), any(map(any, around))

    def conv2d(self, layer, x):
        windows, padded = self._windows(
            layer, x, layer.kernel_size, layer.strides, layer.dilation, 0.0
        )
        if padded:
            self._next_stage()
        W, b = self._dense.pop(0)
        self._next_stage()
        n_out, channels = layer.n_out // layer.groups, windows.shape[-1] // layer.groups
        found = []
        for g in range(layer.groups):
            own = windows[..., g * channels : (g + 1) * channels].reshape(*windows.shape[:3], -1)
            at = slice(g * n_out, (g + 1) * n_out)
            found.append(own @ W[:, at].astype(float) + b[at])
        self.shape = (*self.shape, layer.n_out)
        z = np.concatenate(found, axis=-1).reshape(len(x), -1)
        if layer.activation in reference.ACTIVATIONS and layer.activation != "bernoulli":
            return reference.ACTIVATIONS[layer.activation][0](z)
        return self.activate(layer, z)

    conv1d = conv2d

    def _pooled(self, layer, x, take):
        channels = (self.shape or layer.input_shape)[-1]
        strides = layer.pool_size if layer.strides is None else layer.strides
        windows, _ = self._windows(layer, x, layer.pool_size, strides, 1, np.nan)
        self._next_stage()
        self.shape = (*self.shape, channels)
        return take(windows, axis=(3, 4)).reshape(len(x), -1)

    def max_pool(self, layer, x):
        return self._pooled(layer, x, np.nanmax)

    def average_pool(self, layer, x):
        return self._pooled(layer, x, np.nanmean)

    def global_average_pool(self, layer, x):
        self._next_stage()
        channels, self.shape = self.shape[-1], None
        return x.reshape(len(x), -1, channels).mean(axis=1)

    def random_shift(self, layer, x):
        """Cells that are moved and mirrored by numbers of the row, in training."""
        key = self._next_stage()
        shape = self.shape = self.shape or layer.input_shape
        image = x.reshape(-1, *((1, *shape) if len(shape) == 2 else shape))
        moved = np.zeros_like(image)
        for r in range(len(image)):
            number = reference_random.key(key, r, 0) if self.training else 0
            if not self.training:
                moved[r] = image[r]
                continue
            span = 2 * layer.cells + 1
            down = 0 if len(shape) == 2 else int(number % span) - layer.cells
            right = int(number // 1024 % span) - layer.cells
            for i, j in np.ndindex(*image.shape[1:3]):
                if 0 <= i + down < image.shape[1] and 0 <= j + right < image.shape[2]:
                    moved[r, i + down, j + right] = image[r, i, j]
            if layer.flip and number >> 63:
                moved[r] = moved[r, :, ::-1]
        return moved.reshape(len(x), -1)

    def flatten(self, layer, x):
        self.shape = None
        return x

    def projected(self, x, before, W):
        """What a residual connection adds where its layers change the shape of images."""
        if before is None:
            return x @ W
        out = self.shape[:-1]
        steps = [
            next(s for s in range(1, n + 1) if (n - 1) // s + 1 == m)
            for n, m in zip(before, out, strict=False)
        ]
        picked = x.reshape(-1, *before)[(slice(None), *(slice(None, None, s) for s in steps))]
        assert picked.shape[1:-1] == out
        return (picked @ W).reshape(len(x), -1)

    def by_channel(self, x):
        """Rows of images as rows of channels, and how to bring such back."""
        channels = self.shape[-1] if self.shape else x.shape[1]
        return x.reshape(-1, channels), x.shape[1] // channels
