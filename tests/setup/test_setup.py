"""The set-up's decisions and its words; what it builds is run by every other test."""

import hashlib
import os
from pathlib import Path

import pytest

from dev.setup import SetupError, apt, clean, commands, odoo, paths


@pytest.fixture
def no_cache_variables(monkeypatch):
    for name in ("SALE_AMAZON_CANCELLATION_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def odoo_tree(root: Path, version: str, *addons: str) -> Path:
    (root / "odoo").mkdir(parents=True)
    (root / "odoo" / "release.py").write_text(f"version_info = ({version}, 0, 'final', 0, '')\n")
    for addon in addons:
        (root / addon / "static" / "description").mkdir(parents=True)
    return root


def test_the_cache_directory_is_the_projects_own_variable_first(monkeypatch, tmp_path):
    monkeypatch.setenv("SALE_AMAZON_CANCELLATION_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert paths.cache_directory() == tmp_path / "own"
    monkeypatch.delenv("SALE_AMAZON_CANCELLATION_CACHE")
    assert paths.cache_directory() == tmp_path / "xdg" / "sale_amazon_cancellation"


@pytest.mark.usefixtures("no_cache_variables")
def test_roots_cache_is_where_the_database_user_may_enter(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert paths.cache_directory() == Path("/var/cache/sale_amazon_cancellation")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert paths.cache_directory() == tmp_path / ".cache" / "sale_amazon_cancellation"


def test_a_failed_program_is_told_with_its_cause_and_its_output():
    script = "echo 'write: No space left on device' >&2; exit 3"
    with pytest.raises(SetupError) as caught:
        commands.run(["sh", "-c", script], "unpacking")
    assert str(caught.value).startswith("unpacking failed: the disk is full\n")
    assert "No space left on device" in str(caught.value)


def test_a_missing_program_is_named():
    with pytest.raises(SetupError, match="cloning: the program 'no-such-program' is not installed"):
        commands.run(["no-such-program"], "cloning")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (
            "sources.list.d/debian.sources",
            "Types: deb\n# a comment\nURIs: http://mirror.test/debian\nSuites: stable stable-updates\n"
            "Components: main\nSigned-By: /keys/debian.gpg\n\nTypes: deb\nURIs: http://mirror.test/other\nSuites: x\n",
        ),
        (
            "sources.list",
            "# deb http://old.test/debian x main\n"
            "deb [signed-by=/keys/debian.gpg] http://mirror.test/debian stable main\n",
        ),
    ],
)
def test_the_mirror_is_the_one_that_the_machine_uses(monkeypatch, tmp_path, file, content):
    monkeypatch.setattr(apt, "_APT", tmp_path)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / file).write_text(content)
    assert apt._debian_mirror() == ("http://mirror.test/debian", "/keys/debian.gpg")


def test_a_machine_without_debian_mirror_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr(apt, "_APT", tmp_path)
    (tmp_path / "sources.list").write_text("deb http://mirror.test/ubuntu noble main\n")
    with pytest.raises(SetupError, match="no Debian mirror is configured"):
        apt._debian_mirror()


def test_who_is_not_root_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(apt.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(SetupError, match="sudo apt-get install chromium "):
        apt.install(["chromium"], "browser tests need Chromium")


def test_a_source_checkout_has_two_addons_directories(tmp_path):
    found = odoo.Odoo.at(odoo_tree(tmp_path, "19, 0", "addons/sale", "odoo/addons/base"))
    assert found.addons_paths == (tmp_path / "addons", tmp_path / "odoo" / "addons")


def test_debians_second_directory_of_addons_does_not_count(tmp_path):
    odoo_tree(tmp_path, "19, 0", "odoo/addons/base")
    (tmp_path / "addons" / "base").mkdir(parents=True)
    assert odoo.Odoo.at(tmp_path).addons_paths == (tmp_path / "odoo" / "addons",)


def test_another_odoo_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(odoo_tree(tmp_path, "18, 0", "addons/sale")))
    with pytest.raises(SetupError, match=r"is not 19\.0"):
        odoo.ensure_odoo(tmp_path / "cache")


def test_a_place_without_odoo_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="holds no Odoo"):
        odoo.ensure_odoo(tmp_path / "cache")


def test_a_package_that_is_another_file_is_refused(tmp_path):
    file = tmp_path / "odoo-19_1_all.deb"
    file.write_bytes(b"odoo")
    apt.check(file, hashlib.sha256(b"odoo").hexdigest())
    with pytest.raises(SetupError, match="not the file that is expected"):
        apt.check(file, hashlib.sha256(b"other").hexdigest())


def test_the_source_is_taken_as_it_was_on_its_day(monkeypatch, tmp_path):
    upstream = tmp_path / "upstream"
    commands.run(["git", "init", "--quiet", "--initial-branch=19.0", upstream], "init")
    git = ["git", "-C", upstream, "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for day in ("2026-03-01", "2026-03-20", "2026-03-23"):
        (upstream / "day").write_text(day)
        commands.run([*git, "add", "day"], "add")
        when = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{day}T12:00:00Z")
        commands.run([*git, "commit", "--quiet", "-m", day], "commit", env=when)
    monkeypatch.setattr(odoo, "_REPOSITORY", upstream.as_uri())
    monkeypatch.setattr(odoo, "_DAY", "2026-03-22")
    odoo._fetch_source(tmp_path / "clone", tmp_path)
    assert (tmp_path / "clone" / "day").read_text() == "2026-03-20"


def test_clean_removes_what_is_ours_and_nothing_else(tmp_path):
    (tmp_path / "data" / "filestore").mkdir(parents=True)
    (tmp_path / "python3.11-abc").mkdir()
    (tmp_path / "letter.txt").write_text("mine")
    clean.clean(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
