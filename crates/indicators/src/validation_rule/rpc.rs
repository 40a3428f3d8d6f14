//! The methods of rules: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::indicators::{self as pb, validation_rule_service_server::ValidationRuleService};
use tonic::{Request, Response, Status};

use super::ValidationRules;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    rules: ValidationRules,
}

impl Rpc {
    pub(crate) fn new(db: &Db, rules: &ValidationRules) -> Self {
        Self {
            db: db.clone(),
            rules: rules.clone(),
        }
    }
}

#[tonic::async_trait]
impl ValidationRuleService for Rpc {
    async fn create_validation_rule(
        &self,
        request: Request<pb::CreateValidationRuleRequest>,
    ) -> Result<Response<pb::ValidationRule>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let rule = self.rules.create(&tx, &actor, new).await?;
        tx.reply(rule.into()).await
    }

    async fn get_validation_rule(
        &self,
        request: Request<pb::GetValidationRuleRequest>,
    ) -> Result<Response<pb::ValidationRule>, Status> {
        let (actor, get) = accept(request)?;
        let rule = self.rules.get(&actor, get).await?;
        Ok(Response::new(rule.into()))
    }

    async fn list_validation_rules(
        &self,
        request: Request<pb::ListValidationRulesRequest>,
    ) -> Result<Response<pb::ListValidationRulesResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (rules, next_page_token) = self.rules.list(&actor, list).await?;
        let validation_rules = rules.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListValidationRulesResponse {
            validation_rules,
            next_page_token,
        }))
    }

    async fn update_validation_rule(
        &self,
        request: Request<pb::UpdateValidationRuleRequest>,
    ) -> Result<Response<pb::ValidationRule>, Status> {
        let (actor, update) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let rule = self.rules.update(&tx, &actor, update).await?;
        tx.reply(rule.into()).await
    }

    async fn publish_validation_rule(
        &self,
        request: Request<pb::PublishValidationRuleRequest>,
    ) -> Result<Response<pb::ValidationRuleRevision>, Status> {
        let (actor, publish) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        self.rules.before_publish(&actor, &publish).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let revision = self.rules.publish(&tx, &actor, publish).await?;
        tx.reply(revision.into()).await
    }

    async fn retire_validation_rule(
        &self,
        request: Request<pb::RetireValidationRuleRequest>,
    ) -> Result<Response<pb::ValidationRule>, Status> {
        let (actor, retire) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let rule = self.rules.retire(&tx, &actor, retire).await?;
        tx.reply(rule.into()).await
    }

    async fn list_validation_rule_revisions(
        &self,
        request: Request<pb::ListValidationRuleRevisionsRequest>,
    ) -> Result<Response<pb::ListValidationRuleRevisionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (revisions, next_page_token) = self.rules.list_revisions(&actor, list).await?;
        let revisions = revisions.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListValidationRuleRevisionsResponse {
            revisions,
            next_page_token,
        }))
    }
}
