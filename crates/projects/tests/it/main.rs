//! The service through its contract, on a real database.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking and speaks for itself"
)]

use std::collections::HashMap;

use kit::Peer;
use proto::projects::{
    self as pb, budget_service_client::BudgetServiceClient, plan_service_client::PlanServiceClient,
    project_service_client::ProjectServiceClient, spending_service_client::SpendingServiceClient,
};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

mod allocations;
mod any_entries;
mod at_once;
mod baselines;
mod before_plans;
mod budget_as_now;
mod budget_lines;
mod ceased_units;
mod decisions;
mod edges;
mod ended_units;
mod instruments;
mod lists;
mod measures;
mod mended_money;
mod migrations;
mod money_states;
mod moves;
mod office;
mod office_money;
mod payments_in_bulk;
mod planned_work;
mod progress;
mod projects_of_a_unit;
mod revocations;
mod rows;
mod spending;
mod states;
mod steps;
mod summaries;
mod supplementary_requests;
mod tasks;
mod updates;
mod upsert_progress;

use office::*;
use office_money::*;
