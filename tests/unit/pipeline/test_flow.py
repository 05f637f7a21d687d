"""The flow's table tells the truth: every role once, stages never back, contracts handed on."""

from itertools import pairwise

from chimera.core.vocabulary import Role, Stage
from chimera.pipeline.flow import CHOOSE, FIND, FLOW, PUBLISH, REVIEW
from chimera.pipeline.stages import NEXT


def test_each_role_has_one_step_of_the_flow() -> None:
    assert sorted(step.role for step in FLOW) == sorted(Role)


def test_stages_go_on_one_at_a_time_and_never_back() -> None:
    stages = [step.stage for step in FLOW if step.stage is not None]
    moves = [(before, after) for before, after in pairwise(stages) if before is not after]
    assert stages[0] is Stage.DRAFT
    assert all(after in NEXT[before] for before, after in moves)
    assert Stage.PUBLISHED in NEXT[stages[-1]]


def test_the_planner_takes_what_the_scout_gives_and_the_worker_what_the_judge_gives() -> None:
    assert CHOOSE.takes is FIND.gives
    assert PUBLISH.takes is REVIEW.gives
