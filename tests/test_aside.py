"""Work in a forked child: the same value and the same error as without one, whatever becomes of the child."""

from __future__ import annotations

import os
import signal
import time

import pytest

from pipeline.aside import Aside, alone, may_fork

with alone():
    CAN_FORK = may_fork()
WAYS = [pytest.param(False, id="here"), pytest.param(True, id="forked")]


@pytest.mark.parametrize("forked", WAYS)
def test_the_value_comes_back(forked: bool) -> None:
    aside = Aside(lambda: {"found": tuple(range(200_000))}, forked=forked)
    assert aside() == {"found": tuple(range(200_000))}
    assert aside() is aside()


@pytest.mark.parametrize("forked", WAYS)
def test_an_error_of_the_work_is_the_callers(forked: bool) -> None:
    def fail() -> int:
        raise ZeroDivisionError("on purpose")

    aside = Aside(fail, forked=forked)
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        aside()


@pytest.mark.skipif(not CAN_FORK, reason="one core only: nothing is forked")
def test_the_work_is_done_in_another_process() -> None:
    assert Aside(os.getpid, forked=True)() != os.getpid()
    assert Aside(os.getpid, forked=False)() == os.getpid()


@pytest.mark.skipif(not CAN_FORK, reason="one core only: nothing is forked")
def test_a_child_that_dies_loses_nothing() -> None:
    parent = os.getpid()

    def die_in_child() -> str:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return "computed by the caller"

    assert Aside(die_in_child, forked=True)() == "computed by the caller"


def test_what_cannot_be_sent_back_is_computed_by_the_caller() -> None:
    assert Aside(lambda: lambda: 3, forked=True)()() == 3


@pytest.mark.skipif(not CAN_FORK, reason="one core only: nothing is forked")
def test_no_child_is_left_behind() -> None:
    assert Aside(lambda: 1, forked=True)() == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.skipif(not CAN_FORK, reason="one core only: nothing is forked")
def test_a_child_that_nobody_asks_is_ended() -> None:
    unasked = Aside(lambda: time.sleep(60), forked=True)
    del unasked
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_nothing_is_forked_where_several_studies_are_measured_at_once() -> None:
    assert not may_fork()
    with alone():
        assert may_fork() is CAN_FORK
    assert not may_fork()
