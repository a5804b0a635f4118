"""Where frames come from; `registry` says what opens which kind."""

from nnvis.sources.cameras import Camera, list_cameras
from nnvis.sources.opening import default_source, open_source
from nnvis.sources.pattern import PATTERNS
from nnvis.sources.registry import SOURCES, SourceKind, SpecForm
from nnvis.sources.sample import SAMPLES

__all__ = [
    "PATTERNS",
    "SAMPLES",
    "SOURCES",
    "Camera",
    "SourceKind",
    "SpecForm",
    "default_source",
    "list_cameras",
    "open_source",
]
