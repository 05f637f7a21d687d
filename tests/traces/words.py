"""What agents write when they ask for money: titles of pieces, and each service in several wordings."""

from random import Random

TOPICS = (
    "octopuses", "night trains", "old bridges", "desert farming", "glaciers", "street food", "lighthouses",
    "chess engines", "coral reefs", "tiny houses", "sourdough", "solar sails", "forgotten maps", "bees",
    "deep sea mining", "tidal power", "vertical gardens", "medieval clocks", "volcanoes", "urban foxes",
    "paper money", "satellites", "salt", "silk", "electric ferries", "cave paintings", "wildfires", "micro chips",
    "migrating birds", "carnival masks",
)  # fmt: skip
ANGLES = (
    "Why {} matter again", "The secret life of {}", "{} in ninety seconds", "What nobody tells you about {}",
    "How {} changed everything", "{}: the comeback", "Five myths about {}", "The economics of {}", "A day with {}",
    "Inside the world of {}", "{} explained by numbers", "The last of the {}",
)  # fmt: skip

#: Service -> wordings that mean the same. {title}, {secs}, {res}, {n} and {m} are filled in by the piece.
WORDINGS: dict[str, tuple[str, ...]] = {
    "script": (
        "Draft the script for '{title}'",
        "LLM tokens: outline and script of '{title}', {secs} s",
        "'{title}': writing the narration text for {secs} seconds",
    ),
    "fact_check": (
        "Check the claims in '{title}' against sources",
        "Fact check of '{title}', {m} claims",
        "Source look-ups for {m} statements made in '{title}'",
    ),
    "voice": (
        "Narration voice for '{title}', {secs} s",
        "Text to speech, {secs} seconds, piece '{title}'",
        "Speak the {secs} s narration of '{title}'",
    ),
    "image": (
        "Still image {n} of {m} for '{title}'",
        "'{title}': generate picture {n}/{m}",
        "Illustration no. {n} (of {m}), '{title}'",
    ),
    "clip": (
        "Generate clip for scene {n} of {m}, '{title}'",
        "Scene {n}/{m} moving footage for '{title}'",
        "'{title}' video generation, scene {n} out of {m}",
    ),
    "music": (
        "Music licence for '{title}', {secs} s",
        "License a background track, {secs} seconds, for '{title}'",
        "'{title}': soundtrack rights ({secs} s)",
    ),
    "stock": (
        "Stock footage for '{title}', {m} shots",
        "{m} archive shots bought for '{title}'",
        "'{title}': footage licence, {m} shots",
    ),
    "render": (
        "Render '{title}' in {res}, {secs} s",
        "Final cut rendering ({res}, {secs} seconds) for '{title}'",
        "'{title}': GPU time to encode {secs} s at {res}",
    ),
    "render_4k": (
        "Render '{title}' in 4k, {secs} s",
        "4k master of '{title}', {secs} seconds of GPU rendering",
        "'{title}': upscale and encode {secs} s at 4k",
    ),
    "store": (
        "Store the masters of '{title}'",
        "Object storage for the files of '{title}', 90 days",
        "Keep '{title}' ({res}) in the archive bucket",
    ),
    "stamp": (
        "Timestamp '{title}' on chain",
        "On-chain proof of publication for '{title}'",
        "Anchor the hash of '{title}'",
    ),
    "thumbnail": (
        "Thumbnail variant {n} of {m} for '{title}'",
        "'{title}': thumbnail test image {n}/{m}",
        "Batch thumbnails, '{title}', {n} of {m}",
    ),
    "subtitle": (
        "Subtitles in language {n} of {m} for '{title}'",
        "Translate captions, '{title}', language {n}/{m}",
        "'{title}' captions batch, item {n} of {m}",
    ),
    "moderation": ("Metered comment moderation", "Comment moderation, metered tokens", "Moderation tokens, live chat"),
    "report": (
        "Weekly audience report, part {n} of {m}",
        "Analytics export for the weekly report, section {n}/{m}",
        "Weekly numbers: query {n} of {m}",
    ),
    "archive": (
        "Weekly backup of the masters to cold storage, volume {n} of {m}",
        "Cold archive upload, weekly, volume {n}/{m}",
        "Archive the week's masters, set {n} of {m}",
    ),
}


def title(rng: Random) -> str:
    said = rng.choice(ANGLES).format(rng.choice(TOPICS))
    return said[0].upper() + said[1:]


def wording(service: str, fields: dict[str, str], which: int) -> str:
    wordings = WORDINGS[service]
    return wordings[which % len(wordings)].format(**fields)
