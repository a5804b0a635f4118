from .registry import SLOW_VIEWS as SLOW_VIEWS
from .registry import VIEWS as VIEWS
from .registry import View as View
from .request import LOGITS as LOGITS
from .rule_notes import rule_note as rule_note
