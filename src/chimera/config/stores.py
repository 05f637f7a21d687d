"""The stores that secrets are asked of at start: whether they are set up, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from chimera.config.aws_secrets import AwsAccount, SecretsManager
from chimera.config.given import Given
from chimera.config.problem import Problem, VariableRefused, problems_in
from chimera.config.references import VaultReference
from chimera.config.transport import Plaintext, Resolve, check_http_url
from chimera.config.variables import StoreVariables
from chimera.core.secret import Secret

if TYPE_CHECKING:
    from chimera.config.vault import Vault

_NO_VAULT = "needs VAULT_ADDR and VAULT_TOKEN (or VAULT_TOKEN_FILE), the server and the token to read it with"
_NO_AWS = "can't be asked for before its own variables are mended"


@dataclass(frozen=True, slots=True)
class Stores:
    """None stands for a store that is not set up."""

    vault: "Vault | None"
    aws: SecretsManager | None

    def text(self, given: Given) -> str:
        """The value itself.

        Raises:
            VariableRefused: its store does not give it.
        """
        if given.reference is None:
            return given.text
        if isinstance(given.reference, VaultReference):
            if self.vault is None:
                raise VariableRefused(_NO_VAULT)
            return self.vault.field(given.reference)
        if self.aws is None:
            raise VariableRefused(_NO_AWS)
        return self.aws.value(given.reference)


def stores_of(
    given: Mapping[str, Given], allowed: frozenset[Plaintext], resolve: Resolve
) -> tuple[Stores, list[Problem]]:
    """The stores as the variables set them up, and what is wrong with these; none where that is anything."""
    problems = [
        Problem(name, "can't be kept in a store: it is what a store is asked with")
        for name in ("VAULT_TOKEN",)
        if name in given and given[name].reference is not None
    ]
    own = {name: given[name.upper()].text for name in StoreVariables.model_fields if name.upper() in given}
    try:
        variables = StoreVariables.model_validate(own)
    except ValidationError as error:
        return Stores(None, None), [*problems, *problems_in(error)]
    for name, address, service in (
        ("VAULT_ADDR", variables.vault_addr, Plaintext.VAULT),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", variables.aws_endpoint_url_secrets_manager, Plaintext.AWS_SM),
    ):
        try:
            if address is not None:
                check_http_url(address, service, resolve, plaintext_allowed=service in allowed)
        except VariableRefused as refused:
            problems.append(Problem(name, refused.text))
    if problems:
        return Stores(None, None), problems
    return Stores(_vault(variables), _aws(variables, given)), []


def _vault(variables: StoreVariables) -> "Vault | None":
    if variables.vault_addr is None or variables.vault_token is None:
        return None
    from chimera.config.vault import Vault, VaultServer  # brings an HTTP client: only where there is a Vault to ask

    return Vault(
        VaultServer(
            variables.vault_addr.rstrip("/"),
            variables.vault_token,
            variables.vault_namespace,
            variables.vault_cacert,
        )
    )


def _aws(variables: StoreVariables, given: Mapping[str, Given]) -> SecretsManager:
    """Under the keys that the environment or files give; keys that lie in a store themselves are left to botocore."""
    key_id, secret, session = (
        given[name].text if name in given and given[name].reference is None else None
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    )
    return SecretsManager(
        AwsAccount(
            region=variables.aws_region or (given["S3_REGION"].text if "S3_REGION" in given else None),
            endpoint_url=variables.aws_endpoint_url_secrets_manager,
            access_key_id=key_id if secret else None,
            secret_access_key=Secret(secret) if secret and key_id else None,
            session_token=Secret(session) if session and secret and key_id else None,
        )
    )
