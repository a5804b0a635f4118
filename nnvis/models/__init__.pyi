from .registry import Offer as Offer
from .registry import load as load
from .registry import load_steps as load_steps
from .registry import models as models
from .tiny_network import tiny as tiny
from .vision import VisionModel as VisionModel
