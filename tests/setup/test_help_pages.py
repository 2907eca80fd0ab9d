"""Help links of the screens lead to paragraphs that are there, of the documentation as it is."""

import re

from lxml import etree

from dev.docs.source import fields_of
from dev.help_pages import PAGES, TARGET, render
from dev.setup.paths import CLONE

_LINK = re.compile(rf'"((?:{"|".join(PAGES)})\.html#[\w-]+)"')


def test_the_pages_are_those_of_the_documentation():
    for name in PAGES:
        assert (TARGET / f"{name}.html").read_text() == render(name), "run dev.help_pages"
    drawings = CLONE / "docs" / "drawings"
    assert {path.name: path.read_text() for path in drawings.iterdir()} == {
        path.name: path.read_text() for path in (TARGET / "drawings").iterdir()
    }


def test_each_help_link_leads_to_a_paragraph():
    sources = [CLONE / "const.py", *CLONE.glob("views/**/*.xml"), *CLONE.glob("wizards/**/*.xml")]
    links = {link for path in sources for link in _LINK.findall(path.read_text())}
    assert len(links) > 8
    there = {
        f"{name}.html#{anchor}"
        for name in PAGES
        for anchor in re.findall(r'<(?:h\d|a) id="([^"]+)"', (TARGET / f"{name}.html").read_text())
    }
    assert links <= there, links - there


def test_each_setting_has_a_help_link():
    """What a person enters stands beside the link to what the documentation says of it."""
    entered, linked = set(), set()
    for path in CLONE.glob("views/**/*.xml"):
        for parent in etree.parse(path).iter("*"):
            names = {child.get("name") for child in parent.iterchildren("field")}
            entered |= names
            if parent.find("widget[@name='amazon_help']") is not None:
                linked |= names
    for model in ("amazon.cancellation.account", "amazon.cancellation.subscription", "res.config.settings"):
        settings = {field.name for field in fields_of(model) if field.settable} & entered
        assert settings and settings <= linked, settings - linked


def test_each_link_within_the_pages_leads_somewhere():
    for name in PAGES:
        text = (TARGET / f"{name}.html").read_text()
        for page, anchor in re.findall(r'href="(\w*)(?:\.html)?#([\w-]+)"', text):
            assert f'id="{anchor}"' in (TARGET / f"{page or name}.html").read_text(), anchor
        for picture in re.findall(r'src="([^"]+)"', text):
            assert (TARGET / picture).resolve().exists(), picture
