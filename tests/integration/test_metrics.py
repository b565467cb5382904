"""What /metrics says: in a form that Prometheus likes, and documented, each and all."""
import re

import pytest

from scrape import Metric, busy_talaria, metrics_in, promtool, scrape
from talaria import ROOT

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|(?: (.*?))? \| .+ \|$", re.M)


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    with busy_talaria(tmp_path_factory.mktemp("metrics")) as talaria:
        yield scrape(talaria)


def documented():
    text = (ROOT / "docs" / "metrics.md").read_text()
    rows = ROW.findall(text)
    assert len({name for name, _, _ in rows}) == len(rows), "a metric is documented twice"
    return {name: Metric(kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def test_promtool_finds_nothing_to_say_about_the_metrics(scraped):
    assert promtool("check", "metrics", input=scraped).stderr == ""


def test_what_is_scraped_is_documented_with_its_type_and_labels_and_nothing_else_is(scraped):
    assert metrics_in(scraped) == documented()


def test_every_metric_says_what_it_is(scraped):
    names = set(metrics_in(scraped))
    assert set(re.findall(r"^# HELP (\w+) \S", scraped, re.M)) == names


def test_no_label_has_many_values_or_an_id_in_it(scraped):
    values = {}
    for label, value in re.findall(r'[{,](\w+)="([^"]*)"', scraped):
        values.setdefault(label, set()).add(value)
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
    for label, seen in values.items():
        assert label in ("le", "route") or len(seen) <= 20, label
        assert not any(uuid.search(value) for value in seen), label
