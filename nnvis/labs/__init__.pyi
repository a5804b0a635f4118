from .framework.lab import Lab as Lab
from .lab_report import LabReport as LabReport
from .lab_report import run as run
from .registry import LABS as LABS
from .run_lab import run_lab as run_lab
