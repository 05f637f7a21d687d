"""The flow's table tells the truth: every role at work, stages never back, contracts handed on, money around work."""

from itertools import pairwise

from chimera.core.vocabulary import Role, Stage
from chimera.pipeline.flow import APPROVE, BEGIN, CHOOSE, FIND, FLOW, PRODUCE, PUBLISH, REVIEW, SETTLE
from chimera.pipeline.stages import NEXT


def test_each_role_has_one_step_of_the_flow_and_the_cfo_three() -> None:
    assert sorted(step.role for step in FLOW) == sorted([*Role, Role.CFO, Role.CFO])


def test_money_is_held_before_the_work_and_settled_right_behind_it() -> None:
    assert [step for step in FLOW if step.role is Role.CFO] == [APPROVE, BEGIN, SETTLE]
    assert FLOW.index(BEGIN) + 1 == FLOW.index(PRODUCE) == FLOW.index(SETTLE) - 1
    assert BEGIN.takes is APPROVE.gives
    assert SETTLE.takes is PRODUCE.gives


def test_stages_go_on_one_at_a_time_and_never_back() -> None:
    stages = [step.stage for step in FLOW if step.stage is not None]
    moves = [(before, after) for before, after in pairwise(stages) if before is not after]
    assert stages[0] is Stage.DRAFT
    assert all(after in NEXT[before] for before, after in moves)
    assert Stage.PUBLISHED in NEXT[stages[-1]]


def test_the_planner_takes_what_the_scout_gives_and_the_worker_what_the_judge_gives() -> None:
    assert CHOOSE.takes is FIND.gives
    assert PUBLISH.takes is REVIEW.gives
