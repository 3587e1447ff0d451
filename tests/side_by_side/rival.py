"""Run inside a package's own environment: its answers to the images of an .npz, and how fast it gives them.

    python rival.py fer|facex IMAGES.npz ANSWERS.json FACES ROUNDS

Each image is a ready 48×48 face crop and goes through the package's public call that takes one, with its defaults.
"""

import importlib.metadata
import json
import os
import sys
import time

import numpy as np

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SPELLED = {"anger": "angry", "sadness": "sad", "surprised": "surprise"}


def fer():
    """`fer`: its classifier with a rectangle around the whole crop and no border added."""
    from fer.fer import FER

    detector = FER(offsets=(0, 0))

    def answer(image):
        """The probabilities by expression."""
        return detector.detect_emotions(np.repeat(image[:, :, None], 3, axis=2), face_rectangles=[(0, 0, 48, 48)])[0][
            "emotions"]

    return answer


def facex():
    """`facex`: the call that its own `predict` makes for each face it finds."""
    from facex.core import PoolManager

    return PoolManager(1).get_classifier().detect_emotion


def main(package, given, answered, faces, rounds):
    """Answer, time, write."""
    answer = {"fer": fer, "facex": facex}[package]()

    def label(image):
        """The number of the expression with the highest probability."""
        found = answer(image)
        best = max(found, key=found.get)
        return LABELS.index(SPELLED.get(best, best))

    sets = np.load(given)
    load, walls, cpus = os.getloadavg()[0], [], []
    for image in sets["test"][:20]:
        label(image)
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        for image in sets["test"][:faces]:
            label(image)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    answers = {}
    for key in sets.files:
        images = sets[key]
        answers[key] = []
        for number, image in enumerate(images):
            answers[key].append(label(image))
            if number % 500 == 0:
                print(package, key, number, "of", len(images), flush=True)
    with open(answered, "w", encoding="utf-8") as file:
        json.dump({"answers": answers, "version": importlib.metadata.version(package), "load": round(load, 2),
                   "faces_per_second": faces / min(walls), "faces_per_cpu_second": faces / min(cpus)}, file)


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:]))
