"""ferkit.results.provenance: the command that makes a file again says everything that was chosen."""

import pytest

from ferkit.results.provenance import UNKNOWN, Provenance

FILE = "02_stn_attention/lenet5/ours/seed0/metrics.json"


def made(**entry):
    return {"dataset": "fer2013", "protocol": "official", "profile": "quick", "seed": 3, "notebooks": {
        "02_stn_attention": {"name": "02_stn_attention", "outputs": {FILE: "ab" * 32}, **entry}}}


@pytest.mark.parametrize(("entry", "end"), [
    ({}, " --only 02"), ({"set": {}}, " --only 02"),
    ({"set": {"SYSTEMS": "lenet5/ours", "STEPS": 3}}, " --set SYSTEMS=lenet5/ours --set STEPS=3 --only 02"),
    ({"set": {"SYSTEMS": "lenet5/ours, gap_cnn/ours"}}, " --set 'SYSTEMS=lenet5/ours, gap_cnn/ours' --only 02")])
def test_the_command_names_data_profile_and_what_was_set_by_hand(tmp_path, entry, end):
    assert Provenance(tmp_path, made(**entry)).command(FILE) == (
        f"./run_all.sh --dataset fer2013 --data PATH --protocol official --profile quick --seed 3{end}")


def test_what_no_run_noted_is_unknown(tmp_path):
    assert Provenance(tmp_path, made()).command("another.json") == UNKNOWN == Provenance(tmp_path, {}).command(FILE)
