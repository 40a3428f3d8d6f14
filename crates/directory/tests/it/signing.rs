//! Who may sign for a unit, by a post or by a delegation from one.

use proto::directory::{self as pb, signing_service_client::SigningServiceClient};
use testkit::{Person, World};
use tonic::{Code, Status};

use crate::{
    positions::{create as create_position, end as end_position, post, validity, violations},
    refresh::reason,
    sign_out::{suspend, user},
};

const UNIT: &str = "huyen-minh-long";
const CHAIRMAN: &str = "units/huyen-minh-long/positions/chu-tich";

struct Stage {
    world: World,
    chairman: pb::Position,
    deputy: pb::Position,
    chief: Person,
}

impl Stage {
    /// A chairman, a deputy who signs for him, a clerk, and a chief of office without a post.
    async fn new() -> Self {
        let world = World::new().await;
        let head = world.person("chu-tich", "leader", UNIT).await;
        let second = world.person("pho-chu-tich", "leader", UNIT).await;
        let chief = world.person("chanh-van-phong", "leader", UNIT).await;
        let chairman = pb::Position {
            is_head: true,
            can_sign: true,
            signing_form: pb::SigningForm::Tm.into(),
            ..post(&head, "Chủ tịch")
        };
        let deputy = pb::Position {
            can_sign: true,
            signing_form: pb::SigningForm::Kt.into(),
            ..post(&second, "Phó Chủ tịch")
        };
        let chairman = create_position(&world, UNIT, "chu-tich", chairman).await;
        let deputy = create_position(&world, UNIT, "pho-chu-tich", deputy).await;
        let clerk = post(&chief, "Chánh Văn phòng");
        create_position(&world, UNIT, "chanh-van-phong", clerk)
            .await
            .unwrap();
        Self {
            chairman: chairman.unwrap(),
            deputy: deputy.unwrap(),
            chief,
            world,
        }
    }

    fn delegation(&self, start: &str, end: &str) -> pb::SigningDelegation {
        pb::SigningDelegation {
            user: self.chief.name.clone(),
            title: "Chánh Văn phòng".into(),
            document_number: "15/GUQ-UBND".into(),
            document_date: "2022-06-01".into(),
            validity: validity(start, end),
            reason: "Chủ tịch đi công tác".into(),
            ..Default::default()
        }
    }

    async fn give(
        &self,
        parent: &str,
        id: &str,
        delegation: pb::SigningDelegation,
    ) -> Result<pb::SigningDelegation, Status> {
        let create = pb::CreateSigningDelegationRequest {
            parent: parent.into(),
            delegation: Some(delegation),
            delegation_id: id.into(),
            ..Default::default()
        };
        let ask = self.world.administrator.ask(create);
        let given = self.signing().create_signing_delegation(ask).await?;
        Ok(given.into_inner())
    }

    async fn revoke(
        &self,
        by: &Person,
        delegation: &pb::SigningDelegation,
    ) -> Result<pb::SigningDelegation, Status> {
        let revoke = pb::RevokeSigningDelegationRequest {
            name: delegation.name.clone(),
            reason: "về sớm".into(),
            etag: delegation.etag.clone(),
            ..Default::default()
        };
        let ask = by.ask(revoke);
        Ok(self
            .signing()
            .revoke_signing_delegation(ask)
            .await?
            .into_inner())
    }

    async fn signers(&self, day: &str) -> Vec<pb::Signer> {
        let list = pb::ListSignersRequest {
            unit: format!("units/{UNIT}"),
            as_of_date: day.into(),
            ..Default::default()
        };
        let ask = self.world.administrator.ask(list);
        let listed = self.signing().list_signers(ask).await.unwrap();
        listed.into_inner().signers
    }

    async fn delegations(&self, parent: &str, day: &str) -> Vec<String> {
        let list = pb::ListSigningDelegationsRequest {
            parent: parent.into(),
            as_of_date: day.into(),
            ..Default::default()
        };
        let ask = self.world.administrator.ask(list);
        let listed = self.signing().list_signing_delegations(ask).await.unwrap();
        let delegations = listed.into_inner().delegations.into_iter();
        delegations.map(|it| it.name).collect()
    }

    fn signing(&self) -> SigningServiceClient<kit::Peer> {
        SigningServiceClient::new(self.world.directory())
    }
}

fn names(signers: &[pb::Signer]) -> Vec<&str> {
    let last = signers.iter().map(|it| it.name.rsplit('/').next().unwrap());
    last.collect()
}

/// The story: the deputy is suspended in the morning of 24 June.
#[tokio::test]
async fn who_is_suspended_signs_nothing_and_what_he_signed_before_was_his_to_sign() {
    let mut stage = Stage::new().await;
    let deputy = user(&stage.world, &stage.deputy.user).await;
    let before = stage.signers("2022-06-23").await;
    assert_eq!(names(&before), ["chu-tich", "pho-chu-tich"]);
    suspend(&stage.world, &stage.world.administrator, &deputy)
        .await
        .unwrap();
    for day in ["", "2022-06-24", "2022-07-01"] {
        assert_eq!(names(&stage.signers(day).await), ["chu-tich"], "{day}");
    }
    assert_eq!(stage.signers("2022-06-23").await, before);
    let days = chrono::Duration::days(2);
    stage.world.clock.set(stage.world.clock.now() + days);
    stage.world.sign_in_again().await;
    for (day, expected) in [("2022-06-23", 2), ("2022-06-24", 2), ("2022-06-25", 1)] {
        assert_eq!(stage.signers(day).await.len(), expected, "{day}");
    }
}

#[tokio::test]
async fn who_may_sign_on_a_day_are_posts_that_sign_and_delegations_in_force() {
    let stage = Stage::new().await;
    let given = stage
        .give(
            CHAIRMAN,
            "di-cong-tac",
            stage.delegation("2022-06-10", "2022-07-01"),
        )
        .await
        .unwrap();
    assert_eq!(given.signing_form(), pb::SigningForm::Tuq);
    assert_eq!(given.signing_lines, ["TUQ. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"]);
    assert_eq!(
        names(&stage.signers("2022-06-09").await),
        ["chu-tich", "pho-chu-tich"]
    );
    let signers = stage.signers("2022-06-30").await;
    assert_eq!(names(&signers), ["chu-tich", "di-cong-tac", "pho-chu-tich"]);
    assert_eq!(
        names(&stage.signers("2022-07-01").await),
        ["chu-tich", "pho-chu-tich"]
    );
    let [chairman, delegate, deputy] = signers.as_slice() else {
        panic!("{signers:?}");
    };
    assert_eq!(chairman.signing_lines, ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]);
    assert_eq!(chairman.document_number, "");
    let lines = ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"];
    assert_eq!(deputy.signing_lines, lines);
    assert_eq!(deputy.signing_form(), pb::SigningForm::Kt);
    assert_eq!(delegate.name, given.name);
    assert_eq!(delegate.user, stage.chief.name);
    assert_eq!(delegate.signing_lines, given.signing_lines);
    assert_eq!(delegate.document_number, "15/GUQ-UBND");
    assert_eq!(delegate.document_date, "2022-06-01");
    assert_eq!(delegate.validity, validity("2022-06-10", "2022-07-01"));
    // The list goes on from page to page.
    let mut list = pb::ListSignersRequest {
        unit: format!("units/{UNIT}"),
        page_size: 2,
        ..Default::default()
    };
    let ask = stage.world.administrator.ask(list.clone());
    let first = stage
        .signing()
        .list_signers(ask)
        .await
        .unwrap()
        .into_inner();
    list.page_token = first.next_page_token;
    let ask = stage.world.administrator.ask(list);
    let rest = stage
        .signing()
        .list_signers(ask)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(names(&first.signers), ["chu-tich", "di-cong-tac"]);
    assert_eq!(names(&rest.signers), ["pho-chu-tich"]);
    assert_eq!(rest.next_page_token, "");
}

#[tokio::test]
async fn a_delegation_ends_when_it_is_revoked_and_when_the_post_ends() {
    let stage = Stage::new().await;
    let june = || stage.delegation("2022-06-10", "2022-07-01");
    let first = stage.give(CHAIRMAN, "mot", june()).await.unwrap();
    let refused = stage.revoke(&stage.chief, &first).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let administrator = &stage.world.administrator;
    let revoked = stage.revoke(administrator, &first).await.unwrap();
    // The world stands on 24 June.
    assert_eq!(revoked.revoke_date, "2022-06-24");
    assert_eq!(revoked.revoke_reason, "về sớm");
    let stale = stage.revoke(administrator, &first).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let twice = stage.revoke(administrator, &revoked).await.unwrap_err();
    assert_eq!(reason(&twice), "STATE_NOT_ALLOWED");
    let all = "units/huyen-minh-long/positions/-";
    assert_eq!(
        stage.delegations(all, "2022-06-23").await,
        std::slice::from_ref(&first.name)
    );
    assert!(stage.delegations(all, "2022-06-24").await.is_empty());
    let get = pb::GetSigningDelegationRequest {
        name: first.name.clone(),
    };
    let kept = stage
        .signing()
        .get_signing_delegation(stage.chief.ask(get))
        .await;
    assert_eq!(kept.unwrap().into_inner(), revoked);

    let second = stage.delegation("2022-06-24", "2022-12-31");
    let second = stage.give(CHAIRMAN, "hai", second).await.unwrap();
    assert_eq!(
        stage.delegations(CHAIRMAN, "2022-08-01").await,
        [second.name]
    );
    end_position(&stage.world, administrator, &stage.chairman, "2022-07-15")
        .await
        .unwrap();
    assert_eq!(stage.delegations(CHAIRMAN, "2022-07-14").await.len(), 1);
    assert!(stage.delegations(CHAIRMAN, "2022-07-15").await.is_empty());
    assert_eq!(names(&stage.signers("2022-07-15").await), ["pho-chu-tich"]);
}

#[tokio::test]
async fn a_right_to_sign_is_never_passed_on_nor_given_beyond_one_s_own() {
    let stage = Stage::new().await;
    let june = || stage.delegation("2022-06-10", "2022-07-01");
    // The deputy signs for the chairman; what he was given he does not give on.
    let refused = stage.give(&stage.deputy.name, "x", june()).await;
    assert_eq!(reason(&refused.unwrap_err()), "NOT_PASSED_ON");
    let clerk = "units/huyen-minh-long/positions/chanh-van-phong";
    let refused = stage.give(clerk, "x", june()).await;
    assert_eq!(reason(&refused.unwrap_err()), "GIVER_DOES_NOT_SIGN");
    // Nor is a delegation a post that could give anything.
    let given = stage.give(CHAIRMAN, "mot", june()).await.unwrap();
    let refused = stage.give(&given.name, "x", june()).await.unwrap_err();
    assert_eq!(violations(&refused)[0].0, "parent");
    let own = pb::SigningDelegation {
        user: stage.chairman.user.clone(),
        ..june()
    };
    let refused = stage.give(CHAIRMAN, "x", own).await;
    assert_eq!(reason(&refused.unwrap_err()), "SELF_DELEGATION");
    let twice = stage.delegation("2022-06-30", "2022-08-01");
    let refused = stage.give(CHAIRMAN, "x", twice).await;
    assert_eq!(reason(&refused.unwrap_err()), "DELEGATED_ALREADY");
    let next = stage.delegation("2022-07-01", "2022-08-01");
    stage.give(CHAIRMAN, "hai", next).await.unwrap();
    let administrator = &stage.world.administrator;
    end_position(&stage.world, administrator, &stage.chairman, "2022-09-01")
        .await
        .unwrap();
    let late = stage.delegation("2022-08-15", "2022-09-02");
    let refused = stage.give(CHAIRMAN, "x", late).await;
    assert_eq!(reason(&refused.unwrap_err()), "GIVER_NOT_IN_FORCE");
}

#[tokio::test]
async fn a_delegation_needs_its_document_and_an_end_and_tells_every_bad_field() {
    let stage = Stage::new().await;
    let bad = pb::SigningDelegation {
        signing_form: pb::SigningForm::Tm.into(),
        document_number: String::new(),
        document_date: "2022-06-11".into(),
        reason: String::new(),
        ..stage.delegation("2022-06-10", "")
    };
    let refused = stage.give("", "X", bad).await.unwrap_err();
    let fields: Vec<_> = violations(&refused).into_iter().map(|it| it.0).collect();
    let expected = [
        "parent",
        "delegation_id",
        "delegation.signing_form",
        "delegation.document_number",
        "delegation.validity.end_date",
        "delegation.document_date",
        "delegation.reason",
    ];
    assert_eq!(fields, expected);
    let nobody = pb::SigningDelegation {
        user: "users/khong-co".into(),
        ..stage.delegation("2022-06-10", "2022-07-01")
    };
    let refused = stage.give(CHAIRMAN, "x", nobody).await.unwrap_err();
    assert_eq!(violations(&refused)[0].0, "delegation.user");
    let nowhere = "units/huyen-minh-long/positions/khong-co";
    let june = stage.delegation("2022-06-10", "2022-07-01");
    let missing = stage.give(nowhere, "x", june).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
}

#[tokio::test]
async fn a_deputy_may_stand_in_for_a_head_and_a_repeated_call_gives_once() {
    let stage = Stage::new().await;
    let standing_in = pb::SigningDelegation {
        signing_form: pb::SigningForm::Kt.into(),
        title: "Phó Chủ tịch".into(),
        ..stage.delegation("2022-06-10", "2022-07-01")
    };
    let create = pb::CreateSigningDelegationRequest {
        parent: CHAIRMAN.into(),
        delegation: Some(standing_in),
        delegation_id: "ky-thay".into(),
        request_id: "0b0e7f9c-6a3f-4c52-9f6f-0d5a1e2b3c4d".into(),
    };
    let mut answers = Vec::new();
    for _ in 0..2 {
        let ask = stage.world.administrator.ask(create.clone());
        let given = stage.signing().create_signing_delegation(ask).await;
        answers.push(given.unwrap().into_inner());
    }
    assert_eq!(answers[0], answers[1]);
    let lines = ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"];
    assert_eq!(answers[0].signing_lines, lines);
}

#[tokio::test]
async fn of_two_delegations_to_one_person_at_the_same_time_one_is_refused() {
    let stage = Stage::new().await;
    let june = || stage.delegation("2022-06-10", "2022-07-01");
    let (one, two) = tokio::join!(
        stage.give(CHAIRMAN, "mot", june()),
        stage.give(CHAIRMAN, "hai", june()),
    );
    let refused = match (one, two) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("{both:?}"),
    };
    assert_eq!(reason(&refused), "DELEGATED_ALREADY");
}
