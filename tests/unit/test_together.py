"""Requests that come at the same time are written together, and none suffers for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from newsletter.errors import StoreError
from newsletter.web.together import Together

VALUES = ["a", "b", "c", "b"]


def put_all(write: Callable[[Sequence[str]], None]) -> list[BaseException | None]:
    """What each of the values was told, all put at the same time."""

    async def all_at_once() -> list[BaseException | None]:
        gathered = Together(write)
        return await asyncio.gather(*map(gathered.put, VALUES), return_exceptions=True)

    return asyncio.run(all_at_once())


def test_what_comes_at_once_is_written_at_once_and_each_value_once() -> None:
    written: list[Sequence[str]] = []
    assert put_all(written.append) == [None] * 4
    assert written == [["a", "b", "c"]]


def test_what_fails_together_is_tried_singly() -> None:
    """As where PostgreSQL has ended one of two transactions that waited for each other."""
    written: list[Sequence[str]] = []

    def write(values: Sequence[str]) -> None:
        if len(values) > 1:
            raise StoreError("deadlock detected")
        written.append(values)

    assert put_all(write) == [None] * 4
    assert written == [["a"], ["b"], ["c"], ["b"]]


def test_where_nothing_can_be_written_nobody_waits_for_every_try() -> None:
    tries: list[Sequence[str]] = []

    def write(values: Sequence[str]) -> None:
        tries.append(values)
        raise StoreError("The disk is full.")

    with pytest.raises(StoreError, match="full"):
        raise next(told for told in put_all(write) if told)
    assert len(tries) == 2
