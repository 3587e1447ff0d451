"""Verdicts on the command line: one folder, and several that hold parts of what claims need."""

import json

from ferkit.__main__ import main


def test_of_several_folders_the_first_that_can_judge_a_claim_does(tmp_path, write_result, capsys):
    for folder, share in (("one", 0.9), ("two", 0.6)):
        write_result(tmp_path / folder, "gap_cnn_svm", share=share)
    write_result(tmp_path / "two", "gap_cnn", share=0.5)

    def judged(*folders):
        assert main(["claims", *(str(tmp_path / folder) for folder in folders), "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        return rows, {row["id"] for row in rows if row["verdict"] != "not_run"}

    (_, first), (_, second), (rows, both) = judged("one"), judged("two"), judged("one", "two")
    assert first < second == both and len({row["id"] for row in rows}) == len(rows)
    assert main(["claims", str(tmp_path / "one"), str(tmp_path / "two")]) == 0
    assert "gap_svm.svm_over_softmax.ours" in capsys.readouterr().out
