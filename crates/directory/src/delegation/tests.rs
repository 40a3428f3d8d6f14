use super::*;

fn day(text: &str) -> NaiveDate {
    types::date::parse_iso(text).unwrap()
}

fn days(start: &str, end: &str) -> Validity {
    Validity::new(day(start), Some(day(end))).unwrap()
}

fn giver() -> Position {
    Position {
        key: PositionKey {
            unit: UnitId::new("huyen-minh-long").unwrap(),
            id: "chu-tich".into(),
        },
        user: UserId::new("chu-tich").unwrap(),
        holder: "Chủ tịch".into(),
        title: "Chủ tịch".into(),
        is_head: true,
        can_sign: true,
        form: Some(SigningForm::Tm),
        signing_lines: vec!["TM. ỦY BAN NHÂN DÂN".into(), "CHỦ TỊCH".into()],
        validity: days("2022-01-01", "2023-01-01"),
        end_reason: String::new(),
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn new(form: SigningForm, validity: Validity) -> CreateDelegation {
    CreateDelegation {
        key: DelegationKey {
            giver: giver().key,
            id: "chanh-van-phong".into(),
        },
        user: UserId::new("chanh-van-phong").unwrap(),
        title: "Chánh Văn phòng".into(),
        form,
        document_number: "15/GUQ-UBND".into(),
        document_date: validity.start(),
        validity,
        reason: "đi công tác".into(),
    }
}

fn given(validity: Validity, revoked: Option<&str>) -> Delegation {
    let new = new(SigningForm::Tuq, validity);
    Delegation {
        key: new.key,
        user: new.user,
        display_name: "Chánh Văn phòng".into(),
        title: new.title,
        form: new.form,
        document_number: new.document_number,
        document_date: new.document_date,
        validity: new.validity,
        reason: new.reason,
        revocation: revoked.map(|it| (day(it), "về sớm".into())),
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn code(refused: Result<()>) -> &'static str {
    match refused.unwrap_err() {
        Error::Rule(reason, _) => reason.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_signs_in_his_own_right_delegates_while_he_holds_his_post() {
    let june = days("2022-06-01", "2022-07-01");
    for form in [SigningForm::Tuq, SigningForm::Kt, SigningForm::Tl] {
        may_give(&giver(), &new(form, june)).unwrap();
    }
    let late = new(SigningForm::Tuq, days("2022-12-01", "2023-01-02"));
    assert_eq!(code(may_give(&giver(), &late)), "GIVER_NOT_IN_FORCE");
    let early = new(SigningForm::Tuq, days("2021-12-31", "2022-02-01"));
    assert_eq!(code(may_give(&giver(), &early)), "GIVER_NOT_IN_FORCE");
}

#[test]
fn a_right_that_was_given_is_never_passed_on() {
    let june = days("2022-06-01", "2022-07-01");
    for form in [SigningForm::Tuq, SigningForm::Kt, SigningForm::Tl] {
        let deputy = Position {
            form: Some(form),
            ..giver()
        };
        let refused = may_give(&deputy, &new(SigningForm::Tuq, june));
        assert_eq!(code(refused), "NOT_PASSED_ON");
    }
    let clerk = Position {
        can_sign: false,
        ..giver()
    };
    let refused = may_give(&clerk, &new(SigningForm::Tuq, june));
    assert_eq!(code(refused), "GIVER_DOES_NOT_SIGN");
}

#[test]
fn only_a_head_lets_a_deputy_stand_in_or_orders_to_sign_and_nobody_delegates_to_himself() {
    let june = days("2022-06-01", "2022-07-01");
    let not_head = Position {
        is_head: false,
        ..giver()
    };
    may_give(&not_head, &new(SigningForm::Tuq, june)).unwrap();
    let refused = may_give(&not_head, &new(SigningForm::Tl, june));
    assert_eq!(code(refused), "GIVER_NOT_HEAD");
    let own = CreateDelegation {
        user: giver().user,
        ..new(SigningForm::Tuq, june)
    };
    assert_eq!(code(may_give(&giver(), &own)), "SELF_DELEGATION");
}

#[test]
fn a_delegation_counts_until_its_end_its_revocation_or_the_end_of_the_post() {
    let june = days("2022-06-01", "2022-07-01");
    assert_eq!(given(june, None).days(&giver()), Some(june));
    let revoked = given(june, Some("2022-06-10"));
    assert_eq!(
        revoked.days(&giver()),
        Some(days("2022-06-01", "2022-06-10"))
    );
    // Revoked on its first day, it never counted.
    assert_eq!(given(june, Some("2022-06-01")).days(&giver()), None);
    let left = Position {
        validity: days("2022-01-01", "2022-06-05"),
        ..giver()
    };
    let until = days("2022-06-01", "2022-06-05");
    assert_eq!(given(june, None).days(&left), Some(until));
}

#[test]
fn two_delegations_to_one_person_do_not_overlap_unless_the_first_was_revoked() {
    let june = days("2022-06-01", "2022-07-01");
    let again = new(SigningForm::Tuq, days("2022-06-15", "2022-07-15"));
    let refused = not_twice(&giver(), &again, &[given(june, None)]);
    assert_eq!(code(refused), "DELEGATED_ALREADY");
    not_twice(&giver(), &again, &[given(june, Some("2022-06-15"))]).unwrap();
    let next = new(SigningForm::Tuq, days("2022-07-01", "2022-08-01"));
    not_twice(&giver(), &next, &[given(june, None)]).unwrap();
}

#[test]
fn what_is_over_or_revoked_is_not_revoked() {
    let june = days("2022-06-01", "2022-07-01");
    still_stands(&given(june, None), day("2022-06-30")).unwrap();
    for (given, today) in [
        (given(june, None), "2022-07-01"),
        (given(june, Some("2022-06-10")), "2022-06-11"),
    ] {
        let refused = still_stands(&given, day(today));
        assert_eq!(code(refused), "STATE_NOT_ALLOWED");
    }
}
