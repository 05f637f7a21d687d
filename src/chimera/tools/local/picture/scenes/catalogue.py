"""Which painter draws which scene."""

from chimera.contracts.storyboard import Scene
from chimera.tools.local.picture.scenes.closing import paint_closing
from chimera.tools.local.picture.scenes.communities import paint_communities
from chimera.tools.local.picture.scenes.count import paint_count
from chimera.tools.local.picture.scenes.hook import paint_hook
from chimera.tools.local.picture.scenes.painter import SceneMaker
from chimera.tools.local.picture.scenes.phrases import paint_phrases
from chimera.tools.local.picture.scenes.ratio import paint_ratio
from chimera.tools.local.picture.scenes.sentiment import paint_sentiment
from chimera.tools.local.picture.scenes.series import paint_series
from chimera.tools.local.picture.scenes.timeline import paint_timeline

PAINTERS: dict[Scene, SceneMaker] = {
    Scene.HOOK: paint_hook,
    Scene.COUNT: paint_count,
    Scene.RATIO: paint_ratio,
    Scene.SERIES: paint_series,
    Scene.COMMUNITIES: paint_communities,
    Scene.PHRASES: paint_phrases,
    Scene.TIMELINE: paint_timeline,
    Scene.SENTIMENT: paint_sentiment,
    Scene.CLOSING: paint_closing,
}
