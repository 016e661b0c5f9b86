"""Each kind of change, and when it breaks what the task does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from shapes import account, text

from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.drift import changes
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

OWNER = FieldShape(
    name="OwnerId", type="reference", label="Owner", length=18, reference_to=("User",), relationship_name="Owner"
)
READ, INSERT, UPDATE = ({each: ["Phone"]} for each in ("read", "insert", "update"))
UPSERT: dict[str, Any] = {"upsert": ["Name"], "external_id": "Phone"}
DELETE: dict[str, Any] = {"delete": True}
OTHER: dict[str, Any] = {"read": ["Name"]}


def use(given: dict[str, Any] | None) -> ObjectUse | None:
    return None if given is None else ObjectUse.of("account", given)


def drift(before: FieldShape, after: FieldShape | None, used: dict[str, Any] | None) -> tuple[Change, ...]:
    """What changed on an object that has this field and a few others."""
    rest = (text("Name"), OWNER)
    return changes(account(before, *rest), account(*([after] if after else []), *rest), use(used))


def breaks(before: FieldShape, after: FieldShape | None, kind: Kind) -> list[str]:
    """By which of the uses of ``Phone`` the one change of this kind is breaking; it says the field and has advice then alone."""
    hit = []
    for name, used in {"read": READ, "insert": INSERT, "update": UPDATE, "upsert": UPSERT, "other": OTHER}.items():
        (change,) = (each for each in drift(before, after, used) if each.kind is kind)
        assert change.said.startswith("Account.Phone ")
        assert bool(change.advice) is (change.breaking or change.notable)
        assert change.used is (name != "other")
        hit += [name] if change.breaking else []
    (change,) = (each for each in drift(before, after, None) if each.kind is kind)
    assert not change.breaking
    return hit


PHONE = text(external_id=True, id_lookup=True, unique=True)
NUMBER = text(type="double", length=0, precision=18, scale=2)
STATUS = text(type="picklist", picklist=("Open", "Lost"), restricted_picklist=True)
ZONES = replace(STATUS, picklist=tuple(f"Zone {number}" for number in range(101)))
FIFTY = replace(STATUS, picklist=ZONES.picklist[:50])
ALL, WRITES = ["read", "insert", "update", "upsert"], ["insert", "update", "upsert"]


@pytest.mark.parametrize(
    ("before", "after", "kind", "by"),
    [
        (PHONE, None, Kind.FIELD_REMOVED, ALL),
        (PHONE, replace(PHONE, type="date"), Kind.FIELD_RETYPED, ALL),
        (PHONE, replace(PHONE, type="textarea"), Kind.FIELD_RETYPED, []),
        (PHONE, replace(PHONE, type="email"), Kind.FIELD_RETYPED, WRITES),
        (PHONE, replace(PHONE, type="picklist", restricted_picklist=True), Kind.FIELD_RETYPED, WRITES),
        (PHONE, replace(PHONE, type="picklist"), Kind.FIELD_RETYPED, []),
        (PHONE, replace(PHONE, type="multipicklist"), Kind.FIELD_RETYPED, ALL),
        (PHONE, replace(PHONE, type="encryptedstring"), Kind.FIELD_RETYPED, ALL),
        (text(type="textarea"), text(), Kind.FIELD_RETYPED, WRITES),
        (text(type="date"), text(type="datetime"), Kind.FIELD_RETYPED, ALL),
        (NUMBER, replace(NUMBER, type="currency"), Kind.FIELD_RETYPED, []),
        (NUMBER, replace(NUMBER, type="int", scale=0), Kind.FIELD_RETYPED, WRITES),
        (text(type="int", precision=9), replace(NUMBER, precision=18), Kind.FIELD_RETYPED, ["read"]),
        (PHONE, replace(PHONE, length=40), Kind.FIELD_SHORTENED, WRITES),
        (PHONE, replace(PHONE, type="phone", length=40), Kind.FIELD_SHORTENED, WRITES),
        (PHONE, replace(PHONE, length=120), Kind.FIELD_LENGTHENED, []),
        (NUMBER, replace(NUMBER, precision=16), Kind.FIELD_SHORTENED, WRITES),
        (NUMBER, replace(NUMBER, scale=0), Kind.FIELD_SHORTENED, WRITES),
        (NUMBER, replace(NUMBER, scale=4), Kind.FIELD_SHORTENED, WRITES),
        (NUMBER, replace(NUMBER, precision=20, scale=4), Kind.FIELD_LENGTHENED, []),
        (PHONE, replace(PHONE, createable=False), Kind.FIELD_NOT_WRITEABLE, ["insert", "upsert"]),
        (PHONE, replace(PHONE, updateable=False), Kind.FIELD_NOT_WRITEABLE, ["update"]),
        (PHONE, replace(PHONE, createable=False, updateable=False, calculated=True), Kind.FIELD_NOT_WRITEABLE, WRITES),
        (PHONE, replace(PHONE, external_id=False, id_lookup=False), Kind.FIELD_NO_LOOKUP_KEY, ["upsert"]),
        (PHONE, replace(PHONE, nillable=False), Kind.FIELD_MADE_REQUIRED, WRITES),
        (STATUS, replace(STATUS, picklist=("Open",)), Kind.PICKLIST_VALUES_GONE, WRITES),
        (STATUS, replace(STATUS, picklist=("Open",), restricted_picklist=False), Kind.PICKLIST_VALUES_GONE, WRITES),
        (ZONES, replace(ZONES, picklist=ZONES.picklist[5:]), Kind.PICKLIST_VALUES_GONE, []),
        (ZONES, replace(ZONES, picklist=ZONES.picklist[6:]), Kind.PICKLIST_VALUES_GONE, WRITES),
        (FIFTY, replace(FIFTY, picklist=FIFTY.picklist[1:]), Kind.PICKLIST_VALUES_GONE, WRITES),
        (replace(STATUS, restricted_picklist=False), STATUS, Kind.PICKLIST_VALUES_GONE, WRITES),
        (STATUS, replace(STATUS, picklist=("New", "Open", "Lost")), Kind.OTHER, []),
        (PHONE, replace(PHONE, label="Telephone"), Kind.LABEL_CHANGED, []),
        (replace(PHONE, createable=False), PHONE, Kind.OTHER, []),
        (replace(PHONE, nillable=False), PHONE, Kind.OTHER, []),
        (text(), PHONE, Kind.OTHER, []),
        (text(), PHONE, Kind.FIELD_MADE_UNIQUE, []),
    ],
)
def test_field(before: FieldShape, after: FieldShape | None, kind: Kind, by: list[str]) -> None:
    """A change of a field breaks those uses of it that will fail, or read or write something else; to others it is told."""
    assert breaks(before, after, kind) == by


def test_auto_number() -> None:
    """A field that Salesforce numbers from now on takes no value by any right, so none is to be given back."""
    (change,) = drift(PHONE, replace(PHONE, createable=False, updateable=False, auto_number=True), UPDATE)
    assert change.said.endswith("cannot be filled in new records or updated any more, for Salesforce numbers it now")
    assert (change.breaking, change.regain) == (True, "")
    assert change.advice == "Take Account.Phone out of the fields to write."


def test_unique_no_more() -> None:
    """A key that need not be unique any more may break the upsert by it, which is told; nobody else hears of a key."""
    changed = replace(PHONE, unique=False)
    (change,) = drift(PHONE, changed, UPSERT)
    assert (change.kind, change.breaking, change.notable) == (Kind.FIELD_NO_LOOKUP_KEY, False, True)
    assert "may find several records" in change.said
    assert change.advice.startswith("Have Account.Phone marked as Unique again")
    (change,) = drift(PHONE, changed, UPDATE)
    assert (change.kind, change.breaking, change.notable) == (Kind.OTHER, False, False)


@pytest.mark.parametrize(
    ("used", "notable"), [(INSERT, True), (UPDATE, True), (UPSERT, True), (READ, False), (None, False)]
)
def test_made_unique(used: dict[str, Any] | None, notable: bool) -> None:
    """That a written field must be unique from now on is told with what becomes of equal values; to others it is nothing."""
    (change,) = drift(text(external_id=True), text(external_id=True, unique=True), used)
    assert (change.kind, change.breaking, change.notable) == (Kind.FIELD_MADE_UNIQUE, False, notable)
    assert ("a row with a value that another record has is refused" in change.said) is notable
    assert ("no two records get the same value for Account.Phone" in change.advice) is notable


def test_few_of_many_values_gone() -> None:
    """A few of very many values that went are told to who writes the field, with advice, and to nobody else."""
    after = replace(ZONES, picklist=ZONES.picklist[1:])
    assert [(each.notable, bool(each.advice)) for each in drift(ZONES, after, UPDATE)] == [(True, True)]
    assert [(each.notable, bool(each.advice)) for each in drift(ZONES, after, READ)] == [(False, False)]


def test_unrestricted_picklist() -> None:
    """Values that went break who writes the field, restricted or not; that Salesforce takes them all the same is said."""
    free = replace(STATUS, restricted_picklist=False)
    (change,) = drift(free, replace(free, picklist=("Open",)), UPDATE)
    assert (change.kind, change.breaking) == (Kind.PICKLIST_VALUES_GONE, True)
    assert change.said.endswith("it has 'Open'; Salesforce takes others all the same, as it is not restricted")


@pytest.mark.parametrize(
    ("used", "breaking"),
    [
        ({"insert": ["Name"]}, True),
        ({"insert": True}, True),
        ({"upsert": ["Name"], "external_id": "Id"}, True),
        ({"update": ["Name"]}, False),
        ({"read": ["Phone"]}, False),
        (DELETE, False),
        (None, False),
    ],
)
@pytest.mark.parametrize("new", [True, False])
def test_required_and_not_filled(used: dict[str, Any] | None, breaking: bool, new: bool) -> None:
    """A field that is required from now on breaks a task that makes new records without it, be the field new or not."""
    rest = text("Name")
    before = account(rest) if new else account(rest, text())
    required = [
        each
        for each in changes(before, account(rest, text(nillable=False)), use(used))
        if each.kind is Kind.FIELD_MADE_REQUIRED
    ]
    assert [each.breaking for each in required] == [breaking]
    assert required[0].advice.startswith("Map a value to Account.Phone for new records") is breaking


@pytest.mark.parametrize("other", [{"defaulted": True}, {"createable": False}, {"type": "boolean"}])
def test_not_required(other: dict[str, Any]) -> None:
    """A field that is filled by itself, or by nobody, is not required."""
    after = account(text("Name"), text(nillable=False, **other))
    found = changes(account(text("Name")), after, use({"insert": ["Name"]}))
    assert [each.kind for each in found] == [Kind.FIELD_ADDED]


@pytest.mark.parametrize("used", [{"insert": ["Name", "Phone"]}, {"update": ["Phone"]}])
def test_right_to_create_given(used: dict[str, Any]) -> None:
    """A mandatory field that the user may fill in from now on is no more required than before."""
    fields = text("Name", nillable=False), text(nillable=False)
    before = account(*(replace(each, createable=False) for each in fields), createable=False)
    assert {each.kind for each in changes(before, account(*fields), use(used))} == {Kind.OTHER}
    assert {each.kind for each in changes(account(*fields), before, use(used))} >= {Kind.FIELD_NOT_WRITEABLE}
    assert not any("not required" in each.said for each in changes(account(*fields), before, use(used)))


def test_no_number_any_more() -> None:
    """A field that Salesforce numbered needs a value from then on."""
    numbered = text("Number__c", nillable=False, createable=False, updateable=False, auto_number=True)
    found = changes(account(numbered), account(text("Number__c", nillable=False)), use({"insert": ["Name"]}))
    assert [each.kind for each in found if each.breaking] == [Kind.FIELD_MADE_REQUIRED]


def test_new_field_that_the_mapping_knows() -> None:
    """A new required field that the task fills already is no obstacle to it."""
    after = account(text("Name"), text(nillable=False))
    (change,) = changes(account(text("Name")), after, use({"insert": ["Name", "Phone"]}))
    assert (change.kind, change.used, change.breaking) == (Kind.FIELD_ADDED, True, False)


@pytest.mark.parametrize(
    ("used", "path", "plain"),
    [
        ({"read": ["owner.Name"]}, True, True),
        ({"read": ["OwnerId"]}, False, True),
        ({"insert": ["Owner:User.Code__c"]}, True, True),
        (OTHER, False, False),
    ],
)
def test_lookup(used: dict[str, Any], path: bool, plain: bool) -> None:
    """A lookup is used by its own name or by a path over it; a new name of the relationship breaks the path alone."""
    before = account(OWNER)
    (renamed,) = changes(before, account(replace(OWNER, relationship_name="Keeper")), use(used))
    assert (renamed.kind, renamed.breaking, renamed.guess) == (Kind.FIELD_RENAMED, path, "Keeper")
    (cut,) = changes(before, account(replace(OWNER, relationship_name=None)), use(used))
    assert (cut.kind, cut.breaking) == (Kind.FIELD_RETYPED, path)
    (turned,) = changes(before, account(replace(OWNER, reference_to=("Group",))), use(used))
    assert (turned.kind, turned.breaking) == (Kind.FIELD_RETYPED, plain)
    both = account(replace(OWNER, reference_to=("User", "Group")))
    (more,) = changes(before, both, use(used))
    assert (more.kind, more.breaking, more.said) == (Kind.OTHER, False, "Account.OwnerId refers to 'Group' too")
    (less,) = changes(both, before, use(used))
    assert (less.kind, less.breaking, less.said) == (Kind.OTHER, False, "Account.OwnerId refers to 'Group' no more")
    (removed,) = changes(before, account(), use(used))
    assert (removed.kind, removed.breaking) == (Kind.FIELD_REMOVED, plain)


@pytest.mark.parametrize(
    ("used", "breaking"),
    [
        ({"insert": ["Owner:Group.Code__c"]}, True),
        ({"update": ["Owner:User.Code__c"]}, False),
        ({"insert": ["OwnerId"]}, False),
        ({"read": ["Owner:Group.Code__c".replace(":Group", "")]}, False),
    ],
)
def test_target_that_is_written(used: dict[str, Any], breaking: bool) -> None:
    """One target of several that went breaks who writes parents of just that object."""
    both = account(replace(OWNER, reference_to=("User", "Group")))
    (change,) = changes(both, account(OWNER), use(used))
    assert (change.kind, change.breaking) == (Kind.FIELD_RETYPED if breaking else Kind.OTHER, breaking)
    assert change.advice == ("Write no parents of 'Group' to Account.OwnerId." if breaking else "")


@pytest.mark.parametrize(
    ("flag", "by"),
    [
        ("queryable", [READ, {"delete": False}]),
        ("createable", [INSERT, UPSERT]),
        ("updateable", [UPDATE, UPSERT]),
        ("deletable", [DELETE, {"hard_delete": True}]),
    ],
)
def test_object_right(flag: str, by: list[dict[str, Any]]) -> None:
    """A right on the object that is gone breaks the operations that take it, and none other."""
    before, after = account(text(), text("Name")), account(text(), text("Name"), **{flag: False})
    for used in (READ, INSERT, UPDATE, UPSERT, DELETE, {"hard_delete": True}, {"delete": False}):
        (change,) = changes(before, after, use(used))
        assert (change.kind, change.breaking) == (Kind.OBJECT_RIGHT_GONE, used in by)
    (change,) = changes(after, before, use(READ))
    assert (change.kind, change.breaking) == (Kind.OTHER, False)


@pytest.mark.parametrize(("used", "breaking"), [(READ, True), (DELETE, True), (None, False)])
def test_object_gone(used: dict[str, Any] | None, breaking: bool) -> None:
    """An object that is not there any more breaks each task that does something with it."""
    (change,) = changes(account(text()), None, use(used))
    assert (change.kind, change.breaking, change.used) == (Kind.OBJECT_GONE, breaking, breaking)
    assert change.said == "Account is not there any more: deleted, renamed, or hidden from this user"


TYPES: dict[str, Any] = {
    "record_types": {"Retail": True, "Trade": True},
    "record_type_labels": {"Retail": "Retail trade", "Trade": "Trade"},
}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"record_types": {"Trade": True}}, "is not there any more"),
        ({"record_types": {"Retail": False, "Trade": True}}, "is not available to this user any more"),
    ],
)
@pytest.mark.parametrize(("named", "breaking"), [("Retail", True), ("retail TRADE", True), ("Trade", False)])
def test_record_type(after: dict[str, Any], words: str, named: str, breaking: bool) -> None:
    """A record type that went, or went from the user, breaks the task that names it by developer name or label."""
    used = use({"insert": True, "record_types": [named]})
    (change,) = changes(account(**TYPES), account(**{**TYPES, **after}), used)
    assert (change.kind, change.breaking) == (Kind.RECORD_TYPE_GONE, breaking)
    assert change.said == f"The record type 'Retail' of Account {words}"
    (back,) = changes(account(**{**TYPES, **after}), account(**TYPES), used)
    assert (back.kind, back.breaking) == (Kind.OTHER, False)


def test_record_type_of_another_label() -> None:
    """A record type that is named by a label which it has no more is told with its new one."""
    labelled = account(**{**TYPES, "record_type_labels": {"Retail": "Shops", "Trade": "Trade"}})
    (change,) = changes(account(**TYPES), labelled, use({"insert": True, "record_types": ["Retail trade"]}))
    assert (change.breaking, change.said) == (True, "The record type 'Retail' of Account is labelled 'Shops' now")
    assert changes(account(**TYPES), labelled, use({"insert": True, "record_types": ["Retail"]})) == ()


@pytest.mark.parametrize(
    ("news", "guess"),
    [
        ([text("Telephone__c", label="Phone")], "Telephone__c"),
        ([text("Phone_Number__c", label="Number")], "Phone_Number__c"),
        ([text("Zzz__c", label="phone"), text("Phone2__c", label="Second")], "Zzz__c"),
        ([text("Zzz__c", label="Phone"), text("Phone2__c", label="Phone")], "Phone2__c"),
        ([text("Telephone", label="Phone")], None),
        ([text("Telephone__c", label="Phone", type="email")], None),
        ([text("Fax__c", label="Fax")], None),
        ([text("Other__c", label="")], None),
    ],
)
def test_renamed(news: list[FieldShape], guess: str | None) -> None:
    """A field that went may be a new one of its type and label, or nearly its name; that is said as a guess. Of Salesforce's own
    fields none is renamed, nor the new name of another.
    """
    found = changes(account(text("Phone__c", label="Phone")), account(*news), use({"read": ["Phone__c"]}))
    assert (found[0].kind, found[0].guess) == (Kind.FIELD_RENAMED if guess else Kind.FIELD_REMOVED, guess)
    assert found[0].breaking
    assert ("(a guess)" in found[0].said) is (guess is not None)
    assert [each.field for each in found[1:]] == [each.name for each in news]
    assert changes(account(text()), account(*news), use(READ))[0].guess is None


@pytest.mark.parametrize(
    ("used", "hops"),
    [(["Account__r.Name", "Account__c"], ", with Acct__r for Account__r in paths"), (["Account__c"], "")],
)
def test_renamed_lookup(used: list[str], hops: str) -> None:
    """Where paths go over a lookup, the advice has the new name of the relationship too."""
    old = FieldShape(name="Account__c", type="reference", label="Account", reference_to=("Account",))
    before, after = (
        account(replace(old, name=f"{name}__c", relationship_name=f"{name}__r")) for name in ("Account", "Acct")
    )
    change = changes(before, after, use({"read": used}))[0]
    assert change.guess == "Acct__c"
    assert change.advice == (
        f"Look whether Acct__c ('Account') took the place of Account.Account__c, and map it instead{hops}; else take Account.Account__c "
        "out of the mapping."
    )


CODE = text("ERP_Id__c", label="ERP Id", external_id=True)


@pytest.mark.parametrize(
    ("news", "guess"),
    [
        ([text("ERP_Number__c", label="ERP Number", external_id=True), text("Fax")], "ERP_Number__c"),
        ([text("acme__ERP_Number__c", label="ERP Number", external_id=True)], "acme__ERP_Number__c"),
        ([replace(CODE, name=name, label=name) for name in ("ERP_Number__c", "ERP_Key__c")], None),
        ([text("ERP_Number__c", label="ERP Number")], None),
        ([text("ERP_Number__c", label="ERP Number", external_id=True, length=20)], None),
        ([text("SAP_Number__c", label="SAP Number", external_id=True)], None),
    ],
)
def test_renamed_with_its_label(news: list[FieldShape], guess: str | None) -> None:
    """Under another label and name too, where one field alone came that begins alike and is like it in all else."""
    read = use({"read": ["ERP_Id__c"]})
    found = changes(account(CODE), account(*news), read)[0]
    assert (found.field, found.guess) == ("ERP_Id__c", guess)
    assert changes(account(CODE).only(["ERP_Id__c"]), account(*news), read)[0].guess is None


def test_renamed_once() -> None:
    """One new field is guessed for one removed one, the likelier."""
    before = account(text("Fax__c", label="Line"), text("Phone__c", label="Line"))
    found = changes(before, account(text("Phone_No__c", label="Line")), None)
    assert {each.field: each.guess for each in found} == {
        "Phone__c": "Phone_No__c",
        "Fax__c": None,
        "Phone_No__c": None,
    }


def test_order_and_words() -> None:
    """What breaks comes first, then what is used; a change says what it is and was, and what to do, in plain words."""
    before = account(text("Name"), text(), text("Fax"))
    after = account(text("Name", label="Title"), text(length=40), text("Fax", label="Telefax"))
    found = changes(before, after, use({"read": ["NAME"], "insert": ["phone"]}))
    assert [each.field for each in found] == ["Phone", "Name", "Fax"]
    assert found[0].said == "Account.Phone takes 40 characters, and took 80 characters"
    assert found[0].advice == (
        "Cut or round the values for Account.Phone to 40 characters in the mapping, or have the field widened again."
    )


def test_values_are_told() -> None:
    """Numbers are told by their digits, and of many values the first few."""
    (change,) = drift(NUMBER, replace(NUMBER, scale=4), INSERT)
    assert change.said == (
        "Account.Phone takes 14 digits before the point and 4 behind it, and took 16 digits before the point and 2 behind it"
    )
    values = tuple(f"V{each}" for each in range(8))
    (change,) = drift(replace(STATUS, picklist=values), replace(STATUS, picklist=("V0",)), INSERT)
    assert change.said == "Account.Phone has no value 'V1', 'V2', 'V3', 'V4', 'V5' and 2 more any more; it has 'V0'"


def test_same() -> None:
    """Nothing changed between equal shapes, nor where names are spelled in another case."""
    before = account(text(), OWNER)
    assert changes(before, account(text(), OWNER), use(READ)) == ()
    assert changes(before, account(text("PHONE", label="Phone"), OWNER), use(READ)) == ()


def test_partial() -> None:
    """Against a part of a shape the org's other fields are no news, but one that is required from now on."""
    whole = account(text(), text("Name"), text("Code__c", nillable=False))
    part = whole.only(["Name", "Code__c"])
    assert changes(part, whole, use({"insert": ["Name"]})) == ()
    (change,) = changes(
        part, account(text(nillable=False), *whole.only(["Name", "Code__c"]).fields.values()), use({"insert": ["Name"]})
    )
    assert (change.kind, change.field, change.breaking) == (Kind.FIELD_MADE_REQUIRED, "Phone", True)
    assert change.said == "Account.Phone is required now"  # a part does not tell whether it was there


@pytest.mark.parametrize("used", [READ, {"update": ["Name"]}, DELETE])
def test_partial_for_a_task_that_makes_no_records(used: dict[str, Any]) -> None:
    """Its part lacks what new records need, and always did: that is no news to it."""
    whole = account(text(), text("Name"), text("Code__c", nillable=False))
    asked = ObjectUse.of("Account", used)
    assert changes(whole.only(asked.fields), whole, asked) == ()


@pytest.mark.parametrize(("name", "guess"), [("Phone_Number__c", "Phone_Number__c"), ("Phonix__c", None)])
def test_renamed_in_part(name: str, guess: str | None) -> None:
    """Where it is not known which fields are new, the names must be more alike to be guessed."""
    before, after = account(text("Phone__c", label="Phone")), account(text(name, label="Number"))
    read = use({"read": ["Phone__c"]})
    assert changes(before.only(["Phone__c"]), after, read)[0].guess == guess
    assert changes(before, after, read)[0].guess == name


def test_shape_of_a_part() -> None:
    """A part of a shape has the fields that names and paths begin with, and knows that it is a part."""
    whole = account(text(), text("Name"), OWNER, **TYPES)
    part = whole.only(["owner.Profile.Name", "NAME", "Nothing"], ["retail trade"])
    assert isinstance(part, ObjectShape)
    assert (list(part.fields), dict(part.record_types), part.partial) == (["OwnerId", "Name"], {"Retail": True}, True)
