"""The document of the database's rights tells what the code grants."""

import re
from pathlib import Path

from chimera.storage.rights import SEQUENCE_RIGHTS, TABLE_RIGHTS
from chimera.storage.server_url import with_settings

DOCUMENT = Path(__file__).parents[3] / "docs" / "database-rights.md"


def test_the_documents_table_is_the_codes() -> None:
    table = DOCUMENT.read_text().partition("## The table")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))
    assert rows == {name: ", ".join(rights) for name, rights in {**TABLE_RIGHTS, **SEQUENCE_RIGHTS}.items()}


def test_settings_are_added_to_a_urls_own() -> None:
    url = with_settings("postgresql://a:b%40c@h1,h2:5/d?sslmode=require&options=-c%20work_mem%3D8MB", {"role": "x"})
    assert url == "postgresql://a:b%40c@h1,h2:5/d?sslmode=require&options=-c%20work_mem%3D8MB%20-c%20role%3Dx"
