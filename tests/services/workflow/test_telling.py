"""People hear of their files: the applicant of each step, who is assigned, those in charge when it is late."""

from uuid import UUID

from sqlalchemy import Engine, text

from app.services.workflow import assigning, escalation
from app.tenancy.database import db
from tests.conftest import A
from tests.services.workflow.conftest import As, Do, account_of, the_file


def inbox(admin: Engine, event: str) -> dict[str, str]:
    """email's name -> subject of the newest message of an event in region A."""
    sql = (
        "SELECT split_part(a.email, '@', 1) AS name, m.subject FROM inbox_messages m"
        " JOIN accounts a ON a.region_id = m.region_id"
        " AND a.id = m.account_id WHERE m.region_id = :region AND m.event = :event ORDER BY m.id"
    )
    with admin.connect() as connection:
        return {row.name: row.subject for row in connection.execute(text(sql), {"region": A, "event": event})}


def test_the_applicant_hears_of_what_others_do_and_not_of_his_own_acts(do: Do, admin: Engine) -> None:
    do("pemohon", "ajukan")
    assert inbox(admin, "berkas.berpindah") == {}
    do("tu", "kembalikan", reason="RAB belum ditandatangani")
    told = inbox(admin, "berkas.berpindah")
    assert set(told) == {"pemohon"}
    assert "Menunggu perbaikan" in told["pemohon"]


def test_a_refused_act_tells_nobody(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    do("pemohon", "ajukan")
    with acting_as("tu"):
        assigning.appoint(the_file(proposal), account_of("tu"), "tu")
        db.session.rollback()
    assert inbox(admin, "berkas.ditugaskan") == {}


def test_who_is_assigned_hears_of_it(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    do("pemohon", "ajukan")
    with acting_as("sistem"):
        assigning.appoint(the_file(proposal), account_of("tu"), "tu")
        db.session.commit()
    assert set(inbox(admin, "berkas.ditugaskan")) == {"tu"}


def test_a_late_file_is_told_higher_and_higher(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    do("pemohon", "ajukan")
    with admin.begin() as connection:
        late = "UPDATE workflow_files SET entered_on = entered_on - 21, due_on = due_on - 21 WHERE subject = :id"
        connection.execute(text(late), {"id": proposal})
    with acting_as("sistem"):
        escalation.note_levels()
        db.session.commit()
    told = inbox(admin, "berkas.mendekati-batas")
    assert {"tu", "pimpinan", "inspektorat"} <= set(told)
    assert "120 %" in told["inspektorat"]
