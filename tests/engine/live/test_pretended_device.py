"""Nothing of a live look mixes devices; what launches and crosses is counted without a GPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from torch.utils import backend_registration

ROOT = Path(__file__).parents[3]
MOST = {  # launches beyond the bare pass of 52, and what is copied once
    "look": 36, "eight thumbnails": 40, "deconv and its grid": 96, "unit off": 91, "attack": 212,
    "attack target": 215, "attack and where": 560,
    # One more each joins what is sent; above, a stand-in has the parts one by one.
    "look, overlapping": 37, "eight thumbnails, overlapping": 41, "gradient, overlapping": 97,
}  # fmt: skip


pytestmark = pytest.mark.skipif(
    not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"),
    reason="this PyTorch cannot pretend a device",
)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What a process says for which that device is there."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.pretended_work"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_lens_feature_images_slow_views_the_index_and_labs_mix_no_devices(
    told: dict[str, Any],
) -> None:
    """Nor do they ask for double precision where there is none, as on MPS."""
    found = told["work"]
    some = {
        "lens alike",
        "board",
        "feature vivid",
        "feature held out",
        "view lrp",
        "view lime",
        "index",
        "lab flat",
    }
    assert {*some, "view kernel_shap", "line: the plane"} <= set(found)
    assert {name: failed for name, failed in found.items() if failed} == {}


@pytest.mark.slow
def test_one_upload_one_download_and_a_budget_of_launches(told: dict[str, Any]) -> None:
    found = dict(told["looks"])
    bare = found.pop("bare")["operations"]
    assert bare > 45
    assert "attention" in found.pop("rollout")["failed"]  # this network has none
    assert "look, overlapping" in found
    failed = {name: one["failed"] for name, one in found.items() if "failed" in one}
    assert not failed
    for name, one in found.items():
        drawn = name == "attack control"  # noise is drawn on the host, the same everywhere
        tables = sum(n for at, n in one["uploads"].items() if at.startswith("imaging/"))
        assert sum(one["reads"].values()) == 1, (name, one)
        assert sum(one["uploads"].values()) - tables == 1 + drawn, (name, one)
        # Colours are copied once: a sheet's with the first look, a view's with the first one.
        assert not tables or name in ("look", "gradcam"), name
        assert one["operations"] - bare <= MOST.get(name, 400), (name, one)
