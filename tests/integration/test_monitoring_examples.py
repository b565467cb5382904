"""The examples for Prometheus and Grafana are valid, and ask for nothing that Talaria does not say."""
import json
import re

import pytest

from scrape import busy_talaria, metrics_in, promtool, scrape
from talaria import ROOT

PROMETHEUS = ROOT / "examples" / "prometheus"
DASHBOARD = ROOT / "examples" / "grafana" / "talaria-dashboard.json"
METRIC = re.compile(r"\b(?:talaria|process)_\w+")
OF_ALL_NODES = re.compile("talaria_queue_(?:pending|oldest_due_age_seconds)|talaria_cluster_nodes")


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    with busy_talaria(tmp_path_factory.mktemp("examples")) as talaria:
        yield scrape(talaria)


def dashboard():
    return json.loads(DASHBOARD.read_text())


def expressions(shown):
    """Every query of a dashboard."""
    for panel in shown["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for variable in shown["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["definition"]
    for annotation in shown["annotations"]["list"]:
        yield annotation["expr"]


def series_in(scraped):
    """As queries name them: a histogram by its parts."""
    names = set()
    for name, metric in metrics_in(scraped).items():
        parts = ("_bucket", "_sum", "_count") if metric.type == "histogram" else ("",)
        names |= {name + part for part in parts}
    return names


def alerts():
    return re.findall(r"- alert: (\w+)", (PROMETHEUS / "talaria-alerts.yml").read_text())


def test_the_configuration_of_prometheus_and_the_rules_it_names_are_valid():
    done = promtool("check", "config", PROMETHEUS / "prometheus.yml")
    assert f"{len(alerts())} rules found" in done.stdout


def test_alerts_fire_when_they_should_and_not_before():
    promtool("test", "rules", PROMETHEUS / "talaria-alerts-test.yml")


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not():
    text = (PROMETHEUS / "talaria-alerts-test.yml").read_text()
    fired, quiet = set(), set()
    for case in text.split("  - name: ")[1:]:
        (fired if "exp_alerts:" in case else quiet).update(re.findall(r"alertname: (\w+)", case))
    assert fired == set(alerts())
    assert quiet >= set(alerts())


def test_every_metric_that_an_alert_asks_for_is_there(scraped):
    asked = set(METRIC.findall((PROMETHEUS / "talaria-alerts.yml").read_text()))
    assert asked
    assert asked <= series_in(scraped)


def test_every_metric_that_the_dashboard_asks_for_is_there(scraped):
    asked = {name for expr in expressions(dashboard()) for name in METRIC.findall(expr)}
    assert asked
    assert asked <= series_in(scraped)


def test_the_dashboard_shows_every_metric_but_for_the_addresses_of_the_process(scraped):
    shown = " ".join(expressions(dashboard()))
    missing = {name for name in metrics_in(scraped) if name not in shown}
    assert missing == {"process_virtual_memory_bytes"}


def test_what_each_node_says_of_all_nodes_is_never_summed_up():
    rules = re.findall(r"expr: (.+)", (PROMETHEUS / "talaria-alerts.yml").read_text())
    asked = [expr for expr in [*rules, *expressions(dashboard())] if OF_ALL_NODES.search(expr)]
    assert {OF_ALL_NODES.search(expr)[0] for expr in asked} == {
        "talaria_queue_pending",
        "talaria_queue_oldest_due_age_seconds",
        "talaria_cluster_nodes",
    }
    for expr in asked:
        assert re.search(rf"\bmax *(?:by \(\w+\) *)?\((?:{OF_ALL_NODES.pattern})", expr), expr


def test_every_query_of_the_dashboard_is_valid_promql(tmp_path):
    rules = []
    for number, expr in enumerate(e for e in expressions(dashboard()) if "label_values" not in e):
        plain = expr.replace("$__rate_interval", "1m").replace("$instance", ".*")
        rules.append({"record": f"dashboard:query:{number}", "expr": plain})
    file = tmp_path / "dashboard.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", file)


def test_panels_of_the_dashboard_do_not_overlap_and_fit_its_width():
    taken = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
