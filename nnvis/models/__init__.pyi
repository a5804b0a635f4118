from .offers import Offer as Offer
from .offers import models as models
from .registry import load as load
from .registry import load_steps as load_steps
from .tiny_network import tiny as tiny
from .vision import VisionModel as VisionModel
