"""`chimera budget show`: what each period and category may still spend."""

import os

from chimera.bootstrap.studio import open_studio
from chimera.cli.books import print_budgets
from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock


async def show(*, json: Json = False) -> None:
    """Show the current budget lines: limit, spent and remaining of every period and category, in USD."""
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        budgets = await studio.treasurer.budgets()
    if json:
        print_json({"budgets": [line.model_dump(mode="json") for line in budgets]})
    else:
        print_budgets(budgets)
