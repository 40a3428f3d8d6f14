//! Entering one thing, and what the model makes of it once it is taken.

use super::{
    model::{Entered, Money, Spent},
    *,
};

/// Returns what there is at a place, taken modulo.
fn at<T: Clone>(all: &[T], place: usize) -> Result<T, Refused> {
    match all.is_empty() {
        true => Err(Refused),
        false => Ok(all[place % all.len()].clone()),
    }
}

fn given(decision: &str, amount_vnd: i64) -> pb::Allocation {
    pb::Allocation {
        decision: decision.into(),
        amount_vnd,
        ..Default::default()
    }
}

impl Case<'_> {
    /// Returns the line an entry is about.
    pub(super) fn touched(&self, entry: &Entry) -> Option<String> {
        let line = |place: &usize| at(&self.lines, *place).ok();
        match entry {
            Entry::Need { line: place, .. }
            | Entry::Grant { line: place, .. }
            | Entry::Recall { line: place, .. }
            | Entry::Move { line: place, .. }
            | Entry::Cover { line: place, .. }
            | Entry::Sign { line: place, .. }
            | Entry::Spend { line: place, .. }
            | Entry::Settle { line: place, .. } => line(place),
            Entry::Unallocate { nth } => {
                let found = at(&self.model.allocations, *nth);
                found.ok().map(|it| it.line)
            }
            Entry::Amend { nth, .. } => at(&self.model.contracts, *nth).ok().map(|it| it.0),
            Entry::Reverse { nth, .. } => at(&self.model.spent, *nth).ok().map(|it| it.line),
            Entry::Revoke { .. } | Entry::Replace { .. } => self.lines.first().cloned(),
        }
    }

    pub(super) async fn try_enter(&mut self, entry: &Entry) -> Result<(), Refused> {
        let office = self.office;
        match entry {
            Entry::Need { line, amount } => {
                let line = at(&self.lines, *line)?;
                let known = office.get_line(&line).await;
                let update = pb::UpdateBudgetLineRequest {
                    budget_line: Some(pb::BudgetLine {
                        planned_amount_vnd: *amount,
                        ..known
                    }),
                    ..Default::default()
                };
                let mut budget = office.budget.clone();
                taken(budget.update_budget_line(office.reporter.ask(update)).await)?;
                self.model.line(&line).planned = *amount;
            }
            Entry::Grant { line, by, amount } => {
                let (line, by) = (at(&self.lines, *line)?, at(&self.decisions, *by)?);
                let entered = office.enter_allocation(&line, given(&by, *amount)).await;
                let entered = entered.map_err(Refused::by_a_rule)?;
                let money = (by.clone(), None);
                let repaid = self.model.give(&line, &money, *amount);
                self.model.granted(&by, *amount);
                self.model.allocations.push(Entered {
                    line,
                    name: entered.name,
                    money,
                    by: None,
                    amount: *amount,
                    repaid,
                });
            }
            Entry::Recall {
                line,
                of,
                amount,
                moved,
            } => {
                let (line, money) = (at(&self.lines, *line)?, self.money(*of, *moved)?);
                let by = self.named("dieu-chinh");
                let recall = pb::Allocation {
                    by_decision: by.clone(),
                    moved_by_decision: money.1.clone().unwrap_or_default(),
                    ..given(&money.0, -amount.abs())
                };
                let entered = office.enter_allocation(&line, recall).await;
                let entered = entered.map_err(Refused::by_a_rule)?;
                self.model.hold(&line, &money, -amount.abs());
                self.model.recalled(&by, amount.abs());
                self.model.allocations.push(Entered {
                    line,
                    name: entered.name,
                    money,
                    by: Some(by),
                    amount: -amount.abs(),
                    repaid: 0,
                });
            }
            Entry::Unallocate { nth } => self.unallocate(*nth).await?,
            Entry::Move {
                line,
                of,
                amount,
                moved,
                to_unit,
            } => {
                let money = self.money(*of, *moved)?;
                self.carry(*line, money, *amount, *to_unit).await?;
            }
            Entry::Revoke { of } => {
                let name = at(&self.endable(), *of)?;
                let revoke = pb::RevokeDecisionRequest {
                    etag: office.get_decision(&name).await.etag,
                    name: name.clone(),
                    revoking_decision: self.revoker.to_owned(),
                    reason: "Ban hành sai thẩm quyền".into(),
                    ..Default::default()
                };
                let mut budget = office.budget.clone();
                taken(budget.revoke_decision(office.receiver.ask(revoke)).await)?;
                self.model.end(&name);
            }
            Entry::Replace { of } => self.replace(*of).await?,
            Entry::Cover {
                line,
                of,
                amount,
                moved,
            } => {
                let line = at(&self.lines, *line)?;
                let money = self.uncovered(&line, *of, *moved)?;
                self.cover(line, money, *amount).await?;
            }
            Entry::Sign { line, amount } => {
                let line = at(&self.lines, *line)?;
                let signed = office.sign(&line, contract("01/HĐ", *amount)).await;
                let signed = signed.map_err(Refused::by_a_rule)?;
                self.model.line(&line).committed += amount;
                self.model.contracts.push((line, signed.name));
            }
            Entry::Amend { nth, amount } => {
                let (line, amends) = at(&self.model.contracts, *nth)?;
                let annex = pb::Commitment {
                    amends,
                    partner: String::new(),
                    ..contract("PL 01", *amount)
                };
                let signed = office.sign(&line, annex).await;
                signed.map_err(Refused::by_a_rule)?;
                self.model.line(&line).committed += amount;
            }
            Entry::Spend { .. } | Entry::Reverse { .. } => self.spend(entry).await?,
            Entry::Settle { line, off } => {
                let line = at(&self.lines, *line)?;
                let known = office.get_line(&line).await;
                if known.disbursed_amount_vnd == 0 {
                    // Nothing more could be entered on a line on which nothing was.
                    return Err(Refused);
                }
                let amount_vnd = known.disbursed_amount_vnd + off;
                let settle = pb::SettleBudgetLineRequest {
                    name: line.clone(),
                    decision: self.named("quyet-toan"),
                    amount_vnd,
                    etag: known.etag,
                    ..Default::default()
                };
                let mut spending = office.spending.clone();
                taken(
                    spending
                        .settle_budget_line(office.receiver.ask(settle))
                        .await,
                )?;
                self.model.line(&line).settled = amount_vnd;
            }
        }
        Ok(())
    }

    async fn unallocate(&mut self, nth: usize) -> Result<(), Refused> {
        let wrong = at(&self.model.allocations, nth)?;
        let reversal = pb::Allocation {
            reverses: wrong.name.clone(),
            ..Default::default()
        };
        let entered = self.office.enter_allocation(&wrong.line, reversal).await;
        entered.map_err(Refused::by_a_rule)?;
        match &wrong.by {
            Some(by) => {
                self.model.give(&wrong.line, &wrong.money, -wrong.amount);
                self.model.recalled(by, wrong.amount);
            }
            None => {
                self.model.unrepay(&wrong.line, wrong.repaid);
                self.model.hold(&wrong.line, &wrong.money, -wrong.amount);
                self.model.granted(&wrong.money.0, -wrong.amount);
            }
        }
        Ok(())
    }

    async fn carry(
        &mut self,
        line: usize,
        money: Money,
        amount: i64,
        to_unit: bool,
    ) -> Result<(), Refused> {
        let office = self.office;
        let line = at(&self.lines, line)?;
        let by = self.moving.last().unwrap().clone();
        let unit = match line.ends_with("xa-long-hiep") {
            true => "huyen-minh-long",
            false => "xa-long-hiep",
        };
        let year: i32 = if line.contains("/2022.") { 2023 } else { 2024 };
        let mut carry = pb::MoveAllocationRequest {
            parent: line.clone(),
            decision: money.0.clone(),
            moved_by_decision: money.1.clone().unwrap_or_default(),
            by_decision: by.clone(),
            amount_vnd: amount,
            ..Default::default()
        };
        match to_unit {
            true => carry.target_unit = format!("units/{unit}"),
            false => carry.target_fiscal_year = year,
        }
        let mut budget = office.budget.clone();
        taken(budget.move_allocation(office.receiver.ask(carry)).await)?;
        let (head, own_unit) = line.rsplit_once('.').unwrap();
        let target = match to_unit {
            true => format!("{head}.{unit}"),
            false => {
                let (project, rest) = head.split_once("/budgetLines/").unwrap();
                let (_, rest) = rest.split_once('.').unwrap();
                format!("{project}/budgetLines/{year}.{rest}.{own_unit}")
            }
        };
        self.model.hold(&line, &money, -amount);
        // The money stays that of the decision that granted it.
        let arrived = (money.0, Some(by.clone()));
        self.model.give(&target, &arrived, amount);
        self.model.granted(&by, amount);
        self.model.recalled(&by, amount);
        Ok(())
    }

    /// Puts money under the decision in the place of the one that granted it, or else in the
    /// place of the one that moved it.
    async fn cover(&mut self, line: String, money: Money, amount: i64) -> Result<(), Refused> {
        let office = self.office;
        let granting = self.model.replacement(&money.0);
        let moving = money.1.as_ref().and_then(|it| self.model.replacement(it));
        let (by, covered) = match (granting, moving) {
            (Some(by), _) => (by.clone(), (by, money.1.clone())),
            (None, Some(by)) => (by.clone(), (money.0.clone(), Some(by))),
            // Refused, as nothing has taken the place of either.
            (None, None) => (self.decisions[0].clone(), money.clone()),
        };
        let cover = pb::CoverAllocationRequest {
            parent: line.clone(),
            decision: money.0.clone(),
            moved_by_decision: money.1.clone().unwrap_or_default(),
            by_decision: by.clone(),
            amount_vnd: amount,
            ..Default::default()
        };
        let mut budget = office.budget.clone();
        taken(budget.cover_allocation(office.receiver.ask(cover)).await)?;
        self.model.hold(&line, &money, -amount);
        self.model.hold(&line, &covered, amount);
        self.model.granted(&by, amount);
        Ok(())
    }

    /// Names some money: of a decision, granted on a line or moved there.
    fn money(&self, of: usize, moved: bool) -> Result<Money, Refused> {
        let moved_by = match moved {
            true => Some(at(&self.moving, of)?),
            false => None,
        };
        Ok((at(&self.decisions, of)?, moved_by))
    }

    /// Names money that a line holds of an ended decision, if there is any, else any money.
    fn uncovered(&self, line: &str, of: usize, moved: bool) -> Result<Money, Refused> {
        let held = self.model.uncovered(line);
        match held.is_empty() {
            true => self.money(of, moved),
            false => at(&held, of),
        }
    }

    /// Decisions that may be revoked or replaced.
    fn endable(&self) -> Vec<String> {
        let all = self.decisions.iter().chain(&self.moving);
        all.cloned().collect()
    }

    async fn replace(&mut self, of: usize) -> Result<(), Refused> {
        let office = self.office;
        let old = at(&self.endable(), of)?;
        let kind = self.model.kind(&old);
        let id = format!("{}-thay-{}", self.id, self.endable().len());
        let new = pb::Decision {
            replaces: old.clone(),
            ..decision(kind, 800)
        };
        let drafted = match office.draft_as(&id, new).await {
            Ok(drafted) => drafted,
            // A draft that could not be issued has taken the name.
            Err(status) if status.code() == Code::AlreadyExists => return Err(Refused),
            Err(status) => return Err(Refused::by_a_rule(status)),
        };
        let number = format!("{id}/QĐ-UBND");
        let issued = office.issue(&drafted.name, &number, &drafted.etag).await;
        let name = issued.map_err(Refused::by_a_rule)?.name;
        self.model.decided(&name, kind, 800, Some(old));
        match kind {
            pb::DecisionKind::MoveBudget => self.moving.push(name),
            _ => self.decisions.push(name),
        }
        Ok(())
    }

    async fn spend(&mut self, entry: &Entry) -> Result<(), Refused> {
        let office = self.office;
        match *entry {
            Entry::Spend {
                line,
                kind,
                amount,
                day,
                under,
            } => {
                let line = at(&self.lines, line)?;
                let own = self.model.contracts.iter().filter(|it| it.0 == line);
                let own: Vec<_> = own.map(|it| it.1.clone()).collect();
                let commitment = under.and_then(|place| at(&own, place).ok());
                let disbursement = pb::Disbursement {
                    kind: kind.into(),
                    amount_vnd: amount,
                    disburse_date: DAYS[day].into(),
                    commitment: commitment.unwrap_or_default(),
                    ..Default::default()
                };
                let entered = office.disburse(&line, disbursement).await;
                let entered = entered.map_err(Refused::by_a_rule)?;
                let spent = Spent {
                    line,
                    name: entered.name,
                    kind,
                    amount,
                    day: DAYS[day],
                    under_contract: !entered.commitment.is_empty(),
                };
                let line = self.model.line(&spent.line);
                line.flow(&spent, amount, DAYS[day]);
                self.model.spent.push(spent);
            }
            Entry::Reverse { nth, day } => {
                let wrong = at(&self.model.spent, nth)?;
                let reversal = pb::Disbursement {
                    reverses: wrong.name.clone(),
                    disburse_date: DAYS[day].into(),
                    ..Default::default()
                };
                let entered = office.disburse(&wrong.line, reversal).await;
                entered.map_err(Refused::by_a_rule)?;
                let line = self.model.line(&wrong.line);
                // It is taken back from where it counted.
                line.flow(&wrong, -wrong.amount, wrong.day);
            }
            _ => unreachable!("only what is spent or taken back comes here"),
        }
        Ok(())
    }
}

/// Lets go of the answer of something that was taken.
fn taken<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Refused> {
    answer
        .map(tonic::Response::into_inner)
        .map_err(Refused::by_a_rule)
}
