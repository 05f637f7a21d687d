"""The feeds are well-formed and tell each post's title, file, size, type and length."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from chimera.platforms.local_channel.feeds import ITEMS_MAX, json_feed, media_rss
from factories_channel import make_media, make_post

BASE = "http://127.0.0.1:8000"
MEDIA = "{http://search.yahoo.com/mrss/}"


def test_rss_carries_one_enclosure_and_one_media_content_a_post(tmp_path: Path) -> None:
    post = make_post(1, make_media(tmp_path))
    item = ET.fromstring(media_rss([post], BASE)).find("channel/item")
    assert item is not None
    enclosure, content = item.find("enclosure"), item.find(f"{MEDIA}content")
    assert item.findtext("title") == post.title
    assert enclosure is not None
    assert enclosure.attrib == {
        "url": f"{BASE}/media/{post.post_id}/video.mp4",
        "length": "2048",
        "type": "video/mp4",
    }
    assert content is not None
    assert content.attrib["duration"] == "51"
    assert content.find(f"{MEDIA}thumbnail") is not None


def test_json_feed_carries_the_video_as_attachment(tmp_path: Path) -> None:
    post = make_post(1, make_media(tmp_path))
    feed = json.loads(json_feed([post], BASE))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["attachments"][0]["size_in_bytes"] == 2048
    assert feed["items"][0]["date_published"] == "2026-02-06T12:01:00Z"


def test_an_empty_channel_has_valid_feeds() -> None:
    assert ET.fromstring(media_rss([], BASE)).findtext("channel/title") == "Chimera"
    assert json.loads(json_feed([], BASE))["items"] == []


def test_a_feed_holds_a_bounded_number_of_posts(tmp_path: Path) -> None:
    media = make_media(tmp_path)
    posts = [make_post(number, media) for number in range(ITEMS_MAX + 5)]
    assert len(json.loads(json_feed(posts, BASE))["items"]) == ITEMS_MAX
