"""AWS Secrets Manager through botocore, which the extra `aws` brings; bounded in time and attempts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from chimera.config.problem import VariableRefused
from chimera.config.references import AwsReference
from chimera.core.secret import Secret

ATTEMPTS_MAX = 4
CONNECT_SECONDS_MAX = 3
ANSWER_SECONDS_MAX = 5
_PASSING = frozenset({"InternalServiceError", "InternalServiceErrorException", "ThrottlingException"})
_SENTENCES = {
    "ResourceNotFoundException": "has no secret of that name, version or stage in this region",
    "AccessDeniedException": "refuses: no policy lets these credentials read it",
    "DecryptionFailure": "can't decrypt it: these credentials may not use its KMS key",
    "InvalidRequestException": "refuses: the secret is marked for deletion",
    "UnrecognizedClientException": "does not know these credentials",
    "InvalidClientTokenId": "does not know these credentials",
    "ExpiredTokenException": "says that these credentials have ended",
    "InvalidSignatureException": "says that the secret access key is wrong",
}


@dataclass(frozen=True, slots=True)
class AwsAccount:
    """Where the store answers, and as whom we ask; without keys botocore looks for them where AWS's tools do."""

    region: str | None = None
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None


@dataclass(slots=True)
class SecretsManager:
    """Reads each secret once, however many of its keys are asked for."""

    account: AwsAccount
    _read: dict[AwsReference, str] = field(default_factory=dict)

    def value(self, reference: AwsReference) -> str:
        """The text of a secret, or of a key of the JSON object in it.

        Raises:
            VariableRefused: it is not given; the text says why, and nothing of the secret.
        """
        whole = AwsReference(reference.name, version_id=reference.version_id, version_stage=reference.version_stage)
        if whole not in self._read:
            self._read[whole] = self._text(whole)
        text = self._read[whole]
        return text if reference.key is None else _member(text, reference)

    def _text(self, reference: AwsReference) -> str:
        terms = {"VersionId": reference.version_id, "VersionStage": reference.version_stage}
        client, errors = self._client()
        try:
            answer: Mapping[str, Any] = client.get_secret_value(
                SecretId=reference.name, **{name: value for name, value in terms.items() if value}
            )
        except errors.ClientError as error:
            raise _refused(error.response, reference) from error
        except errors.NoCredentialsError as error:
            raise VariableRefused("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") from error
        except errors.BotoCoreError as error:
            raise VariableRefused(
                f"AWS Secrets Manager does not answer ({type(error).__name__})", passing=True
            ) from error
        finally:
            client.close()
        text = answer.get("SecretString")
        if not isinstance(text, str) or not text:
            raise VariableRefused(f"{reference.name} of AWS Secrets Manager is binary: keep it as text")
        return text

    def _client(self) -> tuple[Any, Any]:
        try:
            sessions, config = import_module("botocore.session"), import_module("botocore.config")
        except ImportError as error:
            raise VariableRefused("aws-sm:// needs the package botocore: install chimera-studio[aws]") from error
        account = self.account
        if account.region is None:
            raise VariableRefused("aws-sm:// needs a region: set AWS_REGION")
        client = sessions.get_session().create_client(
            "secretsmanager",
            region_name=account.region,
            endpoint_url=account.endpoint_url,
            aws_access_key_id=account.access_key_id,
            aws_secret_access_key=account.secret_access_key and account.secret_access_key.reveal(),
            aws_session_token=account.session_token and account.session_token.reveal(),
            config=config.Config(
                connect_timeout=CONNECT_SECONDS_MAX,
                read_timeout=ANSWER_SECONDS_MAX,
                retries={"total_max_attempts": ATTEMPTS_MAX, "mode": "standard"},
                ignore_configured_endpoint_urls=True,
            ),
        )
        return client, import_module("botocore.exceptions")


def _refused(response: Mapping[str, Any], reference: AwsReference) -> VariableRefused:
    code = str(response.get("Error", {}).get("Code", ""))
    sentence = _SENTENCES.get(code, f"answers {code or 'an error'}")
    return VariableRefused(f"AWS Secrets Manager {sentence} ({reference.name})", passing=code in _PASSING)


def _member(text: str, reference: AwsReference) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        # The parser's error holds the document, and with it the secret.
        raise VariableRefused(f"{reference.name} of AWS Secrets Manager is no JSON object") from None
    value = document.get(reference.key) if isinstance(document, dict) else None
    if not isinstance(value, str) or not value:
        raise VariableRefused(f"the key {reference.key} is not a text in {reference.name} of AWS Secrets Manager")
    return value
