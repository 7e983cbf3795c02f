"""Nobody in two duties on one file, nobody with an interest, somebody in the place of who is away."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.kernel import clock
from app.services.workflow import assigning, delegations, queue
from app.services.workflow.delegations import Wanted
from app.services.workflow.process import Refused
from app.tenancy.database import db, region_sql
from tests.conftest import A
from tests.services.workflow.conftest import As, Do, account_of, the_file

Walk = Callable[[str], str]


def give_role(admin: Engine, email: str, role: str) -> None:
    with admin.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO account_roles (region_id, id, account_id, role)"
                " SELECT region_id, gen_random_uuid(), id, :role FROM accounts"
                " WHERE region_id = :region AND email = :email"
            ),
            {"role": role, "region": A, "email": f"{email}@contoh.go.id"},
        )


def test_nobody_acts_in_two_duties_on_one_file(do: Do, admin: Engine) -> None:
    give_role(admin, "tu", "pimpinan")
    do("pemohon", "ajukan")
    do("tu", "terima_lengkap")
    with pytest.raises(Refused) as refused:
        do("tu", "disposisi")
    assert refused.value.code == "pemisahan-tugas"
    assert do("pimpinan", "disposisi") == "KLASIFIKASI"


def test_an_officer_does_not_examine_his_own_file(do: Do, admin: Engine) -> None:
    give_role(admin, "pemohon", "tu")
    do("pemohon", "ajukan")
    with pytest.raises(Refused) as refused:
        do("pemohon", "terima_lengkap")
    assert refused.value.code == "berkas-sendiri"


def test_who_declared_an_interest_neither_acts_nor_is_drawn(do: Do, acting_as: As, proposal: UUID) -> None:
    do("pemohon", "ajukan")
    with acting_as("tu"):
        assigning.declare_conflict(the_file(proposal), "ketua adalah saudara saya")
        db.session.commit()
    with pytest.raises(Refused) as refused:
        do("tu", "terima_lengkap")
    assert refused.value.code == "benturan-kepentingan"
    with acting_as("sistem"), pytest.raises(Refused, match="hanya 0"):
        assigning.draw(the_file(proposal), "tu", 1)


def test_who_stands_in_acts_in_the_others_name_between_the_dates_only(
    do: Do, acting_as: As, proposal: UUID, admin: Engine
) -> None:
    do("pemohon", "ajukan")
    today = clock.today("Asia/Jakarta")
    with acting_as("admin"):
        giver, taker = account_of("tu"), account_of("opd")
        delegations.lend(Wanted(giver, taker, "tu", "Plh.", today - timedelta(3), today - timedelta(1), "800/1"))
        db.session.commit()
    with pytest.raises(Refused):
        do("opd", "terima_lengkap")
    with acting_as("admin"):
        delegations.lend(Wanted(giver, taker, "tu", "Plh.", today, today, "800/2"))
        db.session.commit()
    assert do("opd", "terima_lengkap") == "DISPOSISI"
    with acting_as("sistem"):
        step = queue.steps(the_file(proposal).id)[-1]
    assert (step.duty, step.acting_for, step.actor) == ("tu", str(giver), str(taker))


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"role": "tapd"}, "role"), ({"kind": "Plx."}, "kind"), ({"letter_no": " "}, "letter_no"),
     ({"days": -1}, "ends_on"), ({"days": 500}, "ends_on"), ({"taker": "tu"}, "taker")],
)  # fmt: skip
def test_a_delegation_that_makes_no_sense_is_refused(acting_as: As, changes: dict[str, object], field: str) -> None:
    today = clock.today("Asia/Jakarta")
    with acting_as("admin"):
        wanted = Wanted(
            account_of("tu"), account_of(str(changes.get("taker", "opd"))), str(changes.get("role", "tu")),
            str(changes.get("kind", "Plt.")), today, today + timedelta(int(str(changes.get("days", 5)))),
            str(changes.get("letter_no", "800/1")),
        )  # fmt: skip
        with pytest.raises(Refused) as refused:
            delegations.lend(wanted)
    assert field in [refusal.code for refusal in refused.value.refusals]


def test_the_oldest_file_is_taken_first_and_only_once(do: Do, acting_as: As, proposal: UUID) -> None:
    do("pemohon", "ajukan")
    with acting_as("tu"):
        taken = assigning.take_next()
        db.session.commit()
        assert taken is not None
        assert taken.subject == proposal
        assert assigning.take_next() is None


def test_an_assigned_file_is_closed_to_the_others(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    give_role(admin, "opd", "tu")
    do("pemohon", "ajukan")
    with acting_as("sistem"):
        assigning.appoint(the_file(proposal), account_of("opd"), "tu")
        db.session.commit()
    with pytest.raises(Refused) as refused:
        do("tu", "terima_lengkap")
    assert refused.value.code == "penugasan-orang-lain"
    assert do("opd", "terima_lengkap") == "DISPOSISI"


def test_a_draw_can_be_computed_again_by_anybody(
    do: Do, acting_as: As, proposal: UUID, admin: Engine, desk: Flask
) -> None:
    for person in ("opd", "tapd", "bendahara", "pimpinan"):
        give_role(admin, person, "timbang")
    do("pemohon", "ajukan")
    with acting_as("sistem"):
        chosen = assigning.draw(the_file(proposal), "timbang", 2)
        db.session.commit()
        assert len(set(chosen)) == 2
    # The next day: the seed is published.
    tomorrow = "DELETE FROM workflow_draw_days WHERE day > (now() AT TIME ZONE 'Asia/Jakarta')::date AND region_id = :r"
    with admin.begin() as connection:
        connection.execute(text(tomorrow), {"r": A})
        connection.execute(text("UPDATE workflow_draw_days SET day = day - 1 WHERE region_id = :r"), {"r": A})
    with acting_as("sistem"):
        assigning.prepare_day()
        db.session.commit()
        day = next(day for day in assigning.draw_days() if assigning.drawn_on(day))
        drawn = assigning.drawn_on(day)
    assert hashlib.sha256(day.seed.encode()).hexdigest() == day.seed_hash
    candidates = drawn[0].candidates.split(",")
    assert len(candidates) == 5
    ranked = sorted(
        candidates, key=lambda code: hashlib.sha256(f"{day.seed}|{drawn[0].nomor}|timbang|{code}".encode()).hexdigest()
    )
    assert {row.chosen for row in drawn} == set(ranked[:2])


def test_the_seed_of_today_is_told_to_nobody(do: Do, acting_as: As, proposal: UUID) -> None:
    with acting_as("sistem"):
        assigning.prepare_day()
        assert [day.seed for day in assigning.draw_days()] == ["", ""]
        sealed = region_sql("SELECT seed_sealed FROM workflow_draw_days WHERE region_id = :region_id").scalars().all()
        assert len({bytes(seed) for seed in sealed}) == 2


def test_a_drawn_place_with_an_interest_is_drawn_again(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    give_role(admin, "opd", "timbang")
    do("pemohon", "ajukan")
    with acting_as("sistem"):
        first = assigning.draw(the_file(proposal), "timbang", 1)[0]
        db.session.commit()
        name = region_sql("SELECT nama FROM accounts WHERE region_id = :region_id AND id = :id", id=first).scalar_one()
    with acting_as(name):
        assigning.declare_conflict(the_file(proposal), "satu keluarga")
        db.session.commit()
    with acting_as("sistem"):
        now = region_sql(
            "SELECT account_id FROM workflow_assignments WHERE region_id = :region_id AND ended_at IS NULL"
        ).scalars().all()
    assert len(now) == 1
    assert now[0] != first
