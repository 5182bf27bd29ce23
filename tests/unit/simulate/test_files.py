"""Files: what is written can be parsed again, and the truth lies beside it."""

from datetime import timedelta

import msgspec
import pytest

from lockplate.errors import BadInput
from lockplate.simulate.files import MESSAGES_FILE, TRUTH_FILE, write_files

MINUTES = timedelta(minutes=10)


def lines(path):
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def test_each_message_is_a_file_and_a_line(fleet, morning, tmp_path):
    """Every body is a file of its own; the manifest names it, its reader, its format and what is true."""
    messages = list(fleet.messages(morning, morning + MINUTES))
    report = write_files(messages, tmp_path / "out")
    manifest = lines(tmp_path / "out" / MESSAGES_FILE)

    assert len(messages) == report.files == len(manifest) == sum(report.by_format.values())
    assert sum(len(message.body) for message in messages) == report.bytes
    for message, line in zip(messages, manifest, strict=True):
        assert message.body == (tmp_path / "out" / line["file"]).read_bytes()
        assert (message.reader_id, message.format, message.truth) == (
            line["reader"],
            line["format"],
            line["true_plate"],
        )


def test_the_truth_is_each_passage_once(fleet, morning, tmp_path):
    """Without passages given, truth.ndjson holds those behind the messages, each once, in order of time."""
    messages = list(fleet.messages(morning, morning + MINUTES))
    report = write_files(messages, tmp_path / "out")
    truth = lines(tmp_path / "out" / TRUTH_FILE)
    wanted = {message.detection.passage.passage_id for message in messages if message.detection}

    assert wanted == {line["passage"] for line in truth}
    assert len(wanted) == len(truth) == report.passages
    assert truth == sorted(truth, key=lambda line: line["at"])


def test_the_truth_can_hold_what_nobody_read(fleet, morning, tmp_path):
    """Given passages, all of them are written, those that no reader told of included."""
    passages = list(fleet.passages(morning, morning + MINUTES))
    report = write_files([], tmp_path, passages=passages)
    truth = lines(tmp_path / TRUTH_FILE)

    assert [passage.plate for passage in passages] == [line["plate"] for line in truth]
    assert (0, 0, len(passages)) == (report.files, report.bytes, report.passages)


def test_two_simulations_are_never_mixed(fleet, morning, tmp_path):
    """A folder that holds a simulation is refused, and stays as it was."""
    write_files([], tmp_path)
    with pytest.raises(BadInput) as refused:
        write_files(fleet.messages(morning, morning + MINUTES), tmp_path)

    assert refused.value.code == "folder_in_use"
    assert (tmp_path / TRUTH_FILE).read_bytes() == b""
    assert str(tmp_path) not in str(refused.value.public())
