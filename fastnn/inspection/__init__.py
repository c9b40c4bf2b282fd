"""Look into a network: are its gradients right, and is its training healthy?

The displays follow scikit-learn's convention and need matplotlib (the extra ``plot``), which is
imported when one is drawn.
"""

from fastnn.inspection._activations import ActivationDisplay
from fastnn.inspection._diagnosis import diagnose
from fastnn.inspection._first_layer import FirstLayerWeightsDisplay
from fastnn.inspection._gradient_check import GradientCheck, check_gradients
from fastnn.inspection._gradient_flow import GradientFlowDisplay
from fastnn.inspection._loss_curve import LossCurveDisplay
from fastnn.inspection._map import MapDisplay
from fastnn.inspection._optimizer_paths import OptimizerPathDisplay
from fastnn.inspection._playground import playground
from fastnn.inspection._report import Report
from fastnn.inspection._verdict import THRESHOLDS, Verdict

__all__ = [
    "THRESHOLDS",
    "ActivationDisplay",
    "FirstLayerWeightsDisplay",
    "GradientCheck",
    "GradientFlowDisplay",
    "LossCurveDisplay",
    "MapDisplay",
    "OptimizerPathDisplay",
    "Report",
    "Verdict",
    "check_gradients",
    "diagnose",
    "playground",
]
