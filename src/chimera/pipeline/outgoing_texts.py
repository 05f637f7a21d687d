"""Every text of a piece that people will see or hear, each under the name of its place (pure)."""

from collections.abc import Mapping

from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.storyboard import Storyboard


def outgoing_texts(storyboard: Storyboard, evidence: TrendEvidence) -> Mapping[str, str]:
    """Title, description, tags, script, headlines, and the names that the pictures draw from the evidence."""
    return {
        "title": storyboard.title,
        "description": storyboard.description,
        "script": storyboard.script,
        "topic": storyboard.topic,
        "source_label": storyboard.source_label,
        "disclosure": storyboard.disclosure,
        "tags": ", ".join(storyboard.tags),
        **{f"headline.{number}": beat.headline for number, beat in enumerate(storyboard.beats, start=1)},
        **{f"community.{number}": share.name for number, share in enumerate(evidence.communities, start=1)},
        **{f"phrase.{number}": share.name for number, share in enumerate(evidence.phrases, start=1)},
    }
