"""`/v1/policies`: the policies in force, with the hash that stands on every decision made by them."""

from chimera.contracts.contract import Contract
from chimera.contracts.policy import Policy, PolicyList
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation, Call, Operation
from chimera.safety.policy import SafetyPolicy, load_policy
from chimera.security.permissions import Permission


class PoliciesAsked(Contract):
    """No field: all of it is told."""


def policy_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The one read; the policy is the file this process was started with."""
    del desk
    told = PolicyList(policies=(_told(load_policy()),))

    async def show(_call: Call, _asked: PoliciesAsked) -> PolicyList:
        return told

    return (
        Operation(
            name="policies.list",
            summary="Show the policies in force, and their hashes.",
            method="GET",
            path="/v1/policies",
            asks=PoliciesAsked,
            answers=PolicyList,
            run=show,
            right=Permission.READ_CONTENT,
            tagged=True,
        ),
    )


def _told(policy: SafetyPolicy) -> Policy:
    document = policy.model_dump(mode="json", exclude={"version", "sha256"})
    return Policy(name="safety", version=policy.version, sha256=policy.sha256, document=document)
