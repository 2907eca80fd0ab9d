"""What Odoo's app store asks of a manifest and of a description page, by its guidelines for vendors."""

import ast
import re
from pathlib import Path

import pytest
from lxml import html
from PIL import Image

ADDON = Path(__file__).resolve().parents[2]
DESCRIPTION = ADDON / "static" / "description"
MANIFEST = ast.literal_eval((ADDON / "__manifest__.py").read_text())
PAGE = html.fragment_fromstring((DESCRIPTION / "index.html").read_text(), create_parent="main")
# Neither code nor frames nor a look that reaches beyond the page.
REFUSED = ("script", "style", "link", "iframe", "object", "embed", "form", "input", "html", "head", "body", "font")
LONGEST_NAME = 25
LARGEST_PICTURE = 1024 * 1024


def test_name_says_what_it_is_in_a_short_line():
    assert 0 < len(MANIFEST["name"]) <= LONGEST_NAME
    assert not re.search(r"odoo|best|advanced|easy|powerful", MANIFEST["name"], re.IGNORECASE)
    assert MANIFEST["name"] == PAGE.find(".//h1").text


def test_version_and_licence():
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", MANIFEST["version"])
    assert MANIFEST["license"] == "LGPL-3"
    assert "LGPL-3" in PAGE.text_content()


def test_summary_is_a_line():
    assert 0 < len(MANIFEST["summary"]) <= 100 and "\n" not in MANIFEST["summary"]


def test_who_stands_for_it():
    assert re.fullmatch(r"https://[\w-]+(\.[\w-]+)+(/\S*)?", MANIFEST["website"])
    assert re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", MANIFEST["support"])
    assert MANIFEST["author"] and MANIFEST["maintainers"]
    assert all(re.fullmatch(r"[A-Za-z0-9][\w-]{0,38}", name) for name in MANIFEST["maintainers"])


def test_the_cover_is_wide_and_every_picture_is_there():
    assert MANIFEST["images"][0] == "static/description/banner.png"
    with Image.open(ADDON / MANIFEST["images"][0]) as cover:
        width, height = cover.size
    assert width == 2 * height and width >= 560
    for name in MANIFEST["images"]:
        assert (ADDON / name).stat().st_size <= LARGEST_PICTURE


def test_icon_is_square():
    with Image.open(DESCRIPTION / "icon.png") as icon:
        width, height = icon.size
    assert width == height >= 128


@pytest.mark.parametrize("tag", REFUSED)
def test_page_is_plain(tag):
    assert PAGE.find(f".//{tag}") is None


def test_page_has_no_handlers_and_links_to_nobody():
    for element in PAGE.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert element.get("href", "mailto:").startswith("mailto:")


def test_pictures_of_the_page_lie_beside_it_and_say_what_they_show():
    for picture in PAGE.iter("img"):
        assert (DESCRIPTION / picture.get("src")).stat().st_size <= LARGEST_PICTURE
        assert picture.get("alt")


def test_every_picture_is_used():
    used = {picture.get("src") for picture in PAGE.iter("img")} | {"icon.png", "banner.png"}
    texts = "".join(path.read_text() for path in (ADDON / "README.md", *ADDON.glob("docs/**/*.md")))
    assert {
        path.name for path in DESCRIPTION.glob("*.png") if path.name not in used and path.name not in texts
    } == set()
