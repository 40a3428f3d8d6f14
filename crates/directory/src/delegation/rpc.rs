//! The methods of signing: accept, call, reply.

use chrono::NaiveDate;
use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{optional_date, read_validity, timestamp, validity},
    directory::{self as pb, signing_service_server::SigningService},
};
use tonic::{Request, Response, Status};
use types::{ids::UnitId, invalid::InvalidText, validity::Validity, violations::Invalid};

use super::{
    CreateDelegation, DelegationKey, Delegations, ListDelegations, ListSigners, RevokeDelegation,
    Signer, Told,
};
use crate::position::{
    PositionKey,
    form::SigningForm,
    rpc::{read_form, wire_form},
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    delegations: Delegations,
}

impl Rpc {
    pub(crate) fn new(db: &Db, delegations: &Delegations) -> Self {
        Self {
            db: db.clone(),
            delegations: delegations.clone(),
        }
    }
}

#[tonic::async_trait]
impl SigningService for Rpc {
    async fn create_signing_delegation(
        &self,
        request: Request<pb::CreateSigningDelegationRequest>,
    ) -> Result<Response<pb::SigningDelegation>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let told = self.delegations.create(&tx, &actor, new).await?;
        tx.reply(told.into()).await
    }

    async fn get_signing_delegation(
        &self,
        request: Request<pb::GetSigningDelegationRequest>,
    ) -> Result<Response<pb::SigningDelegation>, Status> {
        let (actor, key): (_, DelegationKey) = accept(request)?;
        let told = self.delegations.get(&actor, &key).await?;
        Ok(Response::new(told.into()))
    }

    async fn list_signing_delegations(
        &self,
        request: Request<pb::ListSigningDelegationsRequest>,
    ) -> Result<Response<pb::ListSigningDelegationsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (told, next_page_token) = self.delegations.list(&actor, list).await?;
        Ok(Response::new(pb::ListSigningDelegationsResponse {
            delegations: told.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn revoke_signing_delegation(
        &self,
        request: Request<pb::RevokeSigningDelegationRequest>,
    ) -> Result<Response<pb::SigningDelegation>, Status> {
        let (actor, revoke) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let told = self.delegations.revoke(&tx, &actor, revoke).await?;
        tx.reply(told.into()).await
    }

    async fn list_signers(
        &self,
        request: Request<pb::ListSignersRequest>,
    ) -> Result<Response<pb::ListSignersResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (signers, next_page_token) = self.delegations.signers(&actor, list).await?;
        Ok(Response::new(pb::ListSignersResponse {
            signers: signers.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }
}

impl TryFrom<pb::CreateSigningDelegationRequest> for CreateDelegation {
    type Error = Invalid;

    fn try_from(request: pb::CreateSigningDelegationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let it = request.delegation.unwrap_or_default();
        let giver = if request.parent.is_empty() {
            bad.missing("parent");
            None
        } else {
            bad.take("parent", PositionKey::from_name(&request.parent))
        };
        let id = bad.take("delegation_id", UnitId::new(&request.delegation_id));
        let user = bad.required("delegation.user", &it.user);
        let title = bad.line("delegation.title", &it.title, 200);
        let form = read_form("delegation.signing_form", it.signing_form, &mut bad);
        let form = form.and_then(|it| delegable(it, &mut bad));
        let number = bad.line("delegation.document_number", &it.document_number, 100);
        let date = optional_date("delegation.document_date", &it.document_date, &mut bad);
        if date == Some(None) {
            bad.missing("delegation.document_date");
        }
        let validity = read_validity("delegation.validity", it.validity.as_ref(), &mut bad);
        let validity = validity.filter(|it| limited(it, date.flatten(), &mut bad));
        let reason = bad.line("delegation.reason", &it.reason, 500);
        let (
            (Some(giver), Some(id), Some(user), Some(title), Some(form)),
            (Some(document_number), Some(Some(document_date)), Some(validity), Some(reason)),
            true,
        ) = (
            (giver, id, user, title, form),
            (number, date, validity, reason),
            bad.is_empty(),
        )
        else {
            return Err(bad);
        };
        Ok(Self {
            key: DelegationKey {
                giver,
                id: id.as_str().to_owned(),
            },
            user,
            title,
            form,
            document_number,
            document_date,
            validity,
            reason,
        })
    }
}

/// Signing on behalf of a body, or as its acting head, comes with the post alone.
fn delegable(form: Option<SigningForm>, bad: &mut Invalid) -> Option<SigningForm> {
    match form {
        None => Some(SigningForm::Tuq),
        Some(form) if form.is_for_another() => Some(form),
        Some(form) => {
            bad.add(
                "delegation.signing_form",
                "NOT_ALLOWED",
                format!("`{}` is not delegated; TUQ, KT and TL are", form.as_str()),
                format!(
                    "không giao ký hình thức `{}`; chỉ TUQ, KT, TL",
                    form.as_str()
                ),
            );
            None
        }
    }
}

/// A delegation has an end, and does not begin before it is written.
fn limited(validity: &Validity, document: Option<NaiveDate>, bad: &mut Invalid) -> bool {
    let mut good = true;
    if validity.end().is_none() {
        bad.missing("delegation.validity.end_date");
        good = false;
    }
    if document.is_some_and(|it| it > validity.start()) {
        bad.add(
            "delegation.document_date",
            "OUT_OF_RANGE",
            "is after the first day on which the delegation counts",
            "sau ngày bắt đầu có hiệu lực của việc giao ký",
        );
        good = false;
    }
    good
}

impl DelegationKey {
    /// Reads `units/{unit}/positions/{position}/delegations/{delegation}`.
    fn from_name(name: &str) -> Result<Self, InvalidText> {
        let (giver, id) = name.split_once("/delegations/").ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `units/{unit}/positions/{position}/delegations/{delegation}`",
                "không có dạng `units/{unit}/positions/{position}/delegations/{delegation}`",
            )
        })?;
        Ok(Self {
            giver: PositionKey::from_name(giver)?,
            id: UnitId::new(id)?.as_str().to_owned(),
        })
    }
}

impl TryFrom<pb::GetSigningDelegationRequest> for DelegationKey {
    type Error = Invalid;

    fn try_from(request: pb::GetSigningDelegationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let key = bad.take("name", Self::from_name(&request.name));
        key.ok_or(bad)
    }
}

impl TryFrom<pb::RevokeSigningDelegationRequest> for RevokeDelegation {
    type Error = Invalid;

    fn try_from(request: pb::RevokeSigningDelegationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let key = bad.take("name", DelegationKey::from_name(&request.name));
        let reason = bad.line("reason", &request.reason, 500);
        let (Some(key), Some(reason)) = (key, reason) else {
            return Err(bad);
        };
        Ok(Self {
            key,
            reason,
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::ListSigningDelegationsRequest> for ListDelegations {
    type Error = Invalid;

    fn try_from(request: pb::ListSigningDelegationsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let parent = match request.parent.strip_suffix("/positions/-") {
            Some(unit) => UnitId::from_name(unit).map(|it| (it, None)),
            None => PositionKey::from_name(&request.parent).map(|it| (it.unit, Some(it.id))),
        };
        let parent = bad.take("parent", parent);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let (Some((unit, position)), Some(as_of)) = (parent, as_of) else {
            return Err(bad);
        };
        Ok(Self {
            unit,
            position,
            as_of,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::ListSignersRequest> for ListSigners {
    type Error = Invalid;

    fn try_from(request: pb::ListSignersRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("unit", &request.unit);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let (Some(unit), Some(as_of)) = (unit, as_of) else {
            return Err(bad);
        };
        Ok(Self {
            unit,
            as_of,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<Told> for pb::SigningDelegation {
    fn from(told: Told) -> Self {
        let it = told.delegation;
        let (revoke_date, revoke_reason) = match it.revocation {
            Some((date, reason)) => (date.to_string(), reason),
            None => (String::new(), String::new()),
        };
        Self {
            name: it.key.name(),
            user: it.user.name(),
            title: it.title,
            signing_form: wire_form(Some(it.form)).into(),
            document_number: it.document_number,
            document_date: it.document_date.to_string(),
            validity: Some(validity(&it.validity)),
            reason: it.reason,
            user_display_name: it.display_name,
            signing_lines: told.signing_lines,
            revoke_date,
            revoke_reason,
            create_time: Some(timestamp(it.create_time)),
            update_time: Some(timestamp(it.update_time)),
            etag: etag::of(it.version),
        }
    }
}

impl From<Signer> for pb::Signer {
    fn from(signer: Signer) -> Self {
        let (document_number, document_date) = match signer.document {
            Some((number, date)) => (number, date.to_string()),
            None => (String::new(), String::new()),
        };
        Self {
            name: signer.name,
            user: signer.user.name(),
            display_name: signer.display_name,
            title: signer.title,
            signing_form: wire_form(signer.form).into(),
            signing_lines: signer.signing_lines,
            validity: Some(validity(&signer.validity)),
            document_number,
            document_date,
        }
    }
}
