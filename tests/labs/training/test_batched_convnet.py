import torch
from torch.nn.functional import conv2d

from nnvis.labs.training.batched_convnet import build_convolutional, stride_of
from nnvis.labs.training.interpolate import blend

SHAPE = (3, 20, 18)


def test_each_network_of_a_stack_is_the_residual_network_that_it_would_be_alone():
    stack = build_convolutional(SHAPE, 4, (3, 7))
    x = torch.rand(5, 3 * 20 * 18, generator=torch.Generator().manual_seed(0))
    found = stack(x)
    assert found.shape == (2, 5, 4)
    assert torch.allclose(stack(x.expand(2, -1, -1)), found, atol=1e-6)

    weights, biases = ([one[1] for one in own] for own in (stack.weights, stack.biases))
    stride = stride_of(SHAPE)
    assert stride == 3
    maps = conv2d(x.view(5, *SHAPE), weights[0].view(8, 3, 5, 5), biases[0][0], stride, 2)
    assert maps.shape[2:] == (7, 6)
    for place in (1, 3, 5):
        inner = conv2d(maps.relu(), weights[place].view(8, 8, 3, 3), biases[place][0], 1, 1)
        kernel = weights[place + 1].view(8, 8, 3, 3)
        maps = maps + conv2d(inner.relu(), kernel, biases[place + 1][0], 1, 1)
    alone = maps.relu().flatten(1) @ weights[-1] + biases[-1]
    assert torch.allclose(found[1], alone, atol=1e-5)

    only = build_convolutional(SHAPE, 4, (7,))
    assert torch.allclose(only(x)[0], alone, atol=1e-5)
    assert torch.allclose(blend([stack, stack], torch.full((2, 2), 0.5))(x), found, atol=1e-6)
