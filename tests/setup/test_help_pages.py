"""Help links of the screens lead to paragraphs that are there, of the documentation as it is."""

import re

from dev.help_pages import PAGES, TARGET, render
from dev.setup.paths import CLONE

_LINK = re.compile(r'"((?:connecting|connectors)\.html#[\w-]+)"')


def test_the_pages_are_those_of_the_documentation():
    for name in PAGES:
        assert (TARGET / f"{name}.html").read_text() == render(CLONE / "docs" / f"{name}.md"), "run dev.help_pages"
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
        for anchor in re.findall(r'<h\d id="([^"]+)"', (TARGET / f"{name}.html").read_text())
    }
    assert links <= there, links - there


def test_each_link_within_the_pages_leads_somewhere():
    for name in PAGES:
        text = (TARGET / f"{name}.html").read_text()
        for page, anchor in re.findall(r'href="(\w*)(?:\.html)?#([\w-]+)"', text):
            assert f'id="{anchor}"' in (TARGET / f"{page or name}.html").read_text(), anchor
        for picture in re.findall(r'src="([^"]+)"', text):
            assert (TARGET / picture).resolve().exists(), picture
