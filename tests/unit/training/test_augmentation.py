"""Per-sample augmentation: identity at zero strength, agreement with torchvision, statistics of the draws."""

import pytest
import torch
import torch.nn.functional as F
import torchvision.transforms.v2.functional as tv

from ferkit.core import seeding
from ferkit.core.errors import InputError
from ferkit.models.layers import affine_grid
from ferkit.training.augmentation import Augmentation, Draws, affine_theta, apply, draw, mixup


def images(n=6, side=48):
    return torch.randint(0, 256, (n, 1, side, side), generator=torch.Generator().manual_seed(1)).float()


def generator():
    return seeding.generator("cpu", 0, "test")


def test_zero_strength_leaves_every_bit():
    x = images()
    assert torch.equal(apply(x, draw(len(x), 48, Augmentation(), generator())), x)


def test_equal_generators_draw_equal_batches_and_others_do_not():
    spec, x = Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.1, brightness=0.2), images()
    first, again = (apply(x, draw(len(x), 48, spec, generator())) for _ in range(2))
    other = apply(x, draw(len(x), 48, spec, seeding.generator("cpu", 1, "test")))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_each_sample_gets_parameters_of_its_own():
    draws = draw(64, 48, Augmentation(rotation=10, scale=0.1, shift=0.1, brightness=0.2), generator())
    assert all(len(torch.unique(values)) == values.numel()
               for values in (draws.angle, draws.scale, draws.shift, draws.brightness))


@pytest.mark.parametrize(("angle", "scale", "shift"), [(13.0, 1.0, (0, 0)), (-7.5, 1.1, (3, -2)), (0.0, 0.9, (-4, 5))])
def test_affine_agrees_with_torchvision_per_sample(angle, scale, shift):
    x = images(1) / 255
    draws = Draws(angle=torch.tensor([angle]), scale=torch.tensor([scale]), shift=torch.tensor([shift]).float())
    theirs = tv.affine(x, angle, list(shift), scale, [0.0, 0.0], interpolation=tv.InterpolationMode.BILINEAR)
    ours = apply(x, draws, padding="zeros")
    assert (ours - theirs).abs().max() < 1e-4


def test_brightness_and_contrast_agree_with_torchvision():
    x = images(2)
    draws = Draws(brightness=torch.tensor([1.3, 0.7]), contrast=torch.tensor([0.6, 1.4]))
    ours = apply(x, draws) / 255
    for row, (brightness, contrast) in enumerate(((1.3, 0.6), (0.7, 1.4))):
        theirs = tv.adjust_contrast(tv.adjust_brightness(x[row:row + 1] / 255, brightness), contrast)
        assert (ours[row:row + 1] - theirs).abs().max() < 1e-5


def test_flip_and_crop_move_pixels_without_changing_them():
    x = images(2)
    flipped = apply(x, Draws(flip=torch.tensor([True, False])))
    assert torch.equal(flipped[0], x[0].flip(-1)) and torch.equal(flipped[1], x[1])
    cropped = apply(x, Draws(corner=torch.tensor([[3, 5], [8, 0]])), crop=40)
    assert torch.equal(cropped[0], x[0, :, 5:45, 3:43]) and torch.equal(cropped[1], x[1, :, 0:40, 8:48])


def test_a_resampled_crop_equals_cropping_the_resampled_image():
    x, corner = images(1), torch.tensor([[5, 2]])
    turn = {"angle": torch.tensor([9.0]), "scale": torch.tensor([1.05]), "shift": torch.tensor([[1.0, 2.0]])}
    whole, cut = apply(x, Draws(**turn)), apply(x, Draws(**turn, corner=corner), crop=40)
    assert (cut - whole[..., 2:42, 5:45]).abs().max() < 0.02


def test_erasing_blanks_boxes_of_the_stated_area():
    x = torch.full((400, 1, 48, 48), 200.0)
    share = (apply(x, draw(400, 48, Augmentation(erase=1.0), generator())) == 0).float().mean((1, 2, 3))
    assert share.min() > 0.005 and share.max() < 0.25
    untouched = (apply(x, draw(400, 48, Augmentation(erase=0.25), generator())) == 200).all(3).all(2).all(1)
    assert 0.65 < untouched.float().mean() < 0.85


def test_draws_fill_their_ranges_evenly():
    draws = draw(4000, 48, Augmentation(flip=0.3, rotation=10, scale=0.2, shift=0.1), generator())
    assert abs(draws.flip.float().mean() - 0.3) < 0.03
    for values, low, high in ((draws.angle, -10, 10), (draws.scale, 0.8, 1.2), (draws.shift, -4.8, 4.8)):
        assert low <= values.min() < low + 0.02 * (high - low) and high - 0.02 * (high - low) < values.max() <= high
        assert abs(values.mean() - (low + high) / 2) < 0.02 * (high - low)


def test_mixup_blends_images_and_targets_by_one_weight():
    x, targets = images(64) / 255, torch.eye(7)[torch.arange(64) % 7]
    mixed, soft = mixup(x, targets, 0.4, generator())
    assert torch.allclose(soft.sum(1), torch.ones(64)) and not torch.equal(mixed, x)
    assert mixed.min() >= 0 and mixed.max() <= 1
    assert torch.equal(mixup(x, targets, 1, generator())[0], mixup(x, targets, 1.0, generator())[0])


@pytest.mark.parametrize("bad", [{"flip": 1.5}, {"rotation": -1}, {"padding": "mirror"}, {"scale": 1.0}])
def test_a_strength_out_of_range_is_refused(bad):
    with pytest.raises(InputError, match="augmentation"):
        Augmentation(**bad)


def test_a_resampled_mirror_image_equals_resampling_the_mirror_image():
    x = images(2)
    turn = {"angle": torch.tensor([9.0, -4.0]), "shift": torch.tensor([[1.0, 2.0], [0.0, -3.0]])}
    mirrored = apply(x, Draws(**turn, flip=torch.tensor([True, False])))
    expected = apply(torch.cat((x[:1].flip(-1), x[1:])), Draws(**turn))
    assert (mirrored - expected).abs().max() < 0.02


@pytest.mark.parametrize("side", [40, 48])
def test_sampling_points_are_those_of_torch(side):
    draws = draw(5, 48, Augmentation(rotation=20, scale=0.2, shift=0.1), generator())
    theta = affine_theta(draws, 48, 5, torch.device("cpu"))
    theirs = F.affine_grid(theta, [5, 1, side, side], align_corners=False)
    assert (affine_grid(theta, side, side) - theirs).abs().max() < 1e-6
