"""Every figure of the project: functions from numbers to a plotly figure, and the one place that saves them.

``style`` holds the slim template, the colours and the panel grid, ``store`` saves and loads, the others build. A
notebook shows and saves in one call:
``figures.show(figures.learning_curves(results), RUN, "02_stn_attention", "learning_curves", title=…, caption=…)``.
No figure of a real data set holds a pixel of a face: a builder that draws images refuses all but the drawn set.
"""

from ferkit.reporting.figures.attention import attention_maps, attentions, planted_accuracy
from ferkit.reporting.figures.class_imbalance import class_imbalance_changes
from ferkit.reporting.figures.curves import (
    accuracy_against,
    accuracy_dots,
    calibration,
    learning_curves,
    learning_rate_probe,
    recall_against_class_size,
    recall_bars,
    robustness,
)
from ferkit.reporting.figures.label_noise import accuracy_against_noise, ranked_batch, score_distributions
from ferkit.reporting.figures.maps import baseline_maps, image_grid, occlusion_maps, region_table, theta_frames
from ferkit.reporting.figures.matrices import agreement, confusion_difference, confusion_matrices
from ferkit.reporting.figures.occlusion import occlusion_pictures
from ferkit.reporting.figures.sequences import action_units, early_recognition, strip
from ferkit.reporting.figures.store import load_all, save, show
from ferkit.reporting.figures.style import colours, result_name
from ferkit.reporting.figures.teaching import class_activation, samplings, svm_regions

__all__ = [
    "accuracy_against",
    "accuracy_against_noise",
    "accuracy_dots",
    "action_units",
    "agreement",
    "attention_maps",
    "attentions",
    "baseline_maps",
    "calibration",
    "class_activation",
    "class_imbalance_changes",
    "colours",
    "confusion_difference",
    "confusion_matrices",
    "early_recognition",
    "image_grid",
    "learning_curves",
    "learning_rate_probe",
    "load_all",
    "occlusion_maps",
    "occlusion_pictures",
    "planted_accuracy",
    "ranked_batch",
    "recall_against_class_size",
    "recall_bars",
    "region_table",
    "result_name",
    "robustness",
    "samplings",
    "save",
    "score_distributions",
    "show",
    "strip",
    "svm_regions",
    "theta_frames",
]
