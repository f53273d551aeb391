"""fusebox.yaml: what is read from it, and how each mistake is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.approval.spec import ApprovalSettings, Approvers
from functions.log_retention.spec import VALID_DAYS, LogRetentionSettings, Pace, Rule
from functions.notify.spec import Mention, SlackSettings
from functions.policy import POWERTOOLS_LAYER, Policy, json_schema, load_policy
from functions.policy_errors import PolicyError
from functions.registry import GUARDRAILS

ROOT = Path(__file__).parents[3]
MERGED = "rules:\n  - &a {name: x, days: 30}\n  - {<<: *a}"
LAUGHS = "\n".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9) if n else 'x'}]" for n in range(9))


def read(folder: Path, text: str | bytes) -> Policy:
    file = folder / "fusebox.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_policy(file)


def section(text: str) -> str:
    """A policy with these settings of log_retention, the first on line 3; of all together line 2 is told."""
    return "guardrails:\n  log_retention:\n" + "".join(f"    {line}\n" for line in text.splitlines())


def settings(folder: Path, text: str) -> Any:
    return read(folder, section(text)).guardrails["log_retention"]


def complaints(folder: Path, text: str | bytes) -> list[str]:
    """The lines told about a policy, without its folder."""
    with pytest.raises(PolicyError) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/", "").split("\n")


@pytest.mark.parametrize("text", ["", "# nothing but a remark\n", "guardrails: {}", "guardrails: {log_retention: {}}"])
def test_everything_may_be_left_out(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert found == Policy(
        "fusebox",
        (),
        (),
        ApprovalSettings(),
        SlackSettings(),
        POWERTOOLS_LAYER,
        {one.name: one.spec.settings() for one in GUARDRAILS},
    )


def test_everything_may_be_set(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
prefix: cost-guard
alerts: {email: [finops@example.com]}
operations:
  email:
    - ops@example.com
powertools_layer_arn: "arn:aws:lambda:eu-west-1:123456789012:layer:mine:1"
guardrails:
  log_retention:
    mode: enforce
    allow_irreversible: yes
    cap: {actions_per_hour: 1_000, dollars_per_hour: 12.5}
    remind_days: 7
    default_days: 90
    rules:
      - {name: ^/aws/lambda/, days: 14}
      - {tag: env=prod=eu, days: 365}
    existing: lengthen
    protect: ["*audit*"]
    pace: {lists_per_second: 5, puts_per_second: 2.0}
""",
    )
    assert (found.prefix, found.alert_emails, found.operations_emails) == (
        "cost-guard",
        ("finops@example.com",),
        ("ops@example.com",),
    )
    assert found.powertools_layer_arn.endswith(":layer:mine:1")
    one = found.guardrails["log_retention"]
    assert isinstance(one, LogRetentionSettings)
    assert (one.mode, one.allow_irreversible, one.remind_days, one.default_days) == ("enforce", True, 7, 90)
    assert (one.cap.actions_per_hour, one.cap.dollars_per_hour) == (1000, 12.5)
    assert one.rules == (Rule(name="^/aws/lambda/", days=14), Rule(tag="env=prod=eu", days=365))
    assert (one.existing, one.protect) == ("lengthen", ("*audit*",))
    assert one.pace == Pace(lists_per_second=5, puts_per_second=2.0)


@pytest.mark.parametrize("days", VALID_DAYS)
def test_every_retention_that_aws_takes(tmp_path: Path, days: int) -> None:
    assert settings(tmp_path, f"default_days: {days}").default_days == days


@pytest.mark.parametrize("name", ["fusebox.yaml", "bench/policy.yaml"])
def test_the_policies_of_this_repository_are_valid(name: str) -> None:
    assert load_policy(ROOT / name).prefix


def test_windows_files_are_read_too(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfprefix: mine\r\n").prefix == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # Values
        ("mode: enforced", "3: {}.mode: found 'enforced', allowed are: 'observe', 'approve', 'enforce'"),
        ("default_days: 31", "3: {}.default_days: found 31, allowed are: 1, 3, 5, 7, 14, 30"),
        ("default_days: '30'", "3: {}.default_days: found '30', allowed are: 1, 3, 5"),
        ("remind_days: 0", "2: {}: remind_days is 1 or more"),
        ("remind_days: '7'", "3: {}.remind_days: found '7': input should be a valid integer"),
        ("remind_days: true", "3: {}.remind_days: found True: input should be a valid integer"),
        ("allow_irreversible: 1", "3: {}.allow_irreversible: found 1: input should be a valid boolean"),
        ("cap:\n  actions_per_hour: -1", "3: {}.cap: a cap is a finite number, zero or more"),
        ("cap:\n  actions_per_hour: true", "4: {}.cap.actions_per_hour: found True"),
        ("pace: {puts_per_second: 0}", "3: {}.pace: a pace is a finite number, more than zero"),
        ("protect: ['a b']", "2: {}: protect 'a b': a log group name"),
        ("protect: x", "3: {}.protect: found 'x': input should be a valid array"),
        ("rules:\n  - days: 30", "4: {}.rules.0: a rule needs `name`"),
        ("rules:\n  - name: x", "4: {}.rules.0.days: is missing"),
        ("rules:\n  - {name: x, days: 30}\n  - tag: env\n    days: 30", "5: {}.rules.1: tag 'env' is not of the form"),
        # Types that Python takes for equal
        ("default_days: yes", "3: {}.default_days: found True, allowed are: 1, 3, 5"),
        ("default_days: true", "3: {}.default_days: found True, allowed are: 1, 3, 5"),
        ("default_days: false", "3: {}.default_days: found False, allowed are: 1, 3, 5"),
        ("default_days: 30.0", "3: {}.default_days: found 30.0, allowed are: 1, 3, 5"),
        ("rules:\n  - name: x\n    days: true", "5: {}.rules.0.days: found True, allowed are: 1, 3, 5"),
        # Keys
        ("modus: observe", "3: {}.modus: unknown key; did you mean 'mode'? allowed are: mode, allow_irreversible"),
        ("cap:\n  dollars: 5.0", "4: {}.cap.dollars: unknown key; did you mean 'dollars_per_hour'?"),
        ("rules:\n  - {name: x, day: 30, days: 30}", "4: {}.rules.0.day: unknown key; did you mean 'days'?"),
        ("xyz: 1", "3: {}.xyz: unknown key; allowed are: mode"),
        ("mode: observe\nmode: enforce", "4: {}.mode: stands twice, first on line 3"),
        ("on: 1", "3: a key is text, found 'on'"),
        ("[a]: 1", "3: a key is text"),
        # Regular expressions
        ("rules:\n  - {name: '(', days: 30}", "4: {}.rules.0: name '(' is no regular expression"),
        ("rules:\n  - {name: 'a{99999999999999999999}', days: 30}", "4: {}.rules.0: name 'a{9999"),
        ("rules:\n  - {name: '" + "(" * 3000 + "a" + ")" * 3000 + "', days: 30}", "4: {}.rules.0: name '(((("),
        # Numbers
        ("cap: {dollars_per_hour: .nan}", "3: {}.cap.dollars_per_hour: found '.nan': write a finite number"),
        ("cap: {dollars_per_hour: -.inf}", "3: {}.cap.dollars_per_hour: found '-.inf': write a finite number"),
        ("cap: {dollars_per_hour: 1.0e+999}", "3: {}.cap.dollars_per_hour: found '1.0e+999': write a finite number"),
        ("pace: {puts_per_second: .inf}", "3: {}.pace.puts_per_second: found '.inf': write a finite number"),
        ("remind_days: " + "9" * 5000, "3: {}.remind_days: found '9999"),
        ("remind_days: 0x" + "f" * 5000, "3: {}.remind_days: found '0xff"),
        ("default_days: 1:30", "3: {}.default_days: found '1:30': write a whole number in plain digits"),
        ("default_days: 036", "3: {}.default_days: found '036': write a whole number in plain digits"),
        # What YAML has and a policy has no use for
        ("default_days: 2026-02-30", "3: {}.default_days: found '2026-02-30': put it in quotes"),
        ("rules:\n  - {name: 2026-01-31, days: 30}", "4: {}.rules.0.name: found '2026-01-31': put it in quotes"),
        ("mode: =", "3: {}.mode: found '=': put it in quotes"),
        ("default_days: !!int abc", "3: tag !!int: a policy takes none"),
        ("default_days: !Ref Days", "3: tag !Ref: a policy takes none"),
        ("mode: !!python/object/apply:os.system [id]", "3: tag !!python/object/apply:os.system: a policy takes none"),
        ("protect: !!set {a, b}", "3: tag !!set: a policy takes none"),
        (MERGED, "5: alias *a: a policy takes none, write it out"),
        ("<<: {mode: observe}", "3: a key is text, found '<<'"),
        ("rules: &a [*a]", "3: alias *a: a policy takes none"),
        ("rules: " + "[" * 5000 + "]" * 5000, "3: is nested more than 20 levels deep"),
        ('mode: "\\ud800"', "3: {}.mode: found '\\ud800': holds half a character"),
    ],
    ids=lambda one: one[:40] if isinstance(one, str) else None,
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (line,) = complaints(tmp_path, section(text))
    assert line.startswith("fusebox.yaml:" + said.replace("{}", "guardrails.log_retention", 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("guardrails: [", "1: not YAML: "),
        ("a: 'x\n", "2: not YAML: "),
        ("prefix: a\x00b", "1: not YAML: "),
        ("prefix: aa\n---\nprefix: bb", "2: not YAML: "),
        (b"prefix: \xff", "1: is not UTF-8 text"),
        ("- a", "1: found ['a']: input should be an object"),
        ("hello", "1: found 'hello': input should be an object"),
        ("\nguardrails:\n", "2: guardrails: found None: input should be an object"),
        ("guardrails:\n  log_retentoin: {}", "2: guardrails.log_retentoin: unknown key; did you mean 'log_retention'?"),
        ("prefx: x", "1: prefx: unknown key; did you mean 'prefix'? allowed are: prefix, alerts, operations"),
        ("prefix: Fusebox", "1: prefix: found 'Fusebox': string should match pattern"),
        ("prefix: a" + "b" * 20, "1: prefix: found"),
        ("alerts:\n  email:\n    - ann@example.com\n    - bob", "4: alerts.email.1: found 'bob': string should match"),
        (
            "alerts:\n  email: ann@example.com",
            "2: alerts.email: found 'ann@example.com': input should be a valid array",
        ),
        (LAUGHS, "2: alias *k0: a policy takes none"),
    ],
    ids=lambda one: one[:40] if isinstance(one, str) else None,
)
def test_what_is_wrong_outside_the_guardrails(tmp_path: Path, text: str | bytes, said: str) -> None:
    (line,) = complaints(tmp_path, text)
    assert line.startswith(f"fusebox.yaml:{said}")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = section("mode: on\ndefault_days: true\nremnid_days: 3\nrules:\n  - {name: x, days: true}\n  - {days: 4}")
    lines = complaints(tmp_path, text)
    assert sorted(line.split(":")[1] for line in lines) == ["3", "4", "5", "7", "8"]


def test_a_file_that_cannot_be_read_has_no_line(tmp_path: Path) -> None:
    for name, why in (("nope.yaml", "No such file or directory"), ("", "Is a directory")):
        with pytest.raises(PolicyError) as caught:
            load_policy(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: cannot be read: {why}"


# --- the schema -------------------------------------------------------------------------------


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object that the schema describes."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from objects(one)


def test_the_schema_knows_every_setting_and_nothing_else() -> None:
    found = list(objects(json_schema()))
    assert {one["title"] for one in found} >= {"Fusebox", "Guardrails", "LogRetentionSettings", "Cap", "Rule", "Pace"}
    assert all(one["additionalProperties"] is False for one in found)


def test_every_setting_is_described() -> None:
    schema = json_schema()
    described = [schema, *(schema["$defs"][name] for name in ("Guardrails", "Subscribers", "LogRetentionSettings"))]
    for one in described:
        assert all(setting["description"] for setting in one["properties"].values()), one["title"]
        assert not any("`" in setting["description"] for setting in one["properties"].values())
    assert all(one.get("description") for name, one in schema["$defs"].items() if name != "Guardrails")


def test_the_schema_allows_what_the_policy_allows() -> None:
    defined = json_schema()["$defs"]
    assert defined["LogRetentionSettings"]["properties"]["default_days"]["enum"] == list(VALID_DAYS)
    assert defined["LogRetentionSettings"]["properties"]["mode"]["enum"] == ["observe", "approve", "enforce"]
    rule = defined["LogRetentionSettings"]["properties"]["rules"]["items"]["$ref"].removeprefix("#/$defs/")
    assert defined[rule]["required"] == ["days"]


def test_approvals_and_slack_may_be_set(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
approval:
  approvers:
    iam: ['arn:aws:iam::123456789012:role/platform']
    slack: [U012AB3CD]
  page: function_url
  links_may: anything
  deadline_hours: 24
  reject_days: 7
slack:
  webhook: true
  app: true
  owner_tag: team
  mentions: [{owner: ada@example.com, slack: U012AB3CD}]
""",
    )
    assert found.approval == ApprovalSettings(
        approvers=Approvers(iam=("arn:aws:iam::123456789012:role/platform",), slack=("U012AB3CD",)),
        page="function_url",
        links_may="anything",
        deadline_hours=24,
        reject_days=7,
    )
    assert found.slack == SlackSettings(
        webhook=True, app=True, owner_tag="team", mentions=(Mention(owner="ada@example.com", slack="U012AB3CD"),)
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("approval: {approvers: {iam: [platform]}}", "the ARN of a role"),
        ("approval: {approvers: {slack: ['@ada']}}", "a Slack member id"),
        ("approval: {page: public}", "allowed are: 'none', 'function_url'"),
        ("approval: {deadline_hours: 0}", "deadline_hours is 1 to 720, not 0"),
        ("approval: {reject_days: 0}", "reject_days is 1 to 3650, not 0"),
        ("approval: {approver: {}}", "did you mean 'approvers'?"),
        ("guardrails: {log_retention: {on_timeout: approve}}", "allowed are: 'nothing', 'act'"),
        (
            "guardrails: {log_retention: {on_timeout: act, allow_irreversible: true}}",
            "a time-out never makes a change that cannot be undone",
        ),
    ],
)
def test_what_cannot_be_asked_so_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    (told,) = complaints(tmp_path, text)
    assert told.startswith("fusebox.yaml:1: ")
    assert line in told
