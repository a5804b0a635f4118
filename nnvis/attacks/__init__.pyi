from .registry import ATTACKS as ATTACKS
from .registry import Attack as Attack
from .result import AttackOutcome as AttackOutcome
