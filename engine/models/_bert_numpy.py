"""Runs the network of BERT and its kin on numpy alone, where OpenVINO has no build for the machine.

It is also the plain statement of the network (Devlin et al. 2018, arXiv:1810.04805) that the fast one
is held against.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy

    from engine.models._bert_weights import Layer, Linear, Weights


class Plain:
    """A network in memory. It keeps nothing between calls, so every thread may use it."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def hidden(self, ids: numpy.ndarray, places: numpy.ndarray, barrier: numpy.ndarray) -> numpy.ndarray:
        """The last layer, as `_bert_graph.Graph.hidden` gives it."""
        weights = self._weights
        hidden = self._normalise(weights.words[ids] + weights.places[places], weights.norm)
        for layer in weights.layers:
            hidden = self._normalise(hidden + _linear(self._attend(hidden, barrier, layer), layer.out), layer.first)
            wide = _gelu(_linear(hidden, layer.up), weights.gelu)
            hidden = self._normalise(hidden + _linear(wide, layer.down), layer.second)
        return hidden

    def _attend(self, hidden: numpy.ndarray, barrier: numpy.ndarray, layer: Layer) -> numpy.ndarray:
        import numpy as np

        rows, length, width = hidden.shape
        size = width // self._weights.heads

        def split(part: Linear) -> numpy.ndarray:
            return _linear(hidden, part).reshape(rows, length, self._weights.heads, size).transpose(0, 2, 1, 3)

        scores = split(layer.query) @ split(layer.key).transpose(0, 1, 3, 2) / np.float32(math.sqrt(size)) + barrier
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return np.asarray(scores @ split(layer.value)).transpose(0, 2, 1, 3).reshape(rows, length, width)

    def _normalise(self, values: numpy.ndarray, part: Linear) -> numpy.ndarray:
        import numpy as np

        centred = values - values.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + self._weights.epsilon)
        return np.asarray(centred / spread * part[0] + part[1], np.float32)


def _linear(values: numpy.ndarray, part: Linear) -> numpy.ndarray:
    import numpy as np

    rows, length, width = values.shape
    product = values.reshape(-1, width) @ part[0].T
    product += part[1]
    return np.asarray(product).reshape(rows, length, -1)


def _gelu(values: numpy.ndarray, form: str = "erf") -> numpy.ndarray:
    """Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv:1606.08415), exact or their "tanh" form.

    erf is the rational approximation 7.1.26 of Abramowitz and Stegun, error below 1.5e-7.
    """
    import numpy as np

    if form == "tanh":
        inner = np.float32(math.sqrt(2 / math.pi)) * (values + np.float32(0.044715) * values**3)
        return np.asarray(0.5 * values * (1.0 + np.tanh(inner)), np.float32)
    x = np.abs(values) * np.float32(1 / math.sqrt(2))
    t = 1.0 / (1.0 + np.float32(0.3275911) * x)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1.0 - series * np.exp(-x * x), values)
    return np.asarray(0.5 * values * (1.0 + erf), np.float32)
