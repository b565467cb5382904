"""What an operator meets: starting, stopping, refusing to start, and a store without space."""
import asyncio
import json
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import threading

import pytest

from receiver import Receiver
from talaria import KEY, Client, Talaria, run


def test_an_unknown_setting_keeps_it_from_starting_and_is_named(tmp_path):
    file = tmp_path / "talaria.toml"
    file.write_text('[http]\nlistne = "127.0.0.1:1"\n')
    ended = run("serve", "--config", str(file))
    assert ended.returncode == 1
    assert "http.listne is not a setting" in ended.stderr


def test_a_configuration_can_be_checked_without_starting(tmp_path):
    file = tmp_path / "talaria.toml"
    file.write_text('[http]\nlisten = "127.0.0.1:1"\n')
    assert run("config", "check", "--config", str(file)).stdout == "the configuration is valid\n"
    assert run("config", "check", TALARIA_HTTP_LISTEN="nowhere").returncode == 1


def test_help_names_every_setting_with_its_default():
    text = run("serve", "--help").stdout
    assert "--http-listen" in text and "[127.0.0.1:8080]" in text


def test_migrating_twice_changes_nothing_the_second_time(store_url):
    store = {"TALARIA_STORE_URL": store_url}
    assert "migrated the store from schema 0" in run("migrate", **store).stdout
    assert "already" in run("migrate", **store).stdout


def test_the_first_start_without_a_key_prints_one_that_works_and_never_again(tmp_path, store_url):
    talaria = Talaria(tmp_path, store_url=store_url)
    del talaria.environment["TALARIA_AUTH_BOOTSTRAP_KEY"]
    with talaria:
        key = talaria.wait_for_log(r"Administrator key \(shown only this once\): (\S+)").group(1)

        async def ask():
            client = Client(talaria.port)
            status, _ = await client.request("GET", "/api/v1/events", headers=[f"X-API-Key: {key}"])
            client.close()
            return status

        # The client's own Authorization header carries another key: two different ones are refused.
        assert asyncio.run(ask()) == 400
        assert talaria.stop() == 0
        talaria.start()
        assert talaria.log_path.read_text().count("Administrator key") == 1


def test_it_speaks_https_where_it_has_a_certificate_and_its_key(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make.split(), *names, *files], check=True, capture_output=True)
    alone = run("config", "check", TALARIA_HTTP_TLS_CERTIFICATE=str(certificate))
    assert alone.returncode == 1
    assert "http.tls_key is needed" in alone.stderr
    with Talaria(tmp_path, http_tls_certificate=certificate, http_tls_key=key) as talaria:
        trust = ssl.create_default_context(cafile=certificate)
        address = ("127.0.0.1", talaria.port)
        with socket.create_connection(address) as plain, trust.wrap_socket(
            plain, server_hostname="localhost"
        ) as secure:
            secure.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert secure.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert talaria.stop() == 0


def test_a_second_process_on_the_same_store_or_port_is_refused(tmp_path):
    with Talaria(tmp_path) as talaria:
        same_store = run("serve", **talaria.environment)
        assert same_store.returncode == 1
        assert "another Talaria runs on this store" in same_store.stderr
        other_store = {
            **talaria.environment,
            "TALARIA_STORE_URL": f"sqlite:{tmp_path / 'other.db'}",
            "TALARIA_HTTP_LISTEN": f"127.0.0.1:{talaria.port}",
        }
        same_port = run("serve", **other_store)
        assert same_port.returncode == 1
        assert str(talaria.port) in same_port.stderr


def test_a_stop_lets_the_attempt_under_way_end_and_records_it(tmp_path, store_url):
    release = threading.Event()

    def wait_then_take(_number, _headers):
        release.wait(30)
        return 204

    with Receiver(wait_then_take) as receiver, Talaria(tmp_path, store_url=store_url) as talaria:
        talaria.subscribe(url=receiver.url)
        status, event = talaria.call("POST", "/api/v1/events", {"event_type": "a", "payload": 1})
        assert status == 202
        talaria.wait_until_in_flight(1)
        talaria.process.send_signal(signal.SIGTERM)
        talaria.wait_for_log("stopping")
        release.set()
        assert talaria.process.wait(60) == 0
        talaria.start()
        _, deliveries = talaria.call("GET", f"/api/v1/deliveries?event_id={event['id']}")
        assert [row["status"] for row in deliveries["data"]] == ["delivered"]
        assert len(receiver.requests) == 1


def test_a_second_signal_ends_it_at_once(tmp_path, store_url):
    blocked = threading.Event()
    talaria = Talaria(tmp_path, store_url=store_url)
    with Receiver(lambda *_: blocked.wait(30) or 204) as receiver, talaria:
        talaria.subscribe(url=receiver.url)
        talaria.call("POST", "/api/v1/events", {"event_type": "a", "payload": 1})
        talaria.wait_until_in_flight(1)
        talaria.process.send_signal(signal.SIGTERM)
        talaria.wait_for_log("stopping")
        talaria.process.send_signal(signal.SIGTERM)
        assert talaria.process.wait(10) == 1
        blocked.set()


def test_neither_keys_nor_payloads_nor_secrets_reach_the_log(tmp_path, store_url):
    talaria = Talaria(tmp_path, store_url=store_url, log_level="trace")
    with Receiver() as receiver, talaria:
        subscription = talaria.subscribe(url=receiver.url)
        _, secret = talaria.call("GET", f"/api/v1/subscriptions/{subscription['id']}/secret")
        talaria.call("POST", "/api/v1/events", {"event_type": "a", "payload": "not-for-the-log"})
        receiver.wait_for(lambda requests: requests)
        assert talaria.stop() == 0
        log = talaria.log_path.read_text()
        assert "not-for-the-log" not in log
        assert KEY not in log
        assert secret["secret"] not in log


def namespaces_available():
    probe = ["unshare", "-rm", "true"]
    return shutil.which("unshare") and subprocess.run(probe, check=False).returncode == 0


@pytest.mark.skipif(not namespaces_available(), reason="needs a mount namespace")
def test_a_full_disk_gives_503_and_loses_nothing_acked(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size=12m tmpfs {disk} && exec "$@"'
    talaria = Talaria(tmp_path, prefix=["unshare", "-rm", "sh", "-c", mounted, "sh"])
    talaria.environment["TALARIA_STORE_URL"] = f"sqlite:{disk / 'talaria.db'}"
    with Receiver() as receiver, talaria:
        talaria.subscribe(url=receiver.url)
        acked, full = fill_disk(talaria)
        assert full, "the disk did not fill up"
        receiver.wait_for(lambda requests: acked <= {r.headers["webhook-id"] for r in requests})
        status, _ = talaria.call("GET", "/health/live")
        assert status == 200


def fill_disk(talaria):
    """Submits until the store refuses several times in a row."""

    async def submit():
        client, acked, refused = Client(talaria.port), set(), 0
        body = json.dumps({"event_type": "a", "payload": "x" * 100_000}).encode()
        for _ in range(1000):
            status, answer = await client.request("POST", "/api/v1/events", body)
            if status == 202:
                acked.add(json.loads(answer)["id"])
            else:
                assert status == 503, answer
                assert json.loads(answer)["code"] in ("store_full", "store_unavailable")
                refused += 1
            if refused == 5:
                break
        client.close()
        return acked, refused == 5

    return asyncio.run(submit())


def test_the_key_that_seals_secrets_is_made_at_the_start_and_can_be_replaced(tmp_path, store_url):
    file = tmp_path / "talaria.key"
    settings = {"TALARIA_STORE_URL": store_url, "TALARIA_SECRETS_KEY_FILE": str(file)}
    with Talaria(tmp_path, store_url=store_url) as talaria:
        path = f"/api/v1/subscriptions/{talaria.subscribe(url='https://example.com/')['id']}/secret"
        secret = talaria.call("GET", path)
        assert talaria.stop() == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    old = file.read_text()
    new = run("secrets", "generate-key").stdout

    file.write_text(new + old)
    done = run("secrets", "reencrypt", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sealed the secrets of 1 subscriptions")

    file.write_text(old)
    refused = run("serve", **settings)
    assert refused.returncode == 1
    assert "are sealed with the key" in refused.stderr and str(file) in refused.stderr

    file.write_text(new)
    with Talaria(tmp_path, store_url=store_url) as talaria:
        assert talaria.call("GET", path) == secret
