"""What an expression is read from: cover a part of the face, predict, and count what is lost.

Procedure and statements of Deep-Emotion (Minaee & Abdolrashidi 2019, arXiv 1902.01019): from the top-left
corner zero an N×N window, predict, slide on; a part whose loss makes the prediction wrong is important.

Differs from the paper: Not stated in the paper; we use windows of 8×8 at stride 4 because that is about
the size of an eye and each pixel is then covered four times. Not stated in the paper; we use windows
cropped at the right and lower edge because no pixel may stay uncovered. Not stated in the paper; we use
the share of images of an expression that were right and turn wrong because single images are noise.
"""

from ferkit.analysis.occlusion.analysis import Analysis, analyse, best, mean_faces, test_images, untrained
from ferkit.analysis.occlusion.face_regions import TEMPLATE, region_masks
from ferkit.analysis.occlusion.incremental import any_maps, network_maps
from ferkit.analysis.occlusion.maps import READINGS, OcclusionMaps, class_maps, occlusion_maps
from ferkit.analysis.occlusion.predictors import predictor
from ferkit.analysis.occlusion.sanity_check import mouth_only
from ferkit.analysis.occlusion.text import (
           agreement_rows,
           contradictions,
           important_parts,
           pointing_rows,
           pointing_sentence,
           sentences,
           significant,
           table,
)
from ferkit.analysis.occlusion.windows import BASELINES, Windows, cover, fill

__all__ = ["BASELINES", "READINGS", "TEMPLATE", "Analysis", "OcclusionMaps", "Windows", "agreement_rows", "analyse",
           "any_maps", "best", "class_maps", "contradictions", "cover", "fill", "important_parts", "mean_faces",
           "mouth_only", "network_maps", "occlusion_maps", "pointing_rows", "pointing_sentence", "predictor",
           "region_masks", "sentences", "significant", "table", "test_images", "untrained"]
