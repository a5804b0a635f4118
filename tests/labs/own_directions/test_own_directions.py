import csv
import itertools
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from nnvis.errors import UserError
from nnvis.labs.framework.report import UNKNOWN
from nnvis.labs.framework.statistics import permuted
from nnvis.labs.own_directions.activations import (
    ObservedLayer,
    PassedPictures,
    last_features,
    pass_all,
)
from nnvis.labs.own_directions.image_features import balanced, image_features
from nnvis.labs.own_directions.measure import alike, choose, dimensions, of_one_class, shared
from nnvis.labs.own_directions.pictures import in_rounds, list_pictures
from nnvis.labs.own_directions.run import compare
from nnvis.labs.own_directions.summary import gaps
from nnvis.labs.training.coherence import drawn
from nnvis.models import VisionModel, load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.top_images.build import index, make_spec
from nnvis.top_images.merge_indexes import merge

pytestmark = pytest.mark.usefixtures("nothing_drawn")

TINY = ModelRequest("tiny")


@pytest.fixture
def folder(tmp_path):
    """A hundred noisy pictures in four folders, each of its own brightness and stripes."""
    die = np.random.default_rng(0)
    for kind in range(4):
        (tmp_path / "set" / f"kind{kind}").mkdir(parents=True)
        for number in range(25):
            base = 50 * kind + 20 * (np.arange(40)[:, None, None] // (kind + 1) % 2)
            noise = die.normal(0, 40, (40, 40, 3)) + die.normal(0, 30, 3)
            picture = (base + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / "set" / f"kind{kind}" / f"{number:02}.png")
    return tmp_path / "set"


def report(data, out, **more):
    drain(compare(TINY, str(data), out, seeds=(0, 1), **more))
    return json.loads((out / "report.json").read_text())


@pytest.mark.parametrize("over_max", [0, 1])
def test_top_pictures_are_those_of_sorting_what_a_plain_hook_hears(over_max, folder, tmp_path):
    report(folder, tmp_path / "out", layer="relu2", values={"over_max": over_max})
    model, heard, names = load("tiny"), [], sorted(folder.rglob("*.png"))
    model.network.relu2.register_forward_hook(lambda *got: heard.append(got[2].clone()))
    for path in names:
        fed = model.prepare(np.asarray(Image.open(path)))[1]
        model(fed)
    maps = torch.cat(heard).flatten(2).numpy()
    values = maps.max(2) if over_max else maps.mean(2)
    rows = list(csv.DictReader((tmp_path / "out" / "top.csv").read_text().splitlines()))
    assert [row["kind"] for row in rows] == ["unit"] * 16 + ["random"] * 16 + ["scaled"] * 16
    mixed = drawn(16, 16, torch.Generator().manual_seed(5)).numpy()
    along = {
        "unit": values, "random": values @ mixed, "scaled": values @ (mixed.T / values.std(0)).T,
    }  # fmt: skip
    for row in rows:
        expected = np.argsort(-along[row["kind"]][:, int(row["number"])], kind="stable")[:8]
        assert [row[str(rank)] for rank in range(1, 9)] == [str(names[at]) for at in expected]


@pytest.mark.slow
def test_an_index_gives_the_numbers_of_its_folder_and_tells_what_has_changed(folder, tmp_path):
    torn = folder / "kind0" / "torn.png"
    torn.write_bytes(b"torn")
    model = load("tiny")
    spec = make_spec(model, TINY, str(folder), ["relu1"], top=9)
    drain(index(model, spec, tmp_path / "index", workers=0))
    torn.unlink()
    plain = report(folder, tmp_path / "plain")
    indexed = report(tmp_path / "index", tmp_path / "indexed")
    for part in ("curves", "measures", "answers"):
        assert plain[part] == indexed[part]
    listed = drain(list_pictures(str(tmp_path / "index")))
    known = [
        one.path for one, has in zip(listed.references, listed.hashes, strict=True) if has
    ]  # fmt: skip
    drain(merge([tmp_path / "index"] * 2, tmp_path / "joined"))
    joined = drain(list_pictures(str(tmp_path / "joined")))
    assert (joined.references, joined.gone, joined.more) == (listed.references, 0, -100)
    assert (listed.gone, listed.more) == (0, 0)
    (folder / known[0]).unlink()
    Image.new("RGB", (40, 40)).save(known[1])
    later = report(tmp_path / "index", tmp_path / "later")
    assert "98 pictures" in later["seen"]
    assert "1 changed since they were indexed, 1 of the index gone" in later["seen"]


def test_how_many_pictures_pass_together_changes_nothing(folder):
    model = load("tiny")
    listed = drain(list_pictures(str(folder)))
    found = []
    for size in (1, 7, 100):
        places = list(range(100))
        blocks = [places[at : at + size] for at in range(0, 100, size)]
        passed = PassedPictures()
        eye = ObservedLayer(model, last_features(model))
        assert list(pass_all([eye], listed, blocks, 0, passed))[-1] == len(blocks)
        found.append((torch.cat(passed.features), torch.cat(passed.looks)))
    assert last_features(model).name == "relu3"
    for features, seen in found[1:]:
        assert torch.allclose(features, found[0][0], atol=1e-6)
        assert torch.equal(seen, found[0][1])


def test_colour_detectors_are_more_alike_than_their_mixtures_and_these_than_chance():
    die = np.random.default_rng(0)
    fed, labels = [], []
    for colour in range(3):
        for _ in range(30):  # one channel bright, the others anything: mixtures cross the classes
            shade = die.integers(0, 160, 3)
            shade[colour] = 165 + die.integers(0, 90)
            fed.append(np.broadcast_to(shade.astype(np.uint8), (8, 8, 3)))
            labels.append(colour)
    pixels = np.stack([one[0, 0] for one in fed]) / 255
    network = nn.Sequential(nn.Conv2d(3, 3, 1, bias=False), nn.Flatten(), nn.Linear(192, 5))
    with torch.no_grad():
        network[0].weight.copy_(torch.eye(3)[:, :, None, None])
    model = VisionModel(network, input_size=(8, 8), mean=(0, 0, 0), std=(1, 1, 1))
    from nnvis.labs.own_directions.activations import activations

    blocks = torch.from_numpy(np.stack(fed))
    features, _ = activations(ObservedLayer(model, model.layers[0]), blocks)
    assert np.allclose(features.numpy(), pixels, atol=1e-6)  # a unit is its colour
    sets = choose(features, range(40), 8, 100)
    seen = of_one_class(sets, torch.tensor(labels))
    units, mixed, chance = (torch.cat(seen[kind]) for kind in ("unit", "random", "chance"))
    # By hand: sort, take eight, count the commonest.
    for unit in range(3):
        eight = np.array(labels)[np.argsort(-pixels[:, unit])[:8]]
        assert float(units[unit]) == pytest.approx(100 * np.bincount(eight).max() / 8)
    assert units.tolist() == [100, 100, 100]
    assert float(chance.mean()) < float(mixed.mean()) - 10 < float(units.mean()) - 20
    space = balanced(torch.from_numpy(np.stack([image_features(one) for one in fed])))
    by_looks = alike(sets, space)
    rows = space.numpy() / np.linalg.norm(space.numpy(), axis=1, keepdims=True)
    for found, chosen in (
        (by_looks["unit"][0], sets.chosen["unit"][0]),
        (by_looks["random"][3], sets.chosen["random"][3]),
    ):
        for value, places in zip(found.tolist(), chosen.tolist(), strict=True):
            pairs = [rows[a] @ rows[b] for a in places for b in places if a != b]
            assert value == pytest.approx(np.mean(pairs), abs=1e-4)
    means = [float(torch.cat(by_looks[kind]).mean()) for kind in ("unit", "random", "chance")]
    assert min(means[:2]) > means[2] + 0.3
    apart = np.mean(gaps(by_looks))
    assert apart == pytest.approx(
        (means[0] - means[1]) / float(by_looks["unit"][0].std()), rel=1e-4
    )


def test_random_directions_are_raw_products_and_what_they_share_is_counted_by_hand():
    die = torch.Generator().manual_seed(1)
    features = torch.rand(50, 6, generator=die) * torch.tensor([1, 1, 1, 1, 1, 30.0])
    features[:, 5] += 5
    features[:, 2] = 0  # silent
    sets = choose(features, (3,), 4, 100)
    assert sets.units.tolist() == [0, 1, 3, 4, 5]
    assert sets.quiet == 1
    # The loud unit alone decides: nearly all directions show what it shows, or its opposite.
    mean = features.mean(0).numpy()
    ends = [set(np.argsort(-sign * (features.numpy() @ mean))[:4]) for sign in (1, -1)]
    found = shared(sets, 50)["random"]
    counts = [
        len(set(row.tolist()) & ends[0 if leans else 1])
        for row, leans in zip(
            sets.chosen["random"][0], sets.leaning["random"][0].tolist(), strict=True
        )
    ]
    assert found.with_mean == pytest.approx((np.mean(counts),))
    assert found.equal_mean == pytest.approx((np.mean([one == 4 for one in counts]),))
    assert found.with_mean[0] > 2
    assert found.different == (len(set(sets.chosen["random"][0].flatten().tolist())),)
    evened = choose(features / features.std(0).clamp_min(1e-9), (3,), 4, 100)
    assert torch.equal(sets.chosen["scaled"][0], evened.chosen["random"][0])
    assert choose(torch.ones(50, 6), (0,), 4, 100) is None


@pytest.mark.parametrize("shape", [(60, 7), (7, 60)])
def test_dimensions_are_told_of_the_eigenvalues(shape):
    features = torch.rand(shape, generator=torch.Generator().manual_seed(0)) ** 3
    for scaled, matrix in ((False, np.cov), (True, np.corrcoef)):
        roots = np.linalg.eigvalsh(matrix(features.numpy().T))
        expected = roots.sum() ** 2 / (roots**2).sum()
        assert dimensions(features, scaled) == pytest.approx(expected, rel=1e-4)


def test_permuting_gives_the_p_of_all_ways_to_deal():
    values = [0.9, 1.4, 0.8, 1.9, 1.1, 0.2, 0.7, 0.1, 1.0, 0.4, 0.5]
    apart = [
        abs(np.mean(part) - (sum(values) - sum(part)) / 6)
        for part in itertools.combinations(values, 5)
    ]
    found = abs(np.mean(values[:5]) - np.mean(values[5:]))
    expected = np.mean([one >= found - 1e-9 for one in apart])
    assert 0.005 < expected < 0.1
    assert permuted(values[:5], values[5:], 5000) == pytest.approx(expected, abs=0.01)
    assert permuted([1.0, 1.1], [1.0, 1.1, 1.0, 1.1]) > 0.9


def test_rounds_hold_each_place_once_and_double():
    rounds = in_rounds(1000, 700, 64, 5)
    assert [len(one) for one in rounds] == [64, 64, 128, 444]
    assert len(set().union(*rounds)) == 700
    assert all(one == sorted(one) for one in rounds)


def test_a_cancelled_run_keeps_what_it_has(folder, tmp_path):
    steps = compare(TINY, str(folder), tmp_path / "out")
    for step in steps:
        if getattr(step, "points", ()):
            break
    steps.close()
    kept = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (kept["finished"], kept["failure"]) == (False, "stopped after 64 pictures")
    assert {tuple(one["x"]) for one in kept["curves"]} == {(64,)}
    assert (tmp_path / "out" / "report.html").exists()


def test_a_second_network_says_how_alike_pictures_are(folder, tmp_path):
    found = report(folder, tmp_path / "out", second=ModelRequest("tiny", seed=3))
    curves = {(one["panel"], one["curve"]) for one in found["curves"]}
    assert {panel for panel, _ in curves} == {"looks", "second", "class", "spread"}
    assert found["versions"]["second"] == "tiny, relu3"
    assert found["versions"]["accuracy"] == UNKNOWN
    assert len(found["answers"]["game"]) == 20
    with Image.open(tmp_path / "out" / "game.png") as game:
        assert game.size == (8 * 92 + 4, 20 * 92)
    with pytest.raises(UserError, match="has the weights of the first"):
        report(folder, tmp_path / "out", second=TINY)


def test_a_unit_that_is_constant_counts_for_nothing_when_units_are_scaled():
    features = torch.randn(300, 40, generator=torch.Generator().manual_seed(1))
    bias = torch.full((300, 3), 0.1) + 1e-8 * (torch.arange(300) % 2)[:, None]
    both = torch.cat([features, bias], 1)
    assert dimensions(both, scaled=True) == pytest.approx(dimensions(features, scaled=True))
    sets = choose(both, (0,), 8, 64)
    v = drawn(len(sets.units), 43, torch.Generator().manual_seed(5))
    plain = features / features.std(0)
    expected = (plain.double() @ v[:40].double()).topk(8, 0).indices.T.sort().values
    found = sets.chosen["scaled"][0].tolist()
    same = [set(a) == set(b) for a, b in zip(expected.tolist(), found, strict=True)]
    assert sum(same) >= len(same) - 1
