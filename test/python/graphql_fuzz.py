"""What schemathesis is told of our GraphQL schema: values of its own scalars, and what counts as a fault of ours.

By itself it takes every answer with errors for a failure; ours say by their code whose fault they are.
"""

import json

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

# Of addresses only some that nobody is asked at: this machine's are refused.
addresses = ["http://127.0.0.1:9/", "http://[::1]/x", "ftp://127.0.0.1/", "https://user@localhost/", "no address", ""]

schemathesis.graphql.scalar("URL", st.sampled_from(addresses).map(nodes.String))
schemathesis.graphql.scalar("SafeInt", st.integers(min_value=-(2**60), max_value=2**60).map(nodes.Int))
schemathesis.graphql.scalar("Upload", st.one_of(st.just(nodes.Null), st.text(max_size=5).map(nodes.String)))


def value_of(value):
    if isinstance(value, bool):
        return nodes.Boolean(value)
    if isinstance(value, int):
        return nodes.Int(value)
    return nodes.String(value) if isinstance(value, str) else nodes.Null


def object_of(fields):
    from graphql import NameNode, ObjectFieldNode, ObjectValueNode

    return ObjectValueNode(
        fields=tuple(
            ObjectFieldNode(name=NameNode(value=name), value=value_of(value)) for name, value in fields.items()
        )
    )


values = st.one_of(st.none(), st.booleans(), st.integers(-(2**31), 2**31), st.text(max_size=8))
names = st.from_regex(r"\A[_a-zA-Z][_a-zA-Z0-9]{0,8}\Z")
schemathesis.graphql.scalar("JSONObject", st.dictionaries(names, values, max_size=3).map(object_of))


@schemathesis.check
def no_fault(ctx, response, case):
    """Every answer is one of GraphQL's, and no error in it is a fault of ours, or without a code."""
    if response.status_code >= 500:
        raise AssertionError(f"status {response.status_code}: {response.text[:500]}")
    answer = json.loads(response.text)
    if "data" not in answer and "errors" not in answer:
        raise AssertionError(f"no GraphQL answer: {response.text[:500]}")
    for error in answer.get("errors", []):
        code = error.get("extensions", {}).get("code")
        if code is None or code == "INTERNAL_SERVER_ERROR":
            raise AssertionError(f"a fault: {json.dumps(error)[:500]}")
