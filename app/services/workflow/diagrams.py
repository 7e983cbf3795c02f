"""The documentation of a process, written from its table: a diagram and the matrix of who may do what."""

from app.services.identity.permissions import ROLES
from app.services.workflow.process import BACK, OWNER, SYSTEM, Process

HEAD = "<!-- Ditulis oleh `flask workflow docs` dari tabel proses; jangan disunting di sini. -->"


def document(process: Process) -> str:
    """Markdown: title, Mermaid state diagram, one row a transition, one row a role."""
    lines = [HEAD, "", f"# {process.title} (versi {process.version})", "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {process.initial}", *_arrows(process), "```", ""]
    lines += ["| dari | tindakan | ke | siapa | batas (hari kerja) | penjaga |", "|---|---|---|---|---|---|"]
    for transition in process.transitions:
        guards = ", ".join(getattr(guard, "__name__", "").lstrip("_") for guard in transition.guards)
        lines.append(
            f"| {', '.join(transition.before)} | `{transition.action}` {transition.title} | {transition.to}"
            f" | {', '.join(_role(role) for role in transition.who)} | {transition.working_days or ''} | {guards} |"
        )
    lines += ["", "| keadaan | arti | pemegang | jam hukum berhenti | dapat dilewati |", "|---|---|---|---|---|"]
    for state in process.states:
        paused, skipped = "ya" if state.paused else "", f"ke {state.skip_to}" if state.skip_to else ""
        lines.append(f"| {state.code} | {state.label} | {_role(state.holder)} | {paused} | {skipped} |")
    return "\n".join(lines) + "\n"


def _arrows(process: Process) -> list[str]:
    arrows = []
    for transition in process.transitions:
        for before in transition.before:
            if transition.to == BACK:
                returning = {s for t in process.transitions if t.returns and before == t.to for s in t.before}
                arrows += [f"    {before} --> {target}: {transition.action}" for target in sorted(returning)]
            else:
                arrows.append(f"    {before} --> {transition.to}: {transition.action}")
    arrows += [f"    {state.code} --> [*]" for state in process.states if process.is_end(state.code)]
    return arrows


def _role(role: str) -> str:
    if role == SYSTEM:
        return "sistem (pengingat waktu)"
    return ROLES[role][0] if role in ROLES else ("Pemohon" if role == OWNER else role)
