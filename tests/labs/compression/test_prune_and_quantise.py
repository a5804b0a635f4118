import pytest
import torch

from nnvis.labs.compression.prune_and_quantise import keep_largest, kilobytes, prune, rounded
from nnvis.labs.training.batched_mlp import build


def test_the_largest_weights_of_each_network_stay():
    stack = build((8, 20, 4), (0, 1))
    before = [one.detach().clone() for one in stack.weights]
    prune(stack, keep_largest(stack, 0.1))

    for run in (0, 1):
        was = torch.cat([one[run].flatten() for one in before]).abs()
        now = torch.cat([one[run].detach().flatten() for one in stack.weights]).abs()
        assert (now > 0).sum() == round(0.1 * len(was))
        assert now[now > 0].min() >= was[now == 0].max()


def test_rounding_is_exact_to_half_a_step_and_leaves_the_network_as_it_was():
    stack = build((8, 20, 4), (0, 1))
    before = stack.weights[0].detach().clone()
    got = rounded(stack, 8).weights[0].detach()
    for run in (0, 1):
        assert len(got[run].unique()) <= 255
        assert (got[run] - before[run]).abs().max() <= before[run].abs().max() / 127 / 2 + 1e-7
    assert torch.equal(stack.weights[0], before)


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_few_bits_are_spent_where_they_err_least(bits):
    stack = build((30, 40, 4), (0,))
    with torch.no_grad():
        stack.weights[0][0, 0, 0] = 30.0  # one weight far out takes all steps of an even grid
    weight = stack.weights[0].detach()
    got = rounded(stack, bits).weights[0].detach()
    step = weight.abs().max() / (2 ** (bits - 1) - 1)
    even = (weight / step).round() * step
    assert len(got.unique()) <= 2**bits - 1
    assert ((got - weight) ** 2).sum() <= ((even - weight) ** 2).sum()


def test_the_size_counts_kept_weights_their_places_and_biases():
    stack = build((8, 20, 4), (0,))
    assert kilobytes(stack) == stack.size * 4 / 1024
    weights, biases = 8 * 20 + 20 * 4, 24
    assert kilobytes(stack, share=0.1, bits=8) * 8192 == pytest.approx(
        weights * 0.1 * 8 + biases * 32 + weights
    )
