"""Holds answers against Amazon's published models (Swagger 2.0), with the jsonschema library as the judge."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft4Validator, Draft7Validator, FormatChecker

_FORMATS = FormatChecker(formats=["date-time"])
# Documented, but withdrawn from the public model; and beside the API.
_NOT_IN_MODELS = re.compile(r"/orders/2026-01-01/orders/[^/]+/cancellation")


class Models:
    """The models of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._operations: list[tuple[re.Pattern[str], str, dict[str, Any], dict[str, Any]]] = []
        for path in sorted(folder.glob("*.json")):
            model = json.loads(path.read_text("utf-8"))
            if "swagger" in model:
                self._read(model)

    def _read(self, model: dict[str, Any]) -> None:
        definitions = _strict(model["definitions"])
        for path, methods in model["paths"].items():
            pattern = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path))
            for method, operation in methods.items():
                if isinstance(operation, dict) and "responses" in operation:
                    self._operations.append((pattern, method.upper(), operation, definitions))

    def check(self, method: str, path: str, answer: httpx.Response) -> None:
        """Fail unless the answer is one that the model has, headers included.

        :raise AssertionError: with what is wrong
        """
        if _NOT_IN_MODELS.fullmatch(path):
            return
        found = [item for item in self._operations if item[1] == method and item[0].fullmatch(path)]
        assert found, f"No model has {method} {path}."
        _pattern, _method, operation, definitions = found[0]
        declared = operation["responses"].get(str(answer.status_code))
        assert declared, f"{operation['operationId']} cannot answer {answer.status_code}: {answer.text}"
        missing = {name.lower() for name in declared.get("headers", {})} - set(answer.headers)
        assert not missing, f"{operation['operationId']} answered {answer.status_code} without {missing}."
        if "schema" not in declared:
            assert not answer.content
            return
        schema = {**declared["schema"], "definitions": definitions}
        errors = [str(error) for error in Draft4Validator(schema, format_checker=_FORMATS).iter_errors(answer.json())]
        assert not errors, f"{operation['operationId']} {answer.status_code}: {errors}"

    def rates(self) -> dict[str, tuple[float, int]]:
        """Rate per second and burst by operation, from the descriptions' usage plans."""
        plans = {}
        for _pattern, _method, operation, _definitions in self._operations:
            if found := re.search(r"\|\s*([\d.]+)\s*\|\s*(\d+)\s*\|", operation["description"]):
                plans[operation["operationId"]] = (float(found[1]), int(found[2]))
        return plans

    def check_notification(self, body: dict[str, Any]) -> None:
        """Fail unless a body fits the ORDER_CHANGE schema.

        :raise AssertionError: with what is wrong
        """
        schema = json.loads((self._folder / "OrderChangeNotification.json").read_text("utf-8"))
        # The ids in the published file are fragments, which a validator would resolve references against.
        schema = _without_ids(schema)
        errors = [error.message for error in Draft7Validator(schema).iter_errors(body)]
        assert not errors, errors


def _strict(definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions, with fields that the model does not have refused too.

    The parts of an `allOf` each see the whole object, so they and their parts stay open.
    """
    text = json.dumps(definitions)
    parts = set(re.findall(r'"allOf": \[(.*?)\]', text))
    open_names = {name for part in parts for name in re.findall(r"#/definitions/(\w+)", part)}
    for name, definition in definitions.items():
        closed = "allOf" not in definition and "additionalProperties" not in definition and name not in open_names
        if definition.get("type") == "object" and "properties" in definition and closed:
            definition["additionalProperties"] = False
    return definitions


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ids(item) for name, item in value.items() if name not in ("$id", "$schema")}
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    return value
