"""The limits of specification sections 3 and 6, with their units."""

from datetime import timedelta
from decimal import Decimal

TREND_VOLUME_MAX = 1_000_000
TRENDS_PER_ANALYSIS_MAX = 20
TIMEFRAME_MIN = timedelta(minutes=15)
TIMEFRAME_MAX = timedelta(days=30)
VELOCITY_MIN = Decimal(0)
VELOCITY_MAX = Decimal(10)

SCRIPT_CHARACTERS_MAX = 5_000
SCRIPT_WORDS_MIN = 100
SCRIPT_WORDS_MAX = 500
TITLE_CHARACTERS_MAX = 255

VIDEO_DURATION_SECONDS_MAX = 600
FILE_SIZE_BYTES_MAX = 100 * 1024 * 1024
PRODUCTION_SECONDS_MAX_VIDEO = 120
PRODUCTION_SECONDS_MAX_IMAGE = 30
QUALITY_SCORE_THRESHOLD = Decimal("0.80")
"""A quality score must be greater than this, not equal."""

TRANSACTION_USD_MAX = Decimal(10000)
DAILY_BUDGET_USD_MAX = Decimal(1000)
RISK_ESCALATION_THRESHOLD = Decimal("0.7")
"""A risk score above this waits for a human."""
AGENT_STATE_TTL_SECONDS = 300
