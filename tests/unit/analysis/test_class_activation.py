"""Class activation maps: their mean is the logit; a network without them is refused."""

import numpy as np
import pytest

from ferkit import papers
from ferkit.analysis.class_activation import centres, class_activation
from ferkit.core.errors import InputError


def test_the_mean_of_a_map_is_the_logit(faces):
    network = papers.system("gap_cnn").build(widths=(4, 8), norm=True, input_size=40)
    maps, logits = class_activation(network, faces().images[:5])
    assert maps.shape == (5, 7, 10, 10)
    np.testing.assert_allclose(maps.mean((2, 3)), logits, atol=1e-5)


@pytest.mark.parametrize("system", ["lenet5", "deep_emotion", "gap_cnn_fc", "multiple_attention"])
def test_a_network_that_averages_no_maps_is_refused(system, faces):
    with pytest.raises(InputError, match="class activation"):
        class_activation(papers.system(system).build(), faces().images[:1])


def test_places_stand_where_the_layers_put_them_not_spread_over_the_image():
    network = papers.system("gap_cnn").build(widths=(4, 4, 4, 4), norm=True, input_size=40)  # 5 places pooled to 2
    assert centres(network, 2, 48).tolist() == [11.5, 27.5]
