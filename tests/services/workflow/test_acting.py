"""One act at a time: by whom the table says, in the state that it says, with everything or nothing."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.kernel import clock
from app.sabilulungan.workflow import PROPOSAL
from app.services.workflow import queue
from app.services.workflow.acting import act
from app.services.workflow.process import Order, Process, Refused, State, Transition
from app.tenancy.context import Context, acting_for
from tests.conftest import A, B
from tests.services.workflow.conftest import As, Do, the_file, the_proposal

Walk = Callable[[str], str]


def test_the_straight_way_leads_to_the_decree(walk: Walk, acting_as: As, proposal: UUID) -> None:
    assert walk("tetapkan_sk") == "DITETAPKAN"
    with acting_as("sistem"):
        found = the_proposal(proposal)
        assert (found.status, found.stage, found.amount_recommended) == ("DITETAPKAN", 7, 40_000_000)
        assert (found.amount_tapd, found.amount_approved, found.sk_no) == (30_000_000, 30_000_000, "978/Kep.1")
        steps = queue.steps(the_file(proposal).id)
        assert [step.number for step in steps] == list(range(1, len(steps) + 1))


def test_every_act_is_in_the_audit_log_with_its_actor(walk: Walk, admin: Engine, proposal: UUID) -> None:
    walk("disposisi")
    with admin.connect() as connection:
        rows = connection.execute(
            text("SELECT event, actor FROM audit_log WHERE subject_id = :id ORDER BY seq"), {"id": str(proposal)}
        ).all()
    assert [row.event for row in rows] == ["hibah.buka", "hibah.ajukan", "hibah.terima_lengkap", "hibah.disposisi"]
    assert len({row.actor for row in rows[1:]}) == 3


@pytest.mark.parametrize(("role", "action"), [("pemohon", "terima_lengkap"), ("tapd", "ajukan"), ("opd", "ajukan")])
def test_who_is_not_in_the_table_may_not(do: Do, role: str, action: str) -> None:
    if action != "ajukan":
        do("pemohon", "ajukan")
    with pytest.raises(Refused) as refused:
        do(role, action)
    assert refused.value.code in {"bukan-tugas", "sudah-berubah"}


def test_an_act_of_another_state_is_politely_refused(do: Do) -> None:
    with pytest.raises(Refused, match="sudah berpindah") as refused:
        do("tu", "terima_lengkap")
    assert refused.value.code == "sudah-berubah"


def test_a_guard_refuses_and_nothing_changes(walk: Walk, do: Do, acting_as: As, proposal: UUID) -> None:
    walk("tetapkan_opd")
    with pytest.raises(Refused) as refused:
        do("opd_kepala", "rekomendasikan", values={"amount": 50_000_001})
    assert refused.value.code == "amount"
    with acting_as("sistem"):
        assert the_proposal(proposal).amount_recommended is None
        assert the_file(proposal).state == "EVALUASI"


def test_an_error_inside_the_act_leaves_nothing(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    def breaks_down() -> None:
        with act(PROPOSAL, proposal, "ajukan") as acting:
            acting.subject.judul = "setengah jalan"
            raise RuntimeError

    with acting_as("pemohon"), pytest.raises(RuntimeError):
        breaks_down()
    with acting_as("sistem"):
        assert the_file(proposal).state == "DRAFT"
        assert the_proposal(proposal).judul == "Renovasi balai"
    with admin.connect() as connection:
        sql = text("SELECT count(*) FROM audit_log WHERE subject_id = :id AND event = 'hibah.ajukan'")
        assert connection.scalar(sql, {"id": str(proposal)}) == 0


def test_twenty_who_press_the_same_button_make_one_change(
    do: Do, desk: Flask, acting_as: As, proposal: UUID, admin: Engine
) -> None:
    do("pemohon", "ajukan")
    with admin.connect() as connection:
        clerk = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'tu@%'"))
    answers: list[str] = []
    gate = threading.Barrier(20)

    def press() -> None:
        with desk.app_context(), acting_for(Context(A, str(clerk), "worker")):
            gate.wait()
            try:
                with act(PROPOSAL, proposal, "terima_lengkap"):
                    pass
                answers.append("selesai")
            except Refused as refused:
                answers.append(refused.code)

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["selesai"] + ["sudah-berubah"] * 19
    with acting_as("sistem"):
        assert [step.action for step in queue.steps(the_file(proposal).id)].count("terima_lengkap") == 1


def test_the_same_key_twice_acts_once(do: Do, acting_as: As, proposal: UUID) -> None:
    do("pemohon", "ajukan", key="tekan-1")
    with pytest.raises(Refused) as refused:
        do("pemohon", "ajukan", key="tekan-1")
    assert refused.value.code == "sudah-dilakukan"


def test_a_reason_and_its_code_are_demanded(do: Do) -> None:
    do("pemohon", "ajukan")
    with pytest.raises(Refused) as refused:
        do("tu", "tolak_admin", reason=" ", reason_code="RJ77")
    assert [refusal.code for refusal in refused.value.refusals] == ["reason", "reason_code"]
    assert do("tu", "tolak_admin", reason="di luar kota", reason_code="RJ01") == "DITOLAK"


def test_an_answer_goes_back_to_who_asked(do: Do, walk: Walk) -> None:
    walk("tetapkan_opd")
    assert do("opd_kepala", "kembalikan") == "DIKEMBALIKAN"
    assert do("pemohon", "ajukan_ulang") == "EVALUASI"


def test_a_step_written_down_later_is_marked(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    with admin.begin() as connection:
        connection.execute(
            text("UPDATE workflow_files SET opened_on = opened_on - 9 WHERE subject = :id"), {"id": proposal}
        )
    yesterday = clock.today("Asia/Jakarta") - timedelta(days=1)
    do("pemohon", "ajukan", happened_on=yesterday)
    do("tu", "terima_lengkap")
    with acting_as("sistem"):
        steps = queue.steps(the_file(proposal).id)
    assert [step.recorded_later for step in steps] == [False, True, False]
    assert steps[1].happened_on == yesterday


@pytest.mark.parametrize("days", [1, -400])
def test_a_day_that_cannot_be_is_refused(do: Do, days: int) -> None:
    with pytest.raises(Refused) as refused:
        do("pemohon", "ajukan", happened_on=clock.today("Asia/Jakarta") + timedelta(days=days))
    assert refused.value.code == "happened_on"


def test_a_file_of_another_region_is_not_there(desk: Flask, proposal: UUID) -> None:
    with desk.app_context(), acting_for(Context(B, "sistem:uji", "worker")):
        attempt = act(PROPOSAL, proposal, "ajukan")
        with pytest.raises(LookupError):
            attempt.__enter__()


def test_a_table_that_contradicts_itself_is_refused_at_start() -> None:
    parts = {
        "code": "uji", "version": 1, "title": "Uji", "model": object, "states": (State("A", "a"),),
        "owner": lambda _s: None, "words": lambda _s: ("", ""), "url": lambda _s: "",
    }  # fmt: skip
    with pytest.raises(ValueError, match="tidak ada"):
        Process(**parts, transitions=(Transition(("A",), "x", "Z", "x", ("tu",)),))  # type: ignore[arg-type]
    twice = (Transition(("A",), "x", "A", "x", ("tu",)), Transition(("A",), "x", "A", "x", ("opd",)))
    with pytest.raises(ValueError, match="dua kali"):
        Process(**parts, transitions=twice)  # type: ignore[arg-type]


def test_an_unknown_field_of_an_order_is_no_order() -> None:
    assert Order(reason="x", happened_on=date(2026, 1, 1)).values == {}
