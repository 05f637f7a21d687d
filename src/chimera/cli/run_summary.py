"""What a person sees when `chimera run` is done: the piece, its money, its proof, and what to do next."""

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from chimera.bootstrap.studio import Studio
from chimera.contracts.budget import BudgetState
from chimera.contracts.run_report import RunReport
from chimera.core.vocabulary import BudgetCategory, FileType
from chimera.platforms.local_channel.channel import post_id_of
from chimera.security.keys import retired_public_keys


async def run_summary(studio: Studio, report: RunReport) -> Panel:
    """The summary of a finished run, with the ledger verified now."""
    budgets = await studio.treasurer.budgets()
    facts = _facts(studio, report, await _proof(studio))
    hint = f"Watch it: [bold]chimera serve[/]\nKeep it:  [bold]chimera export {report.content_id}[/]"
    title = escape(f"Published: {report.trend.topic}")
    return Panel(Group(facts, "", _budget_lines(budgets), "", hint), title=title, expand=False)


async def _proof(studio: Studio) -> str:
    if studio.own_treasury is None:
        return f"kept by the CFO at {escape(str(studio.settings.cfo_url))}"
    verified = await studio.own_treasury.verify(retired_public_keys(studio.home / "keys"))
    entries = f"{verified.entries} {'entry' if verified.entries == 1 else 'entries'}"
    return f"[green]verifies[/green], {entries}" if verified.ok else "[red]does NOT verify[/]: chimera ledger verify"


def _facts(studio: Studio, report: RunReport, proof: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    video = next(file for file in report.asset.files if file.type is FileType.VIDEO)
    approval = report.approvals[0]
    table.add_row("Video", escape(str(studio.channel.media(post_id_of(report.content_id), "video.mp4"))))
    table.add_row("Length", f"{video.duration_seconds} s, {video.size_bytes / 2**20:.1f} MB")
    table.add_row("Quality", f"{report.asset.quality_score} of 1, measured from the file")
    table.add_row(
        "Cost", f"${report.asset.production_cost} settled (${report.brief.estimated_cost} estimated and held)"
    )
    table.add_row("Approved", escape(f"{approval.reason}; risk {approval.risk_score}"))
    table.add_row("Signature", f"{approval.approval_signature[:18]}…{approval.approval_signature[-8:]}")
    table.add_row("Ledger", proof)
    table.add_row("Channel", escape(next(iter(report.publication.urls.values()))))
    return table


def _budget_lines(budgets: tuple[BudgetState, ...]) -> Table:
    table = Table("Budget", "Spent", "Limit", "Remaining", box=None, padding=(0, 2, 0, 0))
    for line in budgets:
        if line.category is BudgetCategory.TOTAL:
            table.add_row(line.period.value, f"${line.spent:.2f}", f"${line.limit:.2f}", f"${line.remaining:.2f}")
    return table
