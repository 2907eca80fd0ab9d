"""What the documents name is there: commands, menus, fields, models, files, messages."""

import re
from pathlib import Path

import pytest

from dev.docs import source

ADDON = Path(__file__).resolve().parents[2]
PAGES = [*ADDON.glob("*.md"), *sorted(ADDON.glob("docs/**/*.md"))]
# Odoo's own menus, and what stands for a name of yours.
ODOO = {"Apps", "Update Apps List", "Settings", "Technical", "Scheduled Actions", "your account"}
# Names of Odoo's that the source has no use for.
ODOO_NAMES = {"db_maxconn"}
# Said within other messages, or nobody's words but Odoo's.
WORDS_WITHIN = {"Open the account", "none", "Do not have access, skip this data for user's digest email"}
CURRENT = [page for page in PAGES if page.name != "CHANGELOG.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ADDON)))
def test_commands_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ADDON / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^    )(?:[A-Z_]+=\S+ )*make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert named <= targets


def _is_menu(labels):
    """Whether the labels lead along a menu of ours, from anywhere in it, and then along labels of its screens."""
    shown = source.labels() | ODOO
    ways = [path[start:] for path in source.menus().values() for start in range(len(path))]
    return all(label in ODOO for label in labels) or any(
        tuple(labels[: len(way)]) == way[: len(labels)] and shown.issuperset(labels[len(way) :]) for way in ways
    )


@pytest.mark.parametrize("page", CURRENT, ids=lambda page: str(page.relative_to(ADDON)))
def test_menus_exist(page):
    text = " ".join(page.read_text().split())
    chains = [[label.strip() for label in chain.split("▸")] for chain in re.findall(r"\*(\w[^*|]*▸[^*|]*\w)\*", text)]
    assert [chain for chain in chains if not _is_menu(chain)] == []


@pytest.mark.parametrize("page", CURRENT, ids=lambda page: str(page.relative_to(ADDON)))
def test_names_exist(page):
    """Names in code type: fields and methods of ours, models, files."""
    faults = []
    for code in re.findall(r"`([^`\n]+)`", page.read_text()):
        if re.fullmatch(r"[\w.-]+/[\w./-]+\.(?:py|xml|md|sql|txt)", code):
            if not (ADDON / code).exists():
                faults.append(code)
        elif re.fullmatch(r"_?[a-z]+(?:_[a-z0-9]+)+(?:\(.*\))?", code):
            if code not in ODOO_NAMES and not re.search(rf"\b{re.escape(code.split('(')[0])}\b", source.words()):
                faults.append(code)
        elif re.fullmatch(r"amazon(?:\.[a-z]+)+", code) and f'"{code}"' not in source.words():
            faults.append(code)
    assert not faults


def _quoted():
    """The messages that the troubleshooting names, in one form each."""
    page = (ADDON / "docs" / "troubleshooting.md").read_text()
    return {_in_one_form(text) for text in re.findall(r'"([^"]+)"', page) if not text.startswith("External dependency")}


def _in_one_form(text):
    return re.sub("⟨[^⟩]*⟩", "⟨⟩", " ".join(text.split()))


def _first_sentence(text):
    """That by which a message is found: a line of nothing but what is filled in tells nobody anything."""
    lines = [line for line in text.splitlines() if re.sub("⟨[^⟩]*⟩", "", line).strip()]
    return _in_one_form(re.match(r".*?(?:\.(?= |$)|$)", lines[0])[0])


def test_every_refusal_is_answered_by_the_troubleshooting():
    refusals = {
        _first_sentence(message.text)
        for message in source.messages()
        if message.kind == "refused" and message.text not in WORDS_WITHIN
    }
    quoted = {_first_sentence(text) for text in _quoted()}
    assert len(refusals) > 50
    assert refusals - quoted == set(), "say in docs/troubleshooting.md what to do"


def test_messages_of_troubleshooting_are_said():
    """Nothing is answered that is no longer said."""
    said = {_first_sentence(message.text) for message in source.messages()}
    assert {text for text in _quoted() if _first_sentence(text) not in said} == set()


def test_every_setting_of_an_account_is_in_the_reference():
    names = {field.name for field in source.fields_of("amazon.cancellation.account")}
    assert {"seller_id", "cancel_channel", "credit_note_policy", "hold_deliveries"} <= names
