"""Views and access rights: anchors by name, and ids that say what they are."""

import csv
import re
from pathlib import Path

ADDON = Path(__file__).resolve().parents[2]
VIEWS = [*ADDON.glob("views/**/*.xml"), *ADDON.glob("wizards/**/*.xml"), *ADDON.glob("report/*.xml")]


def test_no_view_leans_on_a_position():
    faults = [
        f"{path.name}: {anchor}"
        for path in VIEWS
        for anchor in re.findall(r'expr="([^"]+)"', path.read_text())
        if re.search(r"\[\d+\]|\[last\(\)\]", anchor)
    ]
    assert not faults


def test_conditions_of_odoo_are_added_to():
    faults = [
        path.name
        for path in VIEWS
        for attribute in re.findall(r'<attribute name="(?:invisible|readonly|required)"[^>]*>', path.read_text())
        if "add=" not in attribute and "remove=" not in attribute
    ]
    assert not faults


def test_questions_of_buttons_say_what_each_answer_does():
    faults = [
        f"{path.name}: {button}"
        for path in VIEWS
        for button in re.findall(r"<button[^>]*\bconfirm=[^>]*>", path.read_text())
        if "confirm-label=" not in button or "cancel-label=" not in button
    ]
    assert not faults


def test_access_ids_name_the_model_and_the_group():
    with (ADDON / "security" / "ir.model.access.csv").open() as file:
        rows = list(csv.DictReader(file))
    faults = [
        row["id"] for row in rows if not row["id"].startswith(f"access_{row['model_id:id'].removeprefix('model_')}_")
    ]
    assert not faults
    assert len({row["id"] for row in rows}) == len(rows)
