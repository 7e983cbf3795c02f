"""From a sent form to an order: every input of an act, parsed by its kind; errors by field, nothing lost."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from app.kernel.dates import BadDate, parse_date
from app.kernel.money import BadAmount, parse_rupiah
from app.services.ui.i18n import _
from app.services.workflow.process import Field, Order, Refusal, Refused, Transition

LONGEST_REASON = 4_000
MOST_DIGITS = 12


def read_order(transition: Transition | None, form: Mapping[str, str], subject: Any) -> Order:
    """The order that a form asks for; an act that is not possible any more has no fields, `act` will say so.

    Raises:
        Refused: one refusal for each bad input; its code is the name of the input.
    """
    problems: list[Refusal] = []
    values: dict[str, Any] = {}
    for field in transition.fields if transition else ():
        try:
            values[field.name] = _value(field, form.get(field.name, "").strip(), subject)
        except Refused as refused:
            problems.extend(refused.refusals)
    order = Order(
        reason=form.get("reason", "").strip(), reason_code=form.get("reason_code", ""), values=values,
        key=form.get("key", "")[:64],
    )  # fmt: skip
    if len(order.reason) > LONGEST_REASON:
        problems.append(Refusal("reason", _("Paling banyak %(most)s huruf.", most=LONGEST_REASON)))
    try:
        order = replace(order, happened_on=_day("happened_on", form.get("happened_on", "").strip()))
    except Refused as refused:
        problems.extend(refused.refusals)
    if problems:
        raise Refused(*problems)
    return order


def _value(field: Field, text: str, subject: Any) -> Any:
    if not text:
        if field.required:
            raise Refused(Refusal(field.name, _("Isian ini wajib.")))
        return None
    if field.options is not None and text not in {value for value, _label in field.options(subject)}:
        raise Refused(Refusal(field.name, _("Pilih salah satu dari daftar.")))
    return PARSERS.get(field.kind, _text)(field.name, text)


def _text(name: str, text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise Refused(Refusal(name, _("Paling banyak %(most)s huruf.", most=LONGEST_REASON)))
    return text


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Refused(Refusal(name, _("Tulis bilangan bulat.")))
    return int(text)


def _amount(name: str, text: str) -> int:
    try:
        amount = parse_rupiah(text)
    except BadAmount as error:
        raise Refused(Refusal(name, str(error))) from error
    if amount < 0:
        raise Refused(Refusal(name, _("Jumlah tidak boleh kurang dari nol.")))
    return amount


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return parse_date(text)
    except BadDate as error:
        raise Refused(Refusal(name, str(error))) from error


PARSERS: Mapping[str, Callable[[str, str], Any]] = {"rupiah": _amount, "tanggal": _day, "bilangan": _whole}
