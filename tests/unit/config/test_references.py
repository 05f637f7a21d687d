"""References to secrets kept elsewhere are read strictly, and whatever is no reference is the secret itself."""

import pytest

from chimera.config.problem import VariableRefused
from chimera.config.references import AwsReference, VaultReference, reference_in


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("vault://kv/studio#openai", VaultReference("kv", "studio", "openai")),
        ("vault://kv/team/studio/prod#db-url", VaultReference("kv", "team/studio/prod", "db-url")),
        ("vault://team%2Fkv/studio?version=3#a b", VaultReference("team/kv", "studio", "a b", 3)),
        ("aws-sm://studio/prod#openai", AwsReference("studio/prod", "openai")),
        ("aws-sm://studio", AwsReference("studio")),
        ("aws-sm://studio?version-stage=AWSPREVIOUS#k", AwsReference("studio", "k", None, "AWSPREVIOUS")),
        (
            "aws-sm://arn:aws:secretsmanager:us-east-1:123456789012:secret:studio-AbCdEf#k",
            AwsReference("arn:aws:secretsmanager:us-east-1:123456789012:secret:studio-AbCdEf", "k"),
        ),
        ("sk-vault://kv/studio#x", None),
        ("postgresql://u:p@h/db#x", None),
    ],
)
def test_references(text: str, reference: VaultReference | AwsReference | None) -> None:
    assert reference_in(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        "vault://",
        "vault://kv",
        "vault://kv/studio",
        "vault://kv/studio#",
        "vault:///studio#x",
        "vault://kv/../sys/seal#x",
        "vault://kv/%2e%2e/x#x",
        "vault://kv//studio#x",
        "vault://kv/studio?version=0#x",
        "vault://kv/studio?version=-1#x",
        "vault://kv/studio?verison=1#x",
        "vault://kv/stu\ndio#x",
        "aws-sm://",
        "aws-sm://a/../b",
        "aws-sm://name?stage=x",
        "aws-sm://name#",
    ],
)
def test_what_only_begins_like_one_is_refused(text: str) -> None:
    with pytest.raises(VariableRefused, match="write it like"):
        reference_in(text)
