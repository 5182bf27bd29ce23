"""The page for Home Assistant and Frigate, followed word by word: its commands, a real broker, an invented message."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from printed import Step, agrees, run, steps_of
from receiving import Broker, broker, needs_mosquitto, stays, until
from running import free_port

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "home-assistant.md").read_text(encoding="utf-8")
STEPS = tuple(steps_of(PAGE, "word by word"))
BROKER_PORT, NODE_PORT = "1883", "8420"
"""The two numbers of the page that a test has to change: others may use them on this machine."""

pytestmark = needs_mosquitto


class Follower:
    """Somebody who types what the page says."""

    def __init__(self, folder: Path, broker: Broker, node_port: int) -> None:
        self.folder, self.broker, self.node_port = folder, broker, node_port
        self.heard: list[Any] = []

    def words(self, step: Step) -> str:
        command = step.command.replace(BROKER_PORT, str(self.broker.port)).replace(NODE_PORT, str(self.node_port))
        client = re.match(r"mosquitto_(pub|sub) ", command)
        return command.replace(client[0], f"{client[0]}-p {self.broker.port} ", 1) if client else command

    def does(self, step: Step) -> None:
        came = run(self.words(step), self.folder)
        assert agrees([line.replace(BROKER_PORT, str(self.broker.port)) for line in step.printed], came), (step, came)

    @contextmanager
    def starts(self, step: Step) -> Iterator[None]:
        """Run what goes on until somebody stops it; the node's port comes from the environment."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKPLATE_")}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        environment["LOCKPLATE_PORT"] = str(self.node_port)
        words = ["/bin/bash", "-c", "exec " + self.words(step)]
        with subprocess.Popen(words, cwd=self.folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
            reader = threading.Thread(target=self._hear, args=(process, step.command.startswith("mosquitto_sub")))
            reader.start()
            try:
                yield
            finally:
                process.terminate()
                process.wait(60)
                reader.join()

    def _hear(self, process: "subprocess.Popen[str]", keep: bool) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if keep:
                self.heard.append(json.loads(line))

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.node_port}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def of_word(word: str) -> list[Step]:
    return [step for step in STEPS if step.word == word]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """The page, followed up to the moment when everything runs and nothing has come yet."""
    folder = tmp_path_factory.mktemp("drive")
    with broker(folder) as running:
        one = Follower(folder, running, free_port())
        for step in of_word(""):
            one.does(step)
        serve, listen, subscribe = of_word("runs")
        with one.starts(serve):
            until(one.answers)
            with one.starts(subscribe), one.starts(listen):
                until(lambda: is_subscribed(running, "lockplate-listener"))
                yield one


def is_subscribed(running: Broker, client: str) -> bool:
    """Say whether a client of this name has subscribed, as the broker's own log has it."""
    (log,) = running.folder.glob("mosquitto-*.log")
    return f"Received SUBSCRIBE from {client}" in log.read_text()


def test_the_page_word_by_word(followed: Follower) -> None:
    """The plate of the list arrives at the topic, once, with what the page says of it; the stranger's does not."""
    for step in of_word("try"):
        followed.does(step)
    until(lambda: followed.heard)
    for step in of_word("try"):  # the same car again, and Frigate's other topic about it
        followed.does(step)
    event = {"id": "1700000000.5-abcdef", "camera": "driveway", "label": "car", "start_time": 1700000000.5}
    state = event | {"recognized_license_plate": "0ABC123", "recognized_license_plate_score": 0.9}
    followed.broker.publish("frigate/events", json.dumps({"type": "update", "before": event, "after": state}))
    stays(lambda: len(followed.heard) == 1, 2)

    (came,) = followed.heard
    assert ("alert", "0ABC123", "Own cars", "driveway") == (
        came["type"], came["plate_text"], came["list_name"], came["reader"],
    )  # fmt: skip
    fields = set(re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (`[a-z_`, ]+`) \|", PAGE, re.MULTILINE))))
    assert fields - {"operator"} == came.keys() - {"operator"}
    assert "9ZZZ999" not in json.dumps(followed.heard)


def test_the_automation_names_what_there_is() -> None:
    """The YAML is whole, listens to the channel's topic, and takes fields that a message has."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    ((automation,),) = (yaml.safe_load(block),)
    topic = re.search(r"--topic (lockplate/\S+)", PAGE)[1]  # type: ignore[index]

    assert [{"trigger": "mqtt", "topic": topic}] == automation["triggers"]
    used = set(re.findall(r"trigger\.payload_json\.([a-z_]+)", block))
    assert {"type", "list_name", "delivery", "plate_text", "reader", "captured_at"} == used
    assert all(f"`{name}`" in PAGE for name in used)
