"""Every body in the OpenAPI document has an example, and every example is as its schema says."""
import json

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from talaria import ROOT

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text())


def resolved(part):
    while "$ref" in part:
        part = DOCUMENT["components"]["responses"][part["$ref"].rsplit("/", 1)[-1]]
    return part


def bodies():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            name = f"{method.upper()} {path}"
            for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{name} {media_type}", body
            for status, response in operation["responses"].items():
                for media_type, body in resolved(response).get("content", {}).items():
                    yield f"{name} {status} {media_type}", body


def validator(schema):
    """References lead into the document."""
    whole = {"components": DOCUMENT["components"], "allOf": [schema]}
    return Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize(("name", "body"), list(bodies()))
def test_a_body_has_an_example_that_matches_its_schema(name, body):
    assert "example" in body
    validator(body["schema"]).validate(body["example"])
