"""The measurements by name, those of the window apart."""

from __future__ import annotations

from collections.abc import Callable

from nnvis.bench.attack import attack
from nnvis.bench.attack_peers import attack_peers
from nnvis.bench.attack_reach import attack_reach
from nnvis.bench.commands import commands
from nnvis.bench.feature import feature
from nnvis.bench.feature_live import feature_live
from nnvis.bench.index import cluster, memory, speed
from nnvis.bench.integrated import integrated
from nnvis.bench.live import live
from nnvis.bench.measurement import Measurement
from nnvis.bench.prepare import prepare
from nnvis.bench.soak import fool_soak, soak
from nnvis.bench.switch_latency import switch
from nnvis.bench.views import switching, views
from nnvis.progress import Steps

BENCHES: dict[str, Callable[..., Steps[list[Measurement]]]] = {
    "live": live,
    "prepare": prepare,
    "switch": switch,
    "attack": attack,
    "attack-reach": attack_reach,
    "attack-peers": attack_peers,
    "views": views,
    "integrated": integrated,
    "feature": feature,
    "feature-live": feature_live,
    "index": speed,
    "index-memory": memory,
    "index-ray": cluster,
    "soak": soak,
    "fool-soak": fool_soak,
    "views-soak": switching,
    "commands": commands,
}
