import numpy as np

from nnvis.engine.unit_card.activation_ranges import MOST, ActivationRanges


def row(*values):
    return np.array(values, np.float32)


def test_ends_are_those_of_all_looks_and_are_found_again(tmp_path):
    ranges = ActivationRanges()
    ranges.note("w", "conv", row(1, 5, np.nan))
    ranges.note("w", "conv", row(3, -2, np.nan))
    assert ranges.of("w", "conv", 0) == (1, 3)
    assert ranges.of("w", "conv", 1) == (-2, 5)
    assert ranges.of("w", "conv", 2) is None  # never a number
    assert ranges.of("w", "conv", 3) is None
    assert ranges.of("other", "conv", 0) is None
    path = tmp_path / "seen.npz"
    ranges.write(path)
    later = ActivationRanges()
    later.note("w", "conv", row(9, 0, 4))
    later.join(ActivationRanges.read(path))
    assert later.of("w", "conv", 0) == (1, 9)
    assert later.of("w", "conv", 2) == (4, 4)


def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path):
    path = tmp_path / "seen.npz"
    assert ActivationRanges.read(path).of("w", "conv", 0) is None
    path.write_bytes(b"PK\x03\x04 torn")
    assert ActivationRanges.read(path).of("w", "conv", 0) is None
    ranges = ActivationRanges()
    ranges.note("w", "conv", row(*range(400)))
    ranges.write(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):  # whichever byte is spoilt
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        ActivationRanges.read(path)


def test_infinity_is_no_end():
    ranges = ActivationRanges()
    ranges.note("w", "conv", row(np.inf, 1))
    ranges.note("w", "conv", row(2, 1))
    assert ranges.of("w", "conv", 0) == (2, 2)


def test_layers_that_were_not_seen_for_long_go_first():
    ranges = ActivationRanges()
    for number in range(MOST):
        ranges.note("w", str(number), row(1))
    ranges.note("w", "0", row(2))
    ranges.note("w", "new", row(3))
    assert ranges.of("w", "0", 0) == (1, 2)
    assert ranges.of("w", "1", 0) is None
