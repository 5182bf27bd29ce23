"""A server is killed between match and delivery: the alert still comes, once. What a person can see of it all the while."""

from typing import Any

import pytest

from receiving import LISTED, ask, found, send, stays, until, webhook
from running import Home, Server, free_port


def make(server: Server, url: str, **more: Any) -> Any:
    """Make a webhook for the officer, by the supervisor's word."""
    return ask(server, "alerts.channel.add", kind="webhook", person="olga", url=url, **more)


def only_delivery(server: Server) -> Any:
    (one,) = ask(server, "alerts.deliveries")
    return one


@pytest.mark.parametrize("lost", ["before anybody was asked", "while nobody answered"])
def test_killed_between_match_and_delivery(fresh_home: Home, lost: str) -> None:
    """The hit is on disk, the receiver is down, the server dies: when both are back the alert arrives, exactly once."""
    home, port = fresh_home, free_port()
    key = found(home)
    server = home.start()
    try:
        made = make(server, f"http://127.0.0.1:{port}/hook", content="plate")
        send(server, key)
        if lost == "while nobody answered":
            until(lambda: only_delivery(server)["attempts"] >= 1)
    finally:
        server.kill()
    assert ["unreachable"] * (lost == "while nobody answered") == codes_on_the_way(home)

    with webhook(port) as hook, home.serve() as server:
        until(lambda: hook.received)
        until(lambda: only_delivery(server)["state"] == "delivered")
        send(server, key, number=2)  # within minutes of the first: a repeat, which is no alert
        stays(lambda: len(hook.received) == 1)
        (came,), settled = hook.received, only_delivery(server)
        assert ([settled["delivery"]], "http_204") == (hook.ids, settled["last_code"])
        assert came.is_signed_with(made["signing_secret"])
        assert (LISTED, "alert") == (came.told["data"]["plate_text"], came.told["type"])
        assert settled["leaf"] is not None

    with webhook(port) as hook, home.serve():
        stays(lambda: not hook.received)
    assert home.json("fsck")["clean"]


def codes_on_the_way(home: Home) -> list[str]:
    """Return why deliveries wait, as the command says it while nobody serves."""
    listed = home.json("alerts", "deliveries", "--as", "sam", "--state", "waiting")
    assert 1 == len(listed)
    return [one["last_code"] for one in listed if one["last_code"]]


def test_killed_in_the_middle_of_sending(fresh_home: Home) -> None:
    """What was sent and not written down as sent comes again under the same id, which is how a receiver drops it."""
    home = fresh_home
    key = found(home)
    with webhook() as hook:
        hook.answer = lambda _: (204, {}, 3.0)
        server = home.start()
        try:
            make(server, hook.url)
            send(server, key)
            until(lambda: hook.received)
        finally:
            server.kill()
        hook.answer = lambda _: (204, {}, 0.0)
        with home.serve() as server:
            until(lambda: only_delivery(server)["state"] == "delivered")
            stays(lambda: len(hook.received) == 2)
    assert 1 == len(set(hook.ids))


def test_a_channel_that_is_down_delays_no_other(fresh_home: Home) -> None:
    """Of three channels one hangs, one refuses, one is well: the third has its alerts at once; the state says why."""
    home = fresh_home
    key = found(home, "4HJK882", "9PLM003")
    with webhook() as slow, webhook() as bad, webhook() as good, home.serve() as server:
        slow.answer = lambda _: (204, {}, 8.0)
        bad.answer = lambda _: (500, {}, 0.0)
        names = [make(server, hook.url)["channel"]["channel"] for hook in (slow, bad, good)]
        send(server, key, "4HJK882")
        send(server, key, "9PLM003")
        until(lambda: len(good.received) == 2)
        assert 1 == len(slow.received)
        until(lambda: ask(server, "alerts.deliveries", channel=names[1])[0]["attempts"] >= 1)
        lines = {line["channel"]["channel"]: line["standing"] for line in ask(server, "alerts.channel.list")}
        assert (2, 0) == (lines[names[2]]["delivered"], lines[names[2]]["waiting"])
        assert (2, "http_500") == (lines[names[1]]["waiting"], lines[names[1]]["last_code"])
        assert lines[names[1]]["oldest_waiting"] is not None
        with server.client(authorization=f"Bearer {server.run_token}") as client:
            metrics = client.get("/metrics").text
        assert f'lockplate_alert_deliveries{{channel="{names[1]}",state="waiting"}} 2.0' in metrics


def test_a_person_deactivated_between_match_and_delivery(fresh_home: Home) -> None:
    """The gate decides at the moment of sending: nothing leaves, the denial is on record, the delivery is dead."""
    home, port = fresh_home, free_port()
    key = found(home)
    with home.serve() as server:
        make(server, f"http://127.0.0.1:{port}/hook", content="plate")
        send(server, key)
        until(lambda: only_delivery(server)["attempts"] >= 1)
        ask(server, "user.deactivate", "ada", person="olga")
        with webhook(port) as hook:
            until(lambda: only_delivery(server)["state"] == "dead")
            dead = only_delivery(server)
            assert "floor-person-inactive" == dead["last_code"]
            assert [] == hook.received
            record = record_at(server, dead["leaf"])
            assert ("denied", "alert:shown", "olga") == (record["verdict"], record["action"], record["person"])
            assert dead["delivery"] == record["facts"]["delivery"]

            ask(server, "user.activate", "ada", person="olga")
            assert {"deliveries": 1} == ask(server, "alerts.retry", all_dead=True)
            until(lambda: hook.received)
            assert [dead["delivery"]] == hook.ids


def record_at(server: Server, index: int) -> Any:
    return ask(server, "record.show", "uma", operator="pine", index=index)["record"]


def test_commands_of_a_person(fresh_home: Home) -> None:
    """By hand: make a channel, try it, list it, see what was delivered, end it; the table says what JSON says."""
    home = fresh_home
    key = found(home)
    with webhook() as hook, home.serve() as server:
        made = home.json(
            "alerts", "channel", "add", "webhook", "--for", "olga", "--url", hook.url, "--priority", "normal",
            "--group", "north", "--hours", "00:00-00:00", "--as", "sam",
        )  # fmt: skip
        name = made["channel"]["channel"]
        assert {"channel": name, "delivered": True, "code": "http_204"} == home.json(
            "alerts", "channel", "test", name, "--as", "sam"
        )
        assert "test" == hook.received[0].told["type"]
        send(server, key)
        until(lambda: only_delivery(server)["state"] == "delivered")
        table = home.run("alerts", "deliveries", "--as", "sam").stdout
        assert "delivered" in table
        assert "http_204" in table
        assert name in home.run("alerts", "channel", "list", "--as", "uma").stdout
        assert 0 == home.run("alerts", "channel", "end", name, "--as", "sam").returncode
        assert "Nothing to show." in home.run("alerts", "channel", "list", "--as", "sam").stdout
        assert name in home.run("alerts", "channel", "list", "--ended", "--as", "sam").stdout
        assert "0 deliveries" in home.run("alerts", "retry", "--all-dead", "--as", "sam").stdout
