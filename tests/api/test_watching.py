"""A training that is watched comes out to the bit as it would have, and is seen as it goes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from helpers.attached import attached
from torch import nn

import nnvis
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.remote.training_room import TrainingRoom
from nnvis.engine.remote.training_sample import TrainingSample, copied
from nnvis.models.info import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.views.request import AttributionRequest

MEAN, STD = (0.5,) * 3, (0.25,) * 3


def network():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True),
        nn.Dropout2d(0.3), nn.Conv2d(8, 12, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Dropout(0.5), nn.Linear(12, 4),
    )  # fmt: skip


def train(net, steps, each=lambda step, x, loss: None):
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3)
    torch.manual_seed(5)
    for step in range(steps):
        x = torch.randint(0, 256, (6, 3, 16, 16)).float() / 255  # of the generator of all
        x = (x - 0.5) / 0.25
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(net(x), torch.randint(0, 4, (6,)))
        loss.backward()
        optimiser.step()
        each(step, x, loss)
    return [one.clone() for one in net.state_dict().values()]


def test_weights_statistics_and_random_numbers_are_equal_to_the_bit():
    steps = 60
    plain = train(network(), steps)
    drawn = torch.get_rng_state()
    flags = torch.backends.cudnn.benchmark, torch.get_num_threads(), torch.is_grad_enabled()
    net = network()
    with (
        nnvis.watch(net, every=1, mean=MEAN, std=STD, quiet=True) as watch,
        attached(watch.address) as told,
    ):
        told.wait(lambda: watch._room.wanted)
        watch._room._spent = -1e9  # at every step, whatever it takes
        count = 0

        def each(step, x, loss):
            nonlocal count
            watch.step(x, loss)
            if step == 0:
                count = len(told.wait(lambda: told.shots))
                request = told.session.request
                told.session.select(
                    replace(request, layer="2", attribution=AttributionRequest("deconv"))
                )
            elif step % 5 == 0:
                told.wait(lambda: len(told.shots) > count)
                count = len(told.shots)

        watched = train(net, steps, each)
        assert len(told.shots) >= steps // 5  # as many as were waited for
        assert any(shot.attribution is not None for shot in told.shots)
    assert all(torch.equal(one, other) for one, other in zip(plain, watched, strict=True))
    assert torch.equal(torch.get_rng_state(), drawn)
    assert flags == (
        torch.backends.cudnn.benchmark, torch.get_num_threads(), torch.is_grad_enabled(),
    )  # fmt: skip
    assert all(not one._forward_pre_hooks and not one._forward_hooks for one in net.modules())
    assert net.training


def test_grids_losses_ratios_and_dead_units_are_those_of_the_step():
    net = network()
    with torch.no_grad():  # a unit that nothing brings to life
        net[4].weight[7].zero_()
        net[4].bias[7] = -1e3
    kept = {}
    with (
        nnvis.watch(net, every=4, mean=MEAN, std=STD, quiet=True) as watch,
        attached(watch.address) as told,
    ):
        told.wait(lambda: watch._room.wanted)
        watch._room._spent = -1e9
        count = 0

        def each(step, x, loss):
            nonlocal count
            watch.step(x, loss)
            now = [one.detach().clone() for one in net.state_dict().values()]
            kept[step + 1] = (x.clone(), float(loss.detach()), now)
            if step == 0:
                count = len(told.wait(lambda: told.shots))
            elif step % 4 == 0:
                told.wait(lambda: len(told.shots) > count)
                count = len(told.shots)

        train(net, 14, each)
        shot = told.shots[-1]
    report = shot.observations.training
    x, _, weights = kept[report.step]
    assert report.losses.tolist() == [np.float32(kept[at][1]) for at in report.loss_steps]
    copy = network()
    copy.load_state_dict(dict(zip(copy.state_dict(), weights, strict=True)))
    there = VisionModel(copy, input_size=(16, 16), mean=MEAN, std=STD)
    pixels = (x[0] * 0.25 + 0.5) * 255
    assert np.array_equal(shot.frame.picture, pixels.round().byte().permute(1, 2, 0).numpy())
    same = process_frame(there, there.info(ModelRequest("copy")), shot.frame, shot.request)
    assert np.array_equal(shot.sheet.picture, same.sheet.picture)
    assert np.array_equal(shot.unit.values, same.unit.values)
    before, after = kept[report.step - 1][2], weights
    wide = [at for at, one in enumerate(before) if one.ndim > 1]
    ratios = [float((after[at] - before[at]).norm() / before[at].norm()) for at in wide]
    assert np.allclose(report.ratios[-1], ratios, rtol=1e-5)
    assert report.weights == ("0.weight", "4.weight", "9.weight")
    dead = {one.layer: (one.dead, one.units) for one in report.dead}
    assert dead["5"][0] >= 1
    assert dead["5"][1] == 12


def test_a_network_that_draws_while_it_is_looked_at_is_not_looked_at():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 4)

        def forward(self, x):
            x = nn.functional.dropout(self.conv(x), 0.2, training=True)
            return self.head(x.mean((2, 3)))

    torch.manual_seed(1)
    plain = train(Noisy(), 8)
    torch.manual_seed(1)
    net = Noisy()
    with nnvis.watch(net, every=1, quiet=True) as watch, attached(watch.address) as told:
        told.wait(lambda: watch._room.wanted)

        def each(step, x, loss):
            if step == 4:
                ((_, message, _),) = told.wait(lambda: told.of("model_failed"))
                assert "draws random numbers" in message

        watched = train(net, 8, each)
    assert all(torch.equal(one, other) for one, other in zip(plain, watched, strict=True))


def test_the_end_and_a_new_beginning_are_told_in_one_line_each():
    """The first training ends; another of the same network begins at the same port."""
    first = nnvis.watch(network(), every=1, token="a token", quiet=True)
    with attached_while(first) as told:
        told.wait(lambda: first._room.wanted)
        train(first._model, 1)
        told.wait(lambda: told.shots)
        port = int(first.address.rpartition(":")[2])
        first.__exit__(None, None, None)
        ended = f"127.0.0.1:{port} has ended; what is shown is its last"
        told.wait(lambda: ended in told.warnings)
        assert told.warnings.count(ended) == 1
        count = len(told.shots)
        with nnvis.watch(network(), every=1, token="a token", port=port, quiet=True) as again:
            told.wait(lambda: again._room.wanted)
            train(again._model, 1)
            told.wait(lambda: len(told.shots) > count)
            told.wait(lambda: told.of("warned")[-1] == ("",))
        assert len(told.of("model_ready")) == 1


@contextmanager
def attached_while(watch):
    watch.__enter__()
    with attached(watch.address) as told:
        yield told


def test_a_callback_of_lightning_watches_as_the_loop_does():
    """The calls of Lightning's loop, in its order; the library itself is no dependency."""
    net = network()
    callback = nnvis.WatchCallback(every=1, mean=MEAN, std=STD, quiet=True)
    trainer = object()
    callback.setup(trainer, net, stage="fit")
    callback.on_fit_start(trainer, net)
    callback.on_train_start(trainer, net)
    with attached(callback.watch.address) as told:
        told.wait(lambda: callback.watch._room.wanted)

        def each(step, x, loss):
            callback.on_train_batch_start(trainer, net, (x, None), step)
            callback.on_train_batch_end(trainer, net, {"loss": loss}, (x, None), step)

        train(net, 1, each)
        shot = told.wait(lambda: told.shots and told.shots[-1])
        assert shot.observations.training.loss_steps.tolist() == [1]
        callback.on_train_end(trainer, net)
    assert callback.watch is None
    assert callback.state_dict() == {}


def test_an_optimiser_that_is_given_the_weights_later_is_heard():
    net, other = network(), nn.Linear(2, 2)
    optimiser = torch.optim.SGD(other.parameters(), lr=0.1)
    with nnvis.watch(net, quiet=True) as watch:
        optimiser.step()
        assert watch.steps == 0
        optimiser.add_param_group({"params": [*net.parameters()]})
        optimiser.step()
        assert watch.steps == 1


def test_weights_that_two_layers_share_are_followed_as_one():
    net = nn.Sequential(
        nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 3, 3, padding=1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2),
    )  # fmt: skip
    net[2].weight = net[0].weight
    room = TrainingRoom(net, "tied", 1, {"mean": MEAN, "std": STD})

    def hand_over(step):
        kept = copied(room.weights()), copied(room.buffers())
        room.hand_over(TrainingSample(step, torch.rand(2, 3, 8, 8), 2, None, *kept, (), 0.0))

    hand_over(1)
    model, _ = room.opened()
    assert model.network[0].weight is model.network[2].weight
    assert model.network[0].weight.data_ptr() != net[0].weight.data_ptr()
    with torch.no_grad():
        net[0].weight += 1
    hand_over(2)
    assert room.batch(-1) is not None
    assert torch.equal(model.network[2].weight, net[2].weight)


def test_a_step_is_shown_again_once_its_loss_is_told():
    net = nn.Sequential(nn.Conv2d(3, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    room = TrainingRoom(net, "late", 1, {"mean": MEAN, "std": STD})
    kept = copied(room.weights()), copied(room.buffers())
    room.hand_over(TrainingSample(1, torch.rand(2, 3, 8, 8), 2, None, *kept, (), 0.0))
    room.opened()
    number, _ = room.batch(-1)
    assert room.batch(number) is None
    assert room.report().losses.tolist() == []
    room.measures.note_loss(1, 0.5)
    number, frame = room.batch(number)
    assert frame.index == 1
    assert room.report().losses.tolist() == [0.5]
    assert room.batch(number) is None
