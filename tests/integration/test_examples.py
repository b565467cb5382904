"""The examples of a cluster are well-formed, agree with each other, and set only what there is to set."""
import re
import shutil
import subprocess

import pytest
import yaml

from scrape import promtool
from talaria import ROOT, run

EXAMPLES = ROOT / "examples"
COMPOSE = EXAMPLES / "compose"
KUBERNETES = EXAMPLES / "kubernetes"
SYSTEMD = EXAMPLES / "systemd"
HTTP_PORT = 8080
CLUSTER_PORT = 9090
# After the drain timeout; app/main.cpp ends a stop that has taken so much longer.
STOP_PATIENCE_SECONDS = 10
PROBES = {"startupProbe": "/health/live", "livenessProbe": "/health/live", "readinessProbe": "/health/ready"}
# Of a command's client, or of the file's name: docs/configuration.md does not list them as settings.
NO_SETTINGS = {"TALARIA_KEY", "TALARIA_CONFIG"}
# Named in a comment, as something that must not be there.
NOT_SET = {"TALARIA_PORT"}


def documents(path):
    return list(yaml.safe_load_all(path.read_text()))


def compose():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())


def nodes_of_compose():
    return {name: one for name, one in compose()["services"].items() if name.startswith("node-")}


def resources():
    """What `kubectl apply -k` makes, by kind and name."""
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    found = {}
    for file in listed:
        for one in documents(KUBERNETES / file):
            key = (one["kind"], one["metadata"]["name"])
            assert key not in found, f"{key} is there twice"
            found[key] = one
    return found


def pod():
    return resources()["StatefulSet", "talaria"]["spec"]["template"]


def container():
    (only,) = pod()["spec"]["containers"]
    return only


def unit():
    """The service's settings with those of its drop-in; each is a list, as some may be repeated."""
    settings = {}
    for file in (SYSTEMD / "talaria.service", SYSTEMD / "talaria.service.d" / "cluster.conf"):
        for line in file.read_text().splitlines():
            if "=" in line and not line.startswith("#"):
                name, value = line.split("=", 1)
                settings.setdefault(name, []).append(value)
    return settings


def default_of(setting):
    rows = re.findall(rf"^\| `{re.escape(setting)}` \|.*?\| `([^`|]*)` \| [^|]*\|$", configuration(), re.M)
    assert len(rows) == 1, f"docs/configuration.md has {len(rows)} rows of {setting}"
    return rows[0]


def configuration():
    return (ROOT / "docs" / "configuration.md").read_text()


def drain_seconds():
    return int(default_of("shutdown.drain_timeout_ms")) / 1000


def port_of(address):
    return int(address.rsplit(":", 1)[1])


def files():
    return [path for path in sorted(EXAMPLES.rglob("*")) if path.is_file()]


def test_yaml_parses():
    for file in (path for path in files() if path.suffix in (".yaml", ".yml")):
        assert all(document is not None for document in documents(file)), file


def test_every_variable_in_the_examples_is_a_setting():
    known = set(re.findall(r"`(TALARIA_\w+)`", configuration())) | NO_SETTINGS | NOT_SET
    used = {}
    for file in files():
        for name in re.findall(r"(?<!-D)TALARIA_[A-Z_]*[A-Z]", file.read_text()):
            used.setdefault(name, set()).add(file.relative_to(ROOT).as_posix())
    assert used, "the examples set something"
    assert {name: where for name, where in used.items() if name not in known} == {}


def test_no_secret_is_in_the_examples():
    for secret in (one for (kind, _), one in resources().items() if kind == "Secret"):
        assert set(secret["stringData"].values()) == {"REPLACE"}
    for line in (COMPOSE / ".env.example").read_text().splitlines():
        assert line.startswith("#") or line.endswith("="), line


def test_the_plan_in_the_documentation_is_what_the_command_says():
    shown = re.search(r"^```\n\$ talaria (plan .*)\n((?s:.*?))^```$", (ROOT / "docs" / "scaling.md").read_text(), re.M)
    done = run(*shown[1].split())
    assert (done.returncode, done.stdout) == (0, shown[2])


# ------------------------------------------------------------------------------------------ compose


def test_compose_knows_every_service_volume_and_network_it_names():
    made = compose()
    services = made["services"]
    for name, service in services.items():
        assert "image" in service, name
        assert set(service.get("depends_on", [])) <= set(services), name
        assert set(service.get("networks", [])) <= set(made["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (COMPOSE / source).is_file(), f"{name} mounts {source}"
            else:
                assert source in made["volumes"], f"{name} mounts {source}"


def test_variables_that_compose_asks_for_are_in_the_example_of_its_environment():
    asked = set(re.findall(r"\$\{(\w+)", (COMPOSE / "compose.yaml").read_text()))
    given = set(re.findall(r"^(\w+)=", (COMPOSE / ".env.example").read_text(), re.M))
    assert asked == given


def test_nodes_of_compose_have_names_addresses_and_certificates_of_their_own():
    made = nodes_of_compose()
    assert len(made) == 3
    script = compose()["services"]["prepare"]["command"][0]
    for name, node in made.items():
        environment = node["environment"]
        assert environment["TALARIA_NODE_NAME"] == name
        assert environment["TALARIA_CLUSTER_ADVERTISE"] == f"{name}:{CLUSTER_PORT}"
        assert environment["TALARIA_CLUSTER_CERTIFICATE"].endswith(f"/{name}.pem")
        assert environment["TALARIA_CLUSTER_KEY"].endswith(f"/{name}.key")
        assert f"--node {name} " in script
        assert port_of(environment["TALARIA_CLUSTER_LISTEN"]) == CLUSTER_PORT
        assert port_of(environment["TALARIA_HTTP_LISTEN"]) == HTTP_PORT


def test_compose_gives_a_stop_its_time():
    for node in nodes_of_compose().values():
        assert int(node["stop_grace_period"].removesuffix("s")) > drain_seconds() + STOP_PATIENCE_SECONDS


def test_only_the_balancer_of_compose_is_reached_from_outside_and_on_loopback():
    published = {name: one["ports"] for name, one in compose()["services"].items() if "ports" in one}
    assert list(published) == ["balancer"]
    assert all(port.startswith("127.0.0.1:") for port in published["balancer"])


def test_postgresql_of_compose_has_room_for_the_connections_of_its_nodes():
    header = (ROOT / "app" / "capacity_plan.hpp").read_text()
    each = int(re.search(r"node_connections_max = (\d+);", header)[1])
    most = int(re.search(r"max_connections=(\d+)", " ".join(compose()["services"]["postgres"]["command"]))[1])
    reserved = 3
    # While a node is replaced, its successor connects as well.
    assert most >= (len(nodes_of_compose()) + 1) * each + reserved


def test_the_balancer_sends_requests_to_every_node_that_is_ready():
    text = (COMPOSE / "haproxy.cfg").read_text()
    servers = dict(re.findall(r"^ +server (\S+) (\S+)$", text, re.M))
    assert servers == {name: f"{name}:{HTTP_PORT}" for name in nodes_of_compose()}
    assert "uri /health/ready" in text
    assert re.search(rf"bind :{port_of(compose()['services']['balancer']['ports'][0])}$", text, re.M)


@pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed")
def test_the_balancers_configuration_is_valid():
    done = subprocess.run(
        ["haproxy", "-c", "-f", str(COMPOSE / "haproxy.cfg")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_image_runs_as_nobodys_root_and_is_built_by_the_list_of_packages():
    text = (COMPOSE / "Dockerfile").read_text()
    users = re.findall(r"^USER (.*)$", text, re.M)
    assert users == [str(pod()["spec"]["securityContext"]["runAsUser"])]
    assert 'install_packages "${build_packages[@]}"' in text
    assert re.findall(r"^FROM (\S+)", text, re.M) == ["debian:12-slim"] * 2
    (exposed,) = re.findall(r"^EXPOSE (.*)$", text, re.M)
    assert [int(port) for port in exposed.split()] == [HTTP_PORT, CLUSTER_PORT]
    for copied in re.findall(r"^COPY (?!--from)(\S+)", text, re.M):
        assert (ROOT / copied).exists(), copied


# ------------------------------------------------------------------------------------------ systemd


def test_the_unit_gives_a_stop_its_time_and_is_started_again():
    settings = unit()
    assert settings["Restart"] == ["always"]
    assert int(settings["TimeoutStopSec"][0]) > drain_seconds() + STOP_PATIENCE_SECONDS


def test_credentials_that_the_unit_uses_are_loaded():
    settings = unit()
    loaded = {value.split(":")[0] for value in settings["LoadCredential"]}
    used = {re.search(r"=%d/(.*)", value)[1] for value in settings["Environment"] if "=%d/" in value}
    assert used == loaded


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit_with_its_drop_in(tmp_path):
    service = tmp_path / "talaria.service"
    # Which must be there, and is not installed.
    text = (SYSTEMD / "talaria.service").read_text()
    service.write_text(text.replace("/usr/local/bin/talaria", "/bin/true"))
    shutil.copytree(SYSTEMD / "talaria.service.d", tmp_path / "talaria.service.d")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(service)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # What it does not know it ignores, with a word about it.
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# --------------------------------------------------------------------------------------- Kubernetes


def test_every_file_for_kubernetes_is_listed():
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    apart = {"kustomization.yaml", "prometheus-adapter.yaml"}
    assert sorted(listed) == sorted({path.name for path in KUBERNETES.iterdir()} - apart)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kustomize_takes_what_is_listed():
    done = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    made = {(one["kind"], one["metadata"]["name"]) for one in yaml.safe_load_all(done.stdout)}
    assert made == set(resources())


def test_resources_have_the_structure_of_their_kind():
    versions = {
        "Namespace": "v1",
        "ConfigMap": "v1",
        "Secret": "v1",
        "Service": "v1",
        "StatefulSet": "apps/v1",
        "PodDisruptionBudget": "policy/v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
        "NetworkPolicy": "networking.k8s.io/v1",
    }
    seen = {(one["kind"], one["apiVersion"]) for one in resources().values()}
    assert seen == set(versions.items())
    for (kind, name), one in resources().items():
        members = set(one) - {"apiVersion", "kind", "metadata"}
        expected = {"ConfigMap": {"data"}, "Secret": {"type", "stringData"}, "Namespace": set()}
        assert members == expected.get(kind, {"spec"}), f"{kind} {name}"


def test_whatever_selects_pods_selects_the_nodes():
    labels = pod()["metadata"]["labels"]
    made = resources()
    selectors = [one["spec"]["selector"] for (kind, _), one in made.items() if kind == "Service"]
    selectors += [
        made["StatefulSet", "talaria"]["spec"]["selector"]["matchLabels"],
        made["PodDisruptionBudget", "talaria"]["spec"]["selector"]["matchLabels"],
        made["NetworkPolicy", "talaria"]["spec"]["podSelector"]["matchLabels"],
    ]
    for selector in selectors:
        assert selector.items() <= labels.items()


def test_a_pod_refers_to_what_there_is():
    made = resources()
    stateful = made["StatefulSet", "talaria"]["spec"]
    assert made["Service", stateful["serviceName"]]["spec"]["clusterIP"] == "None"
    for source in container()["envFrom"]:
        for reference, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if reference in source:
                assert (kind, source[reference]["name"]) in made
    volumes = {one["name"]: one for one in pod()["spec"]["volumes"]}
    mounts = {one["name"]: one["mountPath"] for one in container()["volumeMounts"]}
    assert set(mounts) == set(volumes)
    files = made["Secret", volumes["cluster"]["secret"]["secretName"]]["stringData"]
    data = made["ConfigMap", "talaria"]["data"]
    named = {data[f"TALARIA_CLUSTER_{name}"] for name in ("CERTIFICATE", "KEY", "CA")}
    assert named == {f"{mounts['cluster']}/{file}" for file in files}


def test_a_node_has_the_name_of_its_pod_and_is_reached_by_it():
    first, second = container()["env"]
    assert first["name"] == "TALARIA_NODE_NAME"
    assert first["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    # Variables may use those before them.
    service = resources()["StatefulSet", "talaria"]["spec"]["serviceName"]
    assert second == {
        "name": "TALARIA_CLUSTER_ADVERTISE",
        "value": f"$(TALARIA_NODE_NAME).{service}:{CLUSTER_PORT}",
    }


def test_kubernetes_adds_no_variables_that_talaria_would_take_for_settings():
    assert pod()["spec"]["enableServiceLinks"] is False


def test_ports_of_kubernetes_agree():
    made = resources()
    data = made["ConfigMap", "talaria"]["data"]
    ports = {one["name"]: one["containerPort"] for one in container()["ports"]}
    assert ports == {
        "http": port_of(data["TALARIA_HTTP_LISTEN"]),
        "cluster": port_of(data["TALARIA_CLUSTER_LISTEN"]),
    }
    assert ports == {"http": HTTP_PORT, "cluster": CLUSTER_PORT}
    services = [one["spec"] for (kind, _), one in made.items() if kind == "Service"]
    named = [one["targetPort"] for service in services for one in service["ports"]]
    named += [container()[probe]["httpGet"]["port"] for probe in PROBES]
    named += [one["port"] for rule in made["NetworkPolicy", "talaria"]["spec"]["ingress"] for one in rule["ports"]]
    assert set(named) == set(ports)
    assert int(pod()["metadata"]["annotations"]["prometheus.io/port"]) == HTTP_PORT


def test_only_nodes_may_connect_to_the_port_of_the_cluster():
    rules = resources()["NetworkPolicy", "talaria"]["spec"]["ingress"]
    (rule,) = [one for one in rules if {"port": "cluster"} in one["ports"]]
    assert rule["ports"] == [{"port": "cluster"}]
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchLabels"] == pod()["metadata"]["labels"]


def test_probes_ask_what_they_are_for():
    assert {probe: container()[probe]["httpGet"]["path"] for probe in PROBES} == PROBES


def test_a_pod_has_time_to_drain_and_to_stop():
    command = container()["lifecycle"]["preStop"]["exec"]["command"]
    assert command[:2] == ["sh", "-c"]
    before = sum(int(seconds) for seconds in re.findall(r"\b(?:timeout|sleep) (\d+)", command[2]))
    assert 'talaria drain "$TALARIA_NODE_NAME"' in command[2]
    data = resources()["ConfigMap", "talaria"]["data"]
    drain = int(data["TALARIA_SHUTDOWN_DRAIN_TIMEOUT_MS"]) / 1000
    grace = pod()["spec"]["terminationGracePeriodSeconds"]
    assert grace >= before + drain + STOP_PATIENCE_SECONDS + 5


def test_the_autoscaler_scales_the_nodes_by_a_metric_that_the_adapter_makes():
    scaler = resources()["HorizontalPodAutoscaler", "talaria"]["spec"]
    target = scaler["scaleTargetRef"]
    assert (target["kind"], target["name"]) in resources()
    assert "replicas" not in resources()["StatefulSet", "talaria"]["spec"], "or each apply resets what it chose"
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    asked = {one["external"]["metric"]["name"] for one in scaler["metrics"] if one["type"] == "External"}
    assert asked == {rule["name"]["as"] for rule in adapter_rules()}


def adapter_rules():
    return yaml.safe_load((KUBERNETES / "prometheus-adapter.yaml").read_text())["rules"]["external"]


def test_the_adapter_asks_prometheus_for_metrics_that_there_are(tmp_path):
    known = set(re.findall(r"`(talaria_\w+)`", (ROOT / "docs" / "metrics.md").read_text()))
    for rule in adapter_rules():
        query = rule["metricsQuery"].replace("<<.LabelMatchers>>", 'namespace="talaria"')
        assert set(re.findall(r"\btalaria_\w+(?=\{)", query + rule["seriesQuery"])) <= known
        rules = tmp_path / "rules.yml"
        recorded = {"record": "adapted", "expr": query}
        rules.write_text(yaml.safe_dump({"groups": [{"name": "adapter", "rules": [recorded]}]}))
        promtool("check", "rules", rules)


@pytest.mark.parametrize(
    ("queued", "scaled_by"),
    [("0", 0), ("5", 120)],
    ids=["nothing waits for a place", "attempts wait for a place"],
)
def test_an_old_backlog_counts_only_while_attempts_wait_for_a_place(tmp_path, queued, scaled_by):
    (rule,) = adapter_rules()
    query = rule["metricsQuery"].replace("<<.LabelMatchers>>", 'namespace="t"')
    series = [
        {"series": 'talaria_queue_oldest_due_age_seconds{namespace="t", pod="a", priority="low"}', "values": "120x5"},
        {"series": 'talaria_queue_oldest_due_age_seconds{namespace="t", pod="b", priority="high"}', "values": "0x5"},
        {"series": 'talaria_attempts_queued{namespace="t", pod="a"}', "values": "0x5"},
        {"series": 'talaria_attempts_queued{namespace="t", pod="b"}', "values": f"{queued}x5"},
    ]
    asked = {"expr": query, "eval_time": "3m", "exp_samples": [{"labels": "{}", "value": scaled_by}]}
    case = {"interval": "1m", "input_series": series, "promql_expr_test": [asked]}
    file = tmp_path / "case.yml"
    file.write_text(yaml.safe_dump({"tests": [case]}))
    promtool("test", "rules", file)
