"""The functions in C99 of nodes that see images; @ is the file's prefix.

A window w is: height, width and channels of the image, lines and columns of the kernel, places down
and to the right, strides, dilation, and padding in both directions, and groups of channels.
"""

import numpy as np

_CONVOLUTION = """static void @convolution(const float *x, const float *weight, const float *bias,
                         float *y, const size_t *w, size_t n_out)
{
    const size_t deep = w[2] / w[13], share = n_out / w[13];
    for (size_t i = 0; i < w[5]; i++)
        for (size_t j = 0; j < w[6]; j++, y += n_out)
            for (size_t o = 0; o < n_out; o++) {
                const float *k = weight + o;
                float sum = bias ? bias[o] : 0.0f;
                for (size_t a = 0; a < w[3]; a++)
                    for (size_t b = 0; b < w[4]; b++) {
                        const float *z = x + o / share * deep
                            + ((i * w[7] + a * w[9]) * w[1] + j * w[8] + b * w[10]) * w[2];
                        for (size_t c = 0; c < deep; c++, k += n_out)
                            sum += z[c] * *k;
                    }
                y[o] = sum;
            }
}
"""

_PAD = """static void @pad(const float *x, float *y, const size_t *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 0.0f;
    for (size_t i = 0; i < w[0]; i++)
        for (size_t j = 0; j < w[1] * w[2]; j++)
            y[((w[11] + i) * w[6] + w[12]) * w[2] + j] = x[i * w[1] * w[2] + j];
}
"""

_POOL = """static void @{name}(const float *x, float *y, const size_t *w, size_t n)
{{
    for (size_t p = 0; p < n; p++) {{
        const size_t i = p / w[2] / w[6] * w[7], j = p / w[2] % w[6] * w[8];
        float best = 0.0f;
        size_t count = 0;
        for (size_t a = i; a < i + w[3]; a++)
            for (size_t b = j; b < j + w[4]; b++)
                if (a >= w[11] && a < w[11] + w[0] && b >= w[12] && b < w[12] + w[1]) {{
                    const float z = x[((a - w[11]) * w[1] + b - w[12]) * w[2] + p % w[2]];
                    {step}
                    count++;
                }}
        y[p] = {result};
    }}
}}
"""

_CHANNEL_NORM = """static void @channel_norm(float *z, const float *gain, const float *shift,
                          const float *mean, const float *variance, float epsilon, size_t places,
                          size_t n)
{
    const size_t channels = n / places;
    for (size_t i = 0; i < n; i++) {
        const size_t c = i % channels;
        z[i] = (z[i] - mean[c]) / sqrtf(variance[c] + epsilon) * gain[c] + shift[c];
    }
}
"""

IMAGE_FUNCTIONS = {
    "convolution": _CONVOLUTION,
    "pad": _PAD,
    "max_pool": _POOL.format(
        name="max_pool", step="if (!count || z > best || z != z) best = z;", result="best"
    ),
    "average_pool": _POOL.format(
        name="average_pool", step="best += z;", result="best / (float) count"
    ),
    "channel_norm": _CHANNEL_NORM,
}

#: Kinds whose outputs cannot lie where their input does.
SEES_IMAGES = frozenset({"convolution", "pad", "max_pool", "average_pool"})


def window_numbers(window):
    """A window as the functions take it."""
    numbers = (
        *(*window.shape, *window.kernel, *window.out, *window.strides, *window.dilation),
        *(*window.padding, window.groups),
    )
    return np.array(numbers, np.intp)
