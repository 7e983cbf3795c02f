"""The official list, the subdomains, the steps of provisioning."""

import pytest
from flask import Flask

from app.tenancy.context import Context, NoContext, acting_for, current
from app.tenancy.database import db, region_sql
from app.tenancy.roles import version_problem
from tenants import provision as provisioning
from tenants.commands import commands_of, find
from tenants.provision import Order, UnknownTemplate, provision
from tenants.registry import load_regions


def test_the_list_is_whole_and_every_subdomain_unique() -> None:
    regions = load_regions()
    kinds = [region.kind for region in regions]
    assert (kinds.count("PROVINSI"), kinds.count("KOTA") + kinds.count("KABUPATEN")) == (38, 514)
    assert len({region.subdomain for region in regions}) == len(regions)
    by_id = {region.id: region.subdomain for region in regions}
    assert (by_id[3273], by_id[3204], by_id[32], by_id[52]) == ("bandung", "kab-bandung", "jabar", "ntb")
    assert by_id[1571] == "jambi"
    assert by_id[15] == "prov-jambi"


def test_a_killed_provisioning_goes_on_where_it_stopped(worker_app: Flask) -> None:
    order = Order(3276, "depok", "KOTA")
    with worker_app.app_context():
        steps = provision(order)
        first = [next(steps), next(steps)]
        steps.close()
        rest = list(provision(order))
        again = list(provision(order))
    assert [step.was_there for step in rest] == [True, True, *[False] * (len(rest) - 2)]
    assert [step.name for step in first] == [step.name for step in rest[:2]]
    assert all(step.was_there for step in again)


def test_a_failing_step_leaves_nothing_of_itself(worker_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(order: Order, template: dict[str, object]) -> None:
        provisioning.write_opd(order, template)
        raise RuntimeError("mati di tengah jalan")

    names = [name for name, _step in provisioning.STEPS]
    broken = [(name, fails if name == "opd" else step) for name, step in provisioning.STEPS]
    monkeypatch.setattr(provisioning, "STEPS", tuple(broken))
    with worker_app.app_context():
        with pytest.raises(RuntimeError, match="tengah jalan"):
            list(provision(Order(3275, "bekasi", "KOTA")))
        db.session.rollback()
        with acting_for(Context(3275, "sistem:uji", "worker")):
            assert region_sql("SELECT count(*) FROM opd WHERE region_id = :region_id").scalar_one() == 0
            done = region_sql("SELECT name FROM provision_steps WHERE region_id = :region_id").scalars().all()
    assert set(done) == set(names[: names.index("opd")])


def test_an_unknown_template_names_those_that_exist(worker_app: Flask) -> None:
    with worker_app.app_context(), pytest.raises(UnknownTemplate, match="baku"):
        list(provision(Order(3276, "depok", "KOTA", template="tidak-ada")))


def test_without_a_context_there_is_no_query(worker_app: Flask) -> None:
    with pytest.raises(NoContext):
        current()
    with worker_app.app_context(), pytest.raises(NoContext):
        region_sql("SELECT 1 WHERE 1 = :region_id")


def test_raw_sql_must_name_the_region() -> None:
    with pytest.raises(ValueError, match="region_id"):
        region_sql("SELECT * FROM hibah")


@pytest.mark.parametrize(
    ("version", "trusted"),
    [(180004, False), (180007, True), (160016, True), (150001, False), (190000, True), (140020, False)],
)
def test_a_server_below_the_security_floor_is_named(version: int, trusted: bool) -> None:
    assert (version_problem(version) is None) == trusted


def test_every_command_explains_itself_with_an_example() -> None:
    for command in commands_of():
        assert "Contoh: flask" in (command.help or ""), command.name


def test_an_unknown_code_says_how_codes_look() -> None:
    with pytest.raises(Exception, match=r"32\.73"):
        find("99.99")
