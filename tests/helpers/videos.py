"""Small videos of odd kinds, written by PyAV."""

from fractions import Fraction

import av
import numpy as np

FRAMES = 50


def rising(number):
    return 20 + 4 * number % 200


def level(number):
    return rising(number) + (30 if number % 2 else 0)


def write(
    path, codec, *, times=None, size=(64, 48), rate=25, pixels="yuv420p", grey=level, **settings
):
    """Write frames of some grey, with a brighter upper half, shown at `times` (milliseconds)."""
    times = times or [number * 1000 // rate for number in range(FRAMES)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        context = stream.codec_context
        context.time_base = Fraction(1, rate) if "mpeg" in codec else Fraction(1, 1000)
        for name, value in settings.items():
            setattr(context, name, value)
        for number, time in enumerate(times):
            picture = np.full((size[1], size[0], 3), grey(number), np.uint8)
            picture[: size[1] // 2] += 20
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
            frame.pts = number if "mpeg" in codec else time
            frame.time_base = context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
