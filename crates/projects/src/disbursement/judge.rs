//! What one disbursement does to its line and its contract.

use chrono::NaiveDate;
use kit::{Error, Result, Tx};
use types::{date::short, ids::Principal, money::Money, violations::Invalid};

use super::{
    Disbursement, DisbursementKind, New, What,
    ground::{Entry, Ground},
    not_there,
};
use crate::{
    budget::closing,
    budget_line::{self, BudgetLine, Contract, LineId, Totals, Uncovered, Under},
    entry::{COMMITMENTS, DISBURSEMENTS},
    project::{
        money::{self, Act},
        state::not_after_today,
    },
    reason::{ENTRY_IS_REVERSAL, ENTRY_REVERSED, PAID_BEFORE_GRANTED},
};

impl Ground {
    /// Enters one disbursement, or says why not; then nothing has changed.
    pub(super) fn enter(
        &mut self,
        tx: &Tx,
        principal: &Principal,
        new: &New,
        number: i64,
    ) -> Result<Disbursement> {
        let line = &new.line;
        let Some((_, before)) = self.lines.get(line) else {
            return Err(Error::not_found("BUDGET_LINE", line));
        };
        before.is_open()?;
        let days = self.days.get(&line.unit).copied().flatten();
        not_after_today("disbursement.disburse_date", new.date, tx)?;
        let flow = self.flow(new)?;
        if flow.is_out() {
            budget_line::exists_on(line, days, new.date)?;
        }
        if let Some(act) = flow.act()
            && let Some(project) = self.projects.get(&line.project)
        {
            money::allows_on(project, act, new.date)?;
        }
        let totals = flow.on_line(line, before.totals, self.uncovered(line))?;
        if flow.is_out() && flow.reverses.is_none() {
            self.is_granted_by(line, new.date)?;
        }
        let contract = match flow.commitment {
            None => None,
            Some(number) => {
                let key = (line.project.clone(), number);
                let contract = flow.on_contract(line, self.contract(line, &key)?)?;
                Some((key, contract))
            }
        };

        let disbursement = Disbursement {
            number,
            line: line.clone(),
            kind: flow.kind,
            amount: flow.signed(),
            date: new.date,
            closing_year: flow
                .closing_year
                .unwrap_or_else(|| closing::year_of(new.date)),
            words: new.words.clone(),
            commitment: flow.commitment,
            reverses: flow.reverses,
            source: new.source.clone(),
            principal: principal.clone(),
            create_time: tx.now(),
        };
        let after = BudgetLine {
            totals,
            ..before.next(tx)
        };
        if let Some((_, line)) = self.lines.get_mut(line) {
            *line = after;
        }
        if let Some((key, contract)) = contract
            && let Some(standing) = self.contracts.get_mut(&key)
        {
            standing.contract = contract;
        }
        if let Some(reversed) = flow.reverses {
            self.reversed.insert((line.project.clone(), reversed));
        }
        self.entered.push(disbursement.clone());
        Ok(disbursement)
    }

    /// Returns the flow that is meant; a reversal takes it from what it reverses.
    fn flow(&self, new: &New) -> Result<Flow> {
        let number = match new.what {
            What::Flow {
                kind,
                amount,
                commitment,
            } => {
                return Ok(Flow {
                    kind,
                    amount,
                    commitment,
                    reverses: None,
                    closing_year: None,
                });
            }
            What::Reverse { number } => number,
        };
        let key = (new.line.project.clone(), number);
        let name = DISBURSEMENTS.name(&new.line.project, number);
        let earlier = self.earlier.get(&key).filter(|it| it.line == new.line);
        let earlier = earlier.ok_or_else(|| not_there("disbursement.reverses", &name))?;
        let facts = || [("entry", name.clone())];
        if earlier.reverses.is_some() {
            return Err(Error::rule(&ENTRY_IS_REVERSAL, facts()));
        }
        if self.reversed.contains(&key) {
            return Err(Error::rule(&ENTRY_REVERSED, facts()));
        }
        if new.date < earlier.date {
            let (day, of) = (new.date, earlier.date);
            return Err(Invalid::field(
                "disbursement.disburse_date",
                "OUT_OF_RANGE",
                format!("{day} is before the day of the entry that is reversed, {of}"),
                format!("ngày {day} trước ngày của bản ghi bị hủy, {of}"),
            )
            .into());
        }
        Ok(Flow {
            kind: earlier.kind,
            amount: earlier.amount,
            commitment: earlier.commitment,
            reverses: Some(number),
            closing_year: Some(earlier.closing_year),
        })
    }

    /// Requires that something was granted or permitted by a day.
    fn is_granted_by(&self, line: &LineId, day: NaiveDate) -> Result<()> {
        match self.first_grants.get(line) {
            Some(first) if day < *first => {
                let facts = [
                    ("line", line.name()),
                    ("day", day.to_string()),
                    ("day_vi", short(day)),
                    ("first", first.to_string()),
                    ("first_vi", short(*first)),
                ];
                Err(Error::rule(&PAID_BEFORE_GRANTED, facts))
            }
            // With nothing granted nothing is left to spend, which is refused with the numbers.
            _ => Ok(()),
        }
    }

    fn uncovered(&self, line: &LineId) -> Uncovered {
        self.uncovered.get(line).copied().unwrap_or_default()
    }

    fn contract(&self, line: &LineId, key: &Entry) -> Result<Contract> {
        let found = self.contracts.get(key).filter(|it| it.line == *line);
        let found = found.ok_or_else(|| {
            let name = COMMITMENTS.name(&key.0, key.1);
            not_there("disbursement.commitment", &name)
        })?;
        Ok(found.contract)
    }
}

/// Money in one direction.
#[derive(Debug, Clone, Copy)]
struct Flow {
    kind: DisbursementKind,
    /// Above 0.
    amount: Money,
    commitment: Option<i64>,
    reverses: Option<i64>,
    /// Year in whose closing the entry counts that is reversed: it is taken back from there.
    closing_year: Option<i32>,
}

impl Flow {
    /// Says whether more money is out afterwards.
    fn is_out(self) -> bool {
        (self.kind == DisbursementKind::Recovery) == self.reverses.is_some()
    }

    /// Returns the amount as it is entered.
    fn signed(self) -> Money {
        match self.reverses {
            None => self.amount,
            Some(_) => Money::new(self.amount.vnd().saturating_neg()),
        }
    }

    /// Returns what is done with the project's money by it: none where an entry is put right,
    /// which may be done at any time.
    fn act(self) -> Option<Act> {
        use DisbursementKind::{Advance, Payment, Recovery};
        match (self.kind, self.commitment, self.reverses) {
            (_, _, Some(_)) => None,
            (Recovery, _, None) => Some(Act::Lower),
            (Payment, Some(_), None) => Some(Act::PayContract),
            (Advance | Payment, _, None) => Some(Act::Spend),
        }
    }

    fn on_line(self, line: &LineId, totals: Totals, uncovered: Uncovered) -> Result<Totals> {
        use DisbursementKind::{Advance, Payment, Recovery};
        let (amount, under) = match self.commitment {
            Some(_) => (self.amount, Under::Contract),
            None => (self.amount, Under::None),
        };
        match (self.kind, self.reverses.is_some()) {
            (Advance, false) | (Recovery, true) => totals.advance(line, uncovered, amount, under),
            (Advance, true) | (Recovery, false) => totals.recover(line, amount, under),
            (Payment, false) => totals.pay(line, uncovered, amount, under),
            (Payment, true) => Ok(totals.unpay(amount, under)),
        }
    }

    fn on_contract(self, line: &LineId, contract: Contract) -> Result<Contract> {
        use DisbursementKind::{Advance, Payment, Recovery};
        match (self.kind, self.reverses.is_some()) {
            (Advance, false) | (Recovery, true) => contract.advance(line, self.amount),
            (Advance, true) | (Recovery, false) => contract.recover(line, self.amount),
            (Payment, false) => contract.pay(line, self.amount),
            (Payment, true) => Ok(contract.unpay(self.amount)),
        }
    }
}
