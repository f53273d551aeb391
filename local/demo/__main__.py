"""The demo's story, step by step: `python -m local.demo`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from local.account import LocalAccount
from local.demo import company, events, fleet, launch, leak, weekend
from local.demo.person import StandIn, Visitor, links_in, person
from local.demo.product import WIDTH, Product, ProductFailed
from local.demo.show import Show
from local.llm_providers.anthropic import FakeAnthropic

HEAD_START = timedelta(days=4)
"""Virtual time begins this long ago, so that what the demo plays stays in the real past: the `fusebox`
command, which lives in real time, would rightly distrust a log group from the future."""
GPU_SWEEP, GROUP_SWEEP = "fusebox-us-east-1-idle-gpu-sweep", "fusebox-us-east-1-asg-clamp-sweep"
TAG_SWEEP, KEYS_SWEEP = "fusebox-us-east-1-tag-check-sweep", "fusebox-us-east-1-llm-keys-sweep"
NEW_GROUP = "/aws/lambda/prod-new-feature"


def main() -> int:
    """Plays the demo; returns the exit code."""
    show = Show(Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH))
    try:
        with TemporaryDirectory(prefix="fusebox-demo-") as folder, FakeAnthropic() as claude:
            play(show, Path(folder), claude)
    except ProductFailed as failure:
        show.console.print(f"[red]The demo stopped:[/] {failure}")
        return 1
    return 0


def play(show: Show, folder: Path, claude: FakeAnthropic) -> None:
    """The whole story; `folder` takes the assemblies, and `claude` is the provider of its last act."""
    product = Product(folder, claude.url)
    who = person(show, interactive=os.environ.get("INTERACTIVE", "") not in ("", "0"))
    with show.step("Synthesising the real stack with CDK, in observe mode (no credentials, no network)"):
        observe = product.synthesise("observe")
    start = datetime.now(UTC) - HEAD_START
    with LocalAccount(observe, start=start) as account:
        product.endpoint = account.endpoint
        # There is no instance in this act: frequent looks for one would only make it longer.
        for sweep in (GPU_SWEEP, GROUP_SWEEP, TAG_SWEEP, KEYS_SWEEP):
            account.client("events").disable_rule(Name=sweep)
        show.done(f"Deployed that template into a local account: {len(account.physical_ids)} resources")
        groups = company.log_groups(start)
        account.seed_log_groups(groups)
        company.turn_trail_on(account)
        show.done(f"Filled the account with a company's {len(groups)} log groups")

        show.chapter("What would Fusebox do?", "fusebox plan log_retention")
        show.output(product.fusebox("plan", "log_retention"))

        show.chapter("The owner likes it: mode enforce", "edit fusebox.yaml, then make deploy")
        with show.step("Synthesising again, in enforce mode"):
            enforce = product.synthesise("enforce")
        account.update(enforce)
        show.done("Updated the stack in the local account")

        show.chapter("A new log group", "CloudTrail → EventBridge rule → delay queue → function")
        events.create_log_group(account, NEW_GROUP)
        show.line(f"{NEW_GROUP} is created; its retention: {events.retention(account, NEW_GROUP)}")
        account.advance(timedelta(minutes=3))
        show.line(f"three minutes later:{'':>31} {events.retention(account, NEW_GROUP)}")

        show.chapter("The daily sweep", "schedule → Step Functions → function")
        before = events.counts(account)
        with show.step("Sweeping"):
            account.advance(timedelta(days=1))
        after = events.counts(account)
        show.before_and_after(before, after)
        topic = account.outputs["AlertsTopicArn"]
        show.message(account.messages(topic)[-2])

        show.chapter("What waits for a person", "one question, with signed links to a page on loopback")
        question = account.messages(topic)[-1]
        show.message(question)

        show.chapter("A person approves some of it", "the page: GET shows it, the form's POST decides")
        who.approves(account, links_in(question)["approve"])
        answer = account.messages(topic)[-1]
        show.message(answer)

        show.chapter("And turns it back", "the link in the message above, again the page's form")
        if "undo" in links_in(answer):
            who.turns_back(account, links_in(answer)["undo"])
            show.message(account.messages(topic)[-1])
        else:
            show.line("nothing was approved, so there is nothing to turn back")

        show.chapter("What was done", "fusebox ledger --result done")
        show.output(product.fusebox("ledger", "--stack", "Fusebox", "--result", "done", "--last", "6"))

        show.chapter("The next day's sweep", "nothing to do: no change, no message")
        calls, messages = len(account.calls), len(account.messages(topic))
        account.advance(timedelta(days=1))
        writes = events.writes(account.calls[calls:])
        told = len(account.messages(topic)) - messages
        show.line(f"changes to log groups: {writes}, messages: {told}, losses on the way: {len(account.losses)}")
        if writes or told or account.losses:
            raise ProductFailed("the second sweep should have had nothing to do")
    idle_gpus(show, product, who, enforce)
    runaway_group(show, product, enforce)
    untagged_launch(show, enforce)
    loop_over_the_weekend(show, product, enforce, claude)
    show.the_end()


def idle_gpus(show: Show, product: Product, who: StandIn | Visitor, enforce: Path) -> None:
    """The second act: a fleet of accelerated instances, in an account whose time is the real one."""
    with LocalAccount(enforce, start=datetime.now(UTC)) as account:
        product.endpoint = account.endpoint
        ids = fleet.move_in(account)
        topic = account.outputs["AlertsTopicArn"]
        show.chapter("Another day: the GPUs", f"{len(ids)} instances with a day of telemetry; fusebox plan idle_gpu")
        show.output(product.fusebox("plan", "idle_gpu"))

        show.chapter(
            "The hourly sweep", "what is idle by every series is stopped; what may only look so is asked about"
        )
        with show.step("Sweeping"):
            account.run_schedule(GPU_SWEEP)
        digest, question = account.messages(topic)[-2:]
        show.message(digest)
        show.message(question)

        show.chapter("A person says that the notebook may go", "the page again")
        who.approves(account, links_in(question)["approve"])
        show.message(account.messages(topic)[-1])
        show.states(fleet.states(account, ids))
        if account.losses:
            raise ProductFailed(f"something was lost on the way: {account.losses}")


def runaway_group(show: Show, product: Product, enforce: Path) -> None:
    """The third act: a memory leak, and five instances on their way to fifty."""
    # It ends about now, so that the command, which lives in real time, meets no group from the future.
    with LocalAccount(enforce, start=datetime.now(UTC) - timedelta(hours=1)) as account:
        product.endpoint = account.endpoint
        account.client("events").disable_rule(Name=KEYS_SWEEP)
        leak.move_in(account)
        topic = account.outputs["AlertsTopicArn"]
        show.chapter("A memory leak: five instances on their way to fifty", "launches → EventBridge rule → function")
        with show.step("Climbing, three instances every two minutes"):
            climb = leak.climb(account)
        show.climb(climb, leak.NAME)
        show.message(account.messages(topic)[-1])
        show.bill(leak.bill(account, climb))

        show.chapter("The leak is fixed: turned back", "fusebox undo ID: max is as it was before the clamp")
        show.output(
            product.fusebox("undo", leak.clamp(account), "--stack", "Fusebox", "--yes", "--reason", "leak fixed")
        )
        sizes = leak.sizes(account)
        show.line(f"{leak.NAME}: min {sizes[0]}, desired {sizes[1]}, max {sizes[2]}")
        if sizes[2] != leak.MAXIMUM or account.losses:
            raise ProductFailed(f"the clamp should have been turned back: {sizes}, losses: {account.losses}")


def untagged_launch(show: Show, enforce: Path) -> None:
    """The fourth act: a GPU that nobody answers for."""
    with LocalAccount(enforce, start=datetime.now(UTC) - timedelta(hours=1)) as account:
        account.client("events").disable_rule(Name=KEYS_SWEEP)
        company.turn_trail_on(account)
        topic = account.outputs["AlertsTopicArn"]
        show.chapter("A GPU that nobody answers for", "RunInstances → EventBridge rule → delay queue → function")
        instance = launch.launch(account)
        show.line(f"{launch.WHO} launches a {launch.TYPE} without a tag, and has five minutes for them")
        account.advance(timedelta(minutes=6))
        show.message(account.messages(topic)[-1])
        show.tags(launch.tags(account, instance))

        show.chapter("The tags come after all", "Tag Change event → the mark goes")
        launch.tag(account, instance)
        account.advance(timedelta(minutes=6))
        tags = launch.tags(account, instance)
        show.tags(tags)
        if tags != launch.TAGS or account.losses:
            raise ProductFailed(f"only what {launch.WHO} set should be left: {tags}, losses: {account.losses}")


def loop_over_the_weekend(show: Show, product: Product, enforce: Path, claude: FakeAnthropic) -> None:
    """The fifth act: an agent that goes round in circles, at $1.62 a call."""
    now = datetime.now(UTC)
    with LocalAccount(enforce, start=weekend.begins(now)) as account:
        product.endpoint = account.endpoint
        for sweep in (GPU_SWEEP, GROUP_SWEEP, TAG_SWEEP):
            account.client("events").disable_rule(Name=sweep)
        topic = account.outputs["AlertsTopicArn"]
        key = weekend.move_in(account, claude)
        show.chapter(
            "An agent in a loop, and nobody at work before Monday",
            "the provider's usage API → sweep every five minutes → keys",
        )
        with show.step("Calling, every ten seconds"):
            loop = weekend.loop(account, claude, key)
        show.loop(loop)
        show.message(account.messages(topic)[-1])
        show.pairs(weekend.calls(account, claude, key))
        show.pairs(weekend.bill(loop))

        show.chapter("A person gives the keys back", "fusebox override asks; only somebody known by name may approve")
        # The commands live in real time, which the account is behind.
        account.advance(max(now - account.clock.now(), timedelta()))
        why = ("--ceiling", str(weekend.CEILING), "--reason", "the loop is fixed")
        show.output(product.fusebox("override", weekend.BUDGET, *why))
        account.advance(timedelta(minutes=1))
        show.output(product.fusebox("approve", weekend.request(account), "--stack", "Fusebox", "--yes"))
        account.advance(timedelta(minutes=1))
        answers = weekend.calls(account, claude, key)
        show.pairs(answers)
        if set(answers.values()) != {"200"} or account.losses:
            raise ProductFailed(f"both keys should work again: {answers}, losses: {account.losses}")


if __name__ == "__main__":
    sys.exit(main())
