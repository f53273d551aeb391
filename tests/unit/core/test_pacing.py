"""The pace of calls, with a clock that moves only while sleeping."""

from __future__ import annotations

import pytest

from functions.core.pacing import Pacer


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def run(pacer: Pacer, time: Time, calls: int) -> float:
    start = time.now
    for _ in range(calls):
        pacer.wait()
        pacer.succeeded()
    return time.now - start


def pacer(time: Time, per_second: float, quota: float) -> Pacer:
    return Pacer(per_second, quota, monotonic=lambda: time.now, sleep=time.sleep)


def test_a_thousand_calls_stay_under_the_quota_and_lose_little_to_it() -> None:
    time = Time()
    assert 999 / 5 < run(pacer(time, 5, 5), time, 1000) < 999 / 5 * 1.02


class Quota:
    """AWS's token bucket: so many calls a second, with as many at once."""

    def __init__(self, time: Time, rate: float) -> None:
        self.time, self.rate, self.tokens, self.at = time, rate, rate, 0.0

    def allows(self) -> bool:
        self.tokens = min(self.rate, self.tokens + (self.time.now - self.at) * self.rate)
        self.at = self.time.now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@pytest.mark.parametrize("setting", [5.0, 50.0, 1000.0])
def test_a_pace_set_too_high_finds_the_quota_with_few_refusals(setting: float) -> None:
    time = Time()
    paced, quota = pacer(time, setting, 5.0), Quota(time, 5.0)
    done = refused = 0
    while done < 683:
        paced.wait()
        time.now += 0.03
        if quota.allows():
            done += 1
            paced.succeeded()
        else:
            refused += 1
            paced.throttled()
    assert refused <= 683 * 0.02
    assert time.now < (683 - 5) / 5 * 1.05


def test_a_quota_shared_with_others_slows_it_down_and_the_pace_comes_back() -> None:
    time = Time()
    paced = pacer(time, 5, 5)
    run(paced, time, 10)
    paced.throttled()
    slow = run(paced, time, 10)
    assert slow > 10 / 5 * 1.3
    run(paced, time, 1000)
    assert run(paced, time, 100) < 100 / 5 * 1.02
