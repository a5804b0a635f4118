"""The one door to OpenVINO, which else tells its maker of each import, over the network."""

from __future__ import annotations

import sys
from typing import Any

_TELLS = "openvino_telemetry"
_blocked: dict[str, Any] = sys.modules  # None stands for a module that cannot be imported
_alone = _TELLS not in _blocked and "openvino" not in _blocked

if _alone:
    _blocked[_TELLS] = None
try:
    import openvino as openvino  # noqa: TID251 - the door itself
finally:
    if _alone:
        del _blocked[_TELLS]
