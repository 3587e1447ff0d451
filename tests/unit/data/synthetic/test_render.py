"""Drawn faces: what an action unit moves, where, and that a face is decided by its parameters alone."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ferkit.core.crop import SIZE
from ferkit.core.labels import LABELS
from ferkit.data.synthetic.accessories import OCCLUDERS, occluder
from ferkit.data.synthetic.action_units import ACTION_UNITS, EXPRESSIONS, REGIONS, random_units, restrict, units_of
from ferkit.data.synthetic.geometry import between, closed_spline, oval, ribbon
from ferkit.data.synthetic.identity import BEARDS, GLASSES, HAIR_STYLES, Identity, random_identity
from ferkit.data.synthetic.render import Face, Light, Pose, Sensor, draw_face, draw_masks
from ferkit.data.synthetic.shapes import COVER

PEOPLE = [Identity(), *(random_identity(np.random.default_rng([7, k])) for k in range(4))]


def difference(a: Face, b: Face) -> np.ndarray:
    return np.abs(draw_face(a).astype(int) - draw_face(b).astype(int))


def dilated(mask: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(mask.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))).astype(bool)


def area(points: np.ndarray) -> float:
    x, y = points.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


@pytest.mark.parametrize("unit", sorted(ACTION_UNITS))
def test_an_action_unit_changes_pixels_of_its_region_only(unit: int) -> None:
    for who in PEOPLE:
        change = difference(Face(identity=who), Face(identity=who, units={unit: 1.0}))
        mask = draw_masks(Face(identity=who))[REGIONS.index(ACTION_UNITS[unit].region)]
        assert change.sum() > 100
        assert change[dilated(mask)].sum() >= 0.9 * change.sum()


@pytest.mark.parametrize("unit", sorted(ACTION_UNITS))
def test_more_of_an_action_unit_changes_more(unit: int) -> None:
    half = difference(Face(), Face(units={unit: 0.5})).sum()
    assert 0 < half < difference(Face(), Face(units={unit: 1.0})).sum()


def test_an_expression_restricted_to_the_mouth_leaves_the_rest_of_the_face_alone() -> None:
    for label in LABELS:
        units = restrict(units_of(label, 1.0), ("mouth",))
        change = difference(Face(), Face(units=units))
        mask = dilated(draw_masks(Face())[REGIONS.index("mouth")])
        assert change[~mask].sum() <= 0.06 * change.sum()
        assert (change.sum() > 0) == (label != "neutral")


def test_expressions_are_the_emfacs_combinations_and_differ_from_each_other() -> None:
    assert tuple(sorted(EXPRESSIONS)) == tuple(sorted(LABELS))
    assert EXPRESSIONS["happy"] == (6, 12) and EXPRESSIONS["angry"] == (4, 5, 7, 23)
    assert EXPRESSIONS["surprise"] == (1, 2, 5, 26) and EXPRESSIONS["neutral"] == ()
    apexes = {label: draw_face(Face(units=units_of(label, 1.0))).astype(int) for label in LABELS}
    for a in LABELS:
        for b in LABELS:
            assert (np.abs(apexes[a] - apexes[b]).sum() > 2000) == (a != b)


def test_the_same_face_is_drawn_the_same_twice_and_its_seed_moves_the_noise_only() -> None:
    face = Face(units=units_of("fear", 0.7), sensor=Sensor(noise=4, blotch=0.03), seed=3)
    assert np.array_equal(draw_face(face), draw_face(face))
    other = difference(face, replace(face, seed=4))
    assert 0 < other.mean() < 12


def test_a_face_is_an_image_of_the_agreed_shape_with_contrast() -> None:
    for who in PEOPLE:
        image = draw_face(Face(identity=who))
        assert image.shape == (SIZE, SIZE) and image.dtype == np.uint8
        assert image.std() > 12


def test_masks_lie_where_the_parts_are_and_hardly_overlap() -> None:
    for who in PEOPLE:
        masks = draw_masks(Face(identity=who))
        assert masks.shape == (len(REGIONS), SIZE, SIZE) and masks.dtype == bool
        share = dict(zip(REGIONS, masks.mean(axis=(1, 2)), strict=True))
        assert all(0.03 < share[region] < 0.2 for region in REGIONS)
        height = {region: np.nonzero(mask)[0].mean() for region, mask in zip(REGIONS, masks, strict=True)}
        assert height["brows"] < height["eyes"] < height["nose"] < height["mouth"]
        assert (masks.sum(axis=0) > 1).mean() < 0.06


def test_masks_do_not_depend_on_the_expression() -> None:
    assert np.array_equal(draw_masks(Face()), draw_masks(Face(units=units_of("surprise", 1.0))))


@pytest.mark.parametrize("pose", [Pose(shift_x=4), Pose(shift_y=-3), Pose(roll=25), Pose(scale=1.3), Pose(turn=1)])
def test_masks_move_with_the_head(pose: Pose) -> None:
    assert not np.array_equal(draw_masks(Face(pose=pose)), draw_masks(Face()))
    for unit in (4, 5, 9, 12):
        change = difference(Face(pose=pose), Face(pose=pose, units={unit: 1.0}))
        mask = draw_masks(Face(pose=pose))[REGIONS.index(ACTION_UNITS[unit].region)]
        assert change[dilated(mask)].sum() >= 0.85 * change.sum()


def test_a_shift_by_whole_pixels_moves_the_masks_by_as_many() -> None:
    moved = draw_masks(Face(pose=Pose(shift_x=3, shift_y=2)))
    assert np.array_equal(moved[:, 2:, 3:], draw_masks(Face())[:, :-2, :-3])


def test_asymmetry_moves_one_side_more_than_the_other() -> None:
    change = difference(Face(asymmetry=0.5), Face(asymmetry=0.5, units={2: 0.6}))
    assert change[:, SIZE // 2:].sum() > 1.5 * change[:, :SIZE // 2].sum()


def test_light_from_the_left_makes_the_left_cheek_brighter() -> None:
    image = draw_face(Face(light=Light(x=-1, strength=0.8))).astype(int)
    assert image[28:32, 10:14].mean() > image[28:32, 34:38].mean() + 10


@pytest.mark.parametrize("change", [*({"hair_style": style} for style in HAIR_STYLES),
                                    *({"beard": kind} for kind in BEARDS), *({"glasses": kind} for kind in GLASSES)])
def test_every_hair_beard_and_glasses_can_be_drawn_and_seen(change: dict[str, str]) -> None:
    plain = Identity(hair_style="bald")
    seen = difference(Face(identity=plain), Face(identity=replace(plain, **change))).sum()
    assert (seen > 0) == (change not in ({"hair_style": "bald"}, {"beard": "none"}, {"glasses": "none"}))


@pytest.mark.parametrize("kind", OCCLUDERS)
def test_an_occluder_covers_some_of_the_face_and_never_most_of_it(kind: str) -> None:
    covered = [(difference(Face(seed=k), Face(occluder=kind, seed=k)) > 8).mean() for k in range(12)]
    assert max(covered) < 0.5
    assert (max(covered) > 0.02) == (kind != "none")
    assert all(shape.layer == COVER for shape in occluder(kind, Identity(), np.random.default_rng(0)))


def test_random_units_stay_in_range_and_contain_their_expression() -> None:
    rng = np.random.default_rng(0)
    for label in LABELS:
        for _ in range(20):
            units = random_units(label, 0.8, rng)
            assert set(EXPRESSIONS[label]) <= set(units) <= set(ACTION_UNITS)
            assert all(0 <= amount <= 1 for amount in units.values())


def test_people_differ() -> None:
    people = [random_identity(np.random.default_rng(k)) for k in range(60)]
    assert len(set(people)) == 60
    assert {who.hair_style for who in people} >= {"short", "long", "fringe"}
    assert sum(who.glasses != "none" for who in people) in range(3, 25)
    faces = np.stack([draw_face(Face(identity=who)) for who in people[:20]]).astype(float)
    assert faces.std(axis=0).mean() > 20


def test_outlines_enclose_what_they_say() -> None:
    assert abs(area(oval(3, 4, 2, 1, n=64))) == pytest.approx(np.pi * 2, rel=0.01)
    assert abs(area(ribbon([(0, 0), (5, 0), (10, 0)], 0.5))) == pytest.approx(10)
    x = np.linspace(0, 1, 5)
    assert abs(area(between(x, np.zeros(5), np.ones(5)))) == pytest.approx(1)
    assert area(between(x, np.ones(5), np.zeros(5))) == pytest.approx(0)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    assert np.allclose(closed_spline(square, 5)[::5], square)
