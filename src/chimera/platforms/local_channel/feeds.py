"""The channel's feeds: RSS 2.0 with Media RSS 1.5.1 and Atom's self link, and JSON Feed 1.1."""

import json
from collections.abc import Sequence
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from chimera.contracts.channel_post import ChannelPost, MediaName
from chimera.platforms.local_channel.address import watch_url

CHANNEL_TITLE = "Chimera"
CHANNEL_DESCRIPTION = "What really rises, told by its own numbers. Made by AI."
ITEMS_MAX = 50
_MEDIA = "http://search.yahoo.com/mrss/"
_ATOM = "http://www.w3.org/2005/Atom"


def media_url(base_url: str, post_id: str, name: MediaName) -> str:
    return f"{base_url}/media/{post_id}/{name}"


def media_rss(posts: Sequence[ChannelPost], base_url: str) -> bytes:
    """The newest posts as RSS with one enclosure and one media:content each."""
    register_namespace("media", _MEDIA)
    register_namespace("atom", _ATOM)
    rss = Element("rss", {"version": "2.0"})
    channel = SubElement(rss, "channel")
    _text(channel, "title", CHANNEL_TITLE)
    _text(channel, "link", f"{base_url}/")
    _text(channel, "description", CHANNEL_DESCRIPTION)
    _text(channel, "language", "en")
    SubElement(
        channel, f"{{{_ATOM}}}link", {"href": f"{base_url}/feed.xml", "rel": "self", "type": "application/rss+xml"}
    )
    for post in posts[:ITEMS_MAX]:
        _item(channel, post, base_url)
    written: bytes = tostring(rss, encoding="utf-8", xml_declaration=True)
    return written


def json_feed(posts: Sequence[ChannelPost], base_url: str) -> str:
    """The newest posts as JSON Feed with the video as attachment."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": CHANNEL_TITLE,
            "home_page_url": f"{base_url}/",
            "feed_url": f"{base_url}/feed.json",
            "description": CHANNEL_DESCRIPTION,
            "language": "en",
            "items": [_json_item(post, base_url) for post in posts[:ITEMS_MAX]],
        },
        ensure_ascii=False,
    )


def _item(channel: Element, post: ChannelPost, base_url: str) -> None:
    item = SubElement(channel, "item")
    _text(item, "title", post.title)
    _text(item, "link", watch_url(post.post_id, base_url))
    _text(item, "guid", f"urn:uuid:{post.content_id}", {"isPermaLink": "false"})
    _text(item, "pubDate", format_datetime(post.published_at, usegmt=True))
    _text(item, "description", post.description)
    video = media_url(base_url, post.post_id, "video.mp4")
    size = str(post.sizes_bytes["video.mp4"])
    SubElement(item, "enclosure", {"url": video, "length": size, "type": "video/mp4"})
    content = SubElement(
        item,
        f"{{{_MEDIA}}}content",
        {
            "url": video,
            "fileSize": size,
            "type": "video/mp4",
            "medium": "video",
            "duration": str(post.duration_seconds),
            "width": str(post.width),
            "height": str(post.height),
        },
    )
    _text(content, f"{{{_MEDIA}}}title", post.title, {"type": "plain"})
    thumbnail = {"url": media_url(base_url, post.post_id, "thumbnail.jpg")}
    SubElement(content, f"{{{_MEDIA}}}thumbnail", thumbnail)
    SubElement(
        content,
        f"{{{_MEDIA}}}subTitle",
        {"type": "text/vtt", "lang": "en", "href": media_url(base_url, post.post_id, "captions.vtt")},
    )


def _json_item(post: ChannelPost, base_url: str) -> dict[str, object]:
    return {
        "id": f"urn:uuid:{post.content_id}",
        "url": watch_url(post.post_id, base_url),
        "title": post.title,
        "content_text": post.description,
        "image": media_url(base_url, post.post_id, "thumbnail.jpg"),
        "date_published": post.published_at.isoformat().replace("+00:00", "Z"),
        "tags": list(post.tags),
        "attachments": [
            {
                "url": media_url(base_url, post.post_id, "video.mp4"),
                "mime_type": "video/mp4",
                "size_in_bytes": post.sizes_bytes["video.mp4"],
                "duration_in_seconds": post.duration_seconds,
            }
        ],
    }


def _text(parent: Element, tag: str, text: str, attributes: dict[str, str] | None = None) -> None:
    SubElement(parent, tag, attributes or {}).text = text
