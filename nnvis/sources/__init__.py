"""Where frames come from."""

from nnvis.sources.cameras import Camera, list_cameras
from nnvis.sources.opening import default_source, open_source
from nnvis.sources.pattern import PATTERNS
from nnvis.sources.sample import SAMPLES

__all__ = ["PATTERNS", "SAMPLES", "Camera", "default_source", "list_cameras", "open_source"]
