"""Published weights as a part of the wheel, copied from results/ when it is built. pyproject.toml says the rest."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RUNS = (
    "fer2013/02_stn_attention/deep_emotion/ours/seed0",
    "fer2013/02_stn_attention/deep_emotion/ours_drop_rate0_optimizer-sgd_lr0.1_momentum0.9_nesterov-True_"
    "weight_decay0.0005_epochs160/seed0",
    "fer2013/02_stn_attention/deep_emotion_wide/ours/seed0",
    "fer2013/03_gap_cnn_svm/gap_cnn/ours/seed0",
    "fer2013/03_gap_cnn_svm/lenet5/ours/seed0",
    "synthetic/08_time_series/gru/ours/seed0",  # what predict --sequence takes
)
SVM = "fer2013/03_gap_cnn_svm/gap_cnn_svm/ours/seed0"  # in the wheel where `ferkit export --svm gap-cnn-svm` was run


class WithWeights(build_py):
    """The library with ferkit/published/, a part of the tree of results/."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:  # there the checkout's own results/ are read
            for run in RUNS:
                self._copy(f"results/{run}", run, ("metrics.json", "weights.safetensors", "MODEL_CARD.md"))
            self._copy(f"results/{SVM}", SVM, ("metrics.json",))
            fitted = SVM.replace("/", "-svm/", 1)
            if Path("results/runs", fitted, "svm.safetensors").is_file():
                self._copy(f"results/runs/{fitted}", SVM, ("svm.safetensors",))

    def _copy(self, source: str, run: str, names: tuple[str, ...]) -> None:
        target = Path(self.build_lib, "ferkit", "published", run)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(Path(source, name), target / name)


setup(cmdclass={"build_py": WithWeights})
