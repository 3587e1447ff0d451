"""JSON schemas of the files that ferkit writes, one a kind, and what is wrong with an object by them.

The schemas (draft 2020-12) lie beside this file; `results/README.md` lists their keys. fastjsonschema accepts what
is right, in a twentieth of the time; jsonschema says what is wrong. Where it is not installed (training on a bare node)
only missing keys are found, and whoever reads the files later checks the rest. Unknown keys are free everywhere.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import resources

from ferkit.core import quick_import

KINDS = ("metrics", "plan", "headline", "claims", "manifest", "occlusion")


@cache
def load(kind: str) -> dict:
    """The schema of a kind of file, one of `KINDS`."""
    return json.loads(resources.files(__name__).joinpath(f"{kind}.json").read_text(encoding="utf-8"))


def properties(kind: str) -> dict[str, dict]:
    """The keys of one object of this kind (of one entry, where the file is a list) with their schemas."""
    schema = load(kind)
    return schema.get("items", schema)["properties"]


def problems(kind: str, content: object) -> list[str]:
    """What is wrong with the content of a file, one short sentence each; [] where it keeps the schema."""
    missing = _missing(kind, content) or _not_finite(content)
    if missing or _accepts(kind, content) or _validator(kind) is None:
        return missing
    validator = _validator(kind)
    found = sorted(validator.iter_errors(content), key=lambda error: list(map(str, error.absolute_path)))
    return [_sentence(error) for error in found]


def _missing(kind: str, content: object) -> list[str]:
    schema = load(kind)
    if schema["type"] == "array":
        if not isinstance(content, list):
            return ["it is not a list"]
        required, entries = schema["items"]["required"], [(f"entry {k}: ", entry) for k, entry in enumerate(content)]
    else:
        required, entries = schema["required"], [("", content)]
    return [f"{where}{key} is missing" if isinstance(entry, Mapping) else f"{where}it is not an object"
            for where, entry in entries for key in (required if isinstance(entry, Mapping) else [""])
            if not isinstance(entry, Mapping) or key not in entry]


def _not_finite(content: object, where: str = "") -> list[str]:
    if not where:
        with suppress(ValueError, TypeError):
            json.dumps(content, allow_nan=False)  # ten times as fast as the search below
            return []
    if isinstance(content, Mapping):
        return [said for key, value in content.items() for said in _not_finite(value, f"{where}.{key}".lstrip("."))]
    if isinstance(content, list):
        return [said for value in content for said in _not_finite(value, where)]
    finite = not isinstance(content, float) or math.isfinite(content)
    return [] if finite else [f"{where or 'it'} is {content}, which JSON does not know"]


def _accepts(kind: str, content: object) -> bool:
    """Whether the content surely keeps the schema; False where jsonschema must say."""
    accept = _acceptor(kind)
    if accept is None:
        return False
    try:
        accept(content)
    except ValueError:
        return False
    return True


@cache
def _acceptor(kind: str):
    try:
        import fastjsonschema
    except ImportError:
        return None
    # It knows the drafts up to 7 alone; every keyword that the schemas use means the same there.
    return fastjsonschema.compile(load(kind) | {"$schema": "http://json-schema.org/draft-07/schema"}, use_default=False)


@cache
def _validator(kind: str):
    jsonschema = quick_import.jsonschema()
    return None if jsonschema is None else jsonschema.Draft202012Validator(load(kind))


def _sentence(error) -> str:
    """ "accuracy is 1.7, not a fraction in [0, 1]"; a null where the predictions decide says so."""
    while error.context and error.validator == "anyOf":  # "… or null": the alternative to null says more
        error = error.context[0]
    where = ".".join(map(str, error.absolute_path)) or "it"
    if error.validator == "not":
        return f"{where} is null"
    if error.validator == "type" and error.validator_value == "null":
        return f"{where} is given, but there are no predictions to show for it"
    if where == "status" and "then" in map(str, error.absolute_schema_path):
        return f"status is {error.instance}, but there are no predictions"
    return f"{where} is {str(error.instance)[:40]!r}, not {wanted(error.schema)}"


def wanted(schema: Mapping) -> str:
    """What a schema asks for, in words: "a fraction in [0, 1]", "text", "one of train, val, test"."""
    if "$ref" in schema:
        return {"count": "a count", "fraction": "a fraction in [0, 1]", "text": "text",
                "sha256": "a sha256"}[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return f"{wanted(schema['anyOf'][0])}, or null"
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "const" in schema:
        return str(schema["const"])
    if "pattern" in schema:
        return "a sha256"
    names = {"integer": "a count", "object": "an object", "array": "a list", "boolean": "true or false",
             "string": "text", "number": "a fraction in [0, 1]" if "maximum" in schema else "a number"}
    kinds = schema.get("type", "")
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
