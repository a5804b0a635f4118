"""What cannot be opened is told in one line, naming it, and nothing stays open."""

import psutil
import pytest
from helpers.bad_inputs import make

from nnvis.errors import UserError
from nnvis.sources import open_source


def test_every_bad_input_is_one_line_that_names_it(tmp_path):
    specs = make(tmp_path)
    assert len(specs) >= 60
    open_source("pattern:noise").close()
    wrong = []
    before = psutil.Process().num_fds()
    for name, spec in specs.items():
        try:
            open_source(spec).close()
        except UserError as error:
            text = str(error)
            spec = spec.strip()
            named = [part for part in (spec[:20], spec.rsplit("/", 1)[-1][:12]) if part]
            good = (
                text.isprintable()
                and len(text) < 400
                and any(part.replace("\0", "") in text.replace("\\x00", "") for part in named)
                if named
                else text
            )
            if not good:
                wrong.append((name, text))
        except Exception as error:  # noqa: BLE001 - any other exception is the failure
            wrong.append((name, repr(error)))
        else:
            wrong.append((name, "was opened"))
    assert not wrong
    assert psutil.Process().num_fds() <= before + 1


HEADS = {
    "a.hdr": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 4 +X 4\n", r"a Radiance picture \(HDR\)"),
    "a.jpg": (b"#?RGBE\nFORMAT=32-bit_rle_rgbe\n\n-Y 4 +X 4\n", r"a Radiance picture \(HDR\)"),
    "a.exr": (b"\x76\x2f\x31\x01\x02\0\0\0", r"an OpenEXR picture \(HDR\)"),
    "a.jxl": (b"\xff\x0a\x10\x20", "a JPEG XL picture"),
    "a.mp4": (b"%PDF-1.7\n", "a PDF"),
    "a.dcm": (b"\0" * 128 + b"DICM\2\0", "a DICOM picture"),
    "a.cr2": (b"II*\0\x10\0\0\0CR\x02\0", "a raw photograph"),
    "a.svg": (b'<?xml version="1.0"?>\n<svg width="4">', "a drawing"),
    "a.npy": (b"\x93NUMPY\x01\0v\0{'descr'", "an array of NumPy"),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_is_known_and_not_read_is_called_by_its_kind(tmp_path, name):
    content, said = HEADS[name]
    (tmp_path / name).write_bytes(content + bytes(range(200)))
    with pytest.raises(UserError, match=rf"{name} is {said}.* not read; .*save"):
        open_source(str(tmp_path / name))
