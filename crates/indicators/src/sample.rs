//! Criteria sets as files: messages of the contract, written as TOML.
//!
//! A file says the id of a set, its content as `CriteriaSet` does and, under `[[indicators]]`,
//! the indicators it looks at as `Indicator` does, each with its id. Field names and words
//! are those of the contract in its JSON form; a field that is not there is refused. Two real
//! sets come with the program.

use std::fmt;

use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::indicators as pb;
use serde::Deserialize;
use toml::{Table, Value};

/// The six groups of the service-quality index.
pub const SERVICE_QUALITY: &str = include_str!("../sample/service-quality-766.toml");
/// The yearly assessment of communes on Resolution 57-NQ/TW.
pub const COMMUNES: &str = include_str!("../sample/commune-nq57.toml");

/// A criteria set with what it looks at, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Indicators to create and publish first.
    pub indicators: Vec<pb::CreateIndicatorRequest>,
    /// First period for which they count.
    pub first_period: String,
    /// The set to create then.
    pub criteria_set: pb::CreateCriteriaSetRequest,
    /// Why it is published.
    pub change_note: String,
}

/// What is wrong with a file.
#[derive(Debug)]
pub struct BadSample(String);

impl fmt::Display for BadSample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for BadSample {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    criteria_set_id: String,
    change_note: String,
    first_period: String,
    criteria_set: Table,
    #[serde(default)]
    indicators: Vec<Table>,
}

/// Reads a file.
///
/// # Errors
/// Says what is wrong and where.
pub fn read(text: &str) -> Result<Sample, BadSample> {
    let file: File = toml::from_str(text).map_err(|error| BadSample(error.to_string()))?;
    let pool = DescriptorPool::decode(proto::DESCRIPTORS);
    let pool = pool.map_err(|error| BadSample(error.to_string()))?;
    let set = message(&pool, "cds.indicators.v1.CriteriaSet", file.criteria_set)
        .map_err(|error| BadSample(format!("[criteria_set]: {error}")))?;
    let mut indicators = Vec::with_capacity(file.indicators.len());
    for (index, mut table) in file.indicators.into_iter().enumerate() {
        let Some(Value::String(id)) = table.remove("id") else {
            return Err(BadSample(format!("[[indicators]] {index} has no `id`")));
        };
        let indicator = message(&pool, "cds.indicators.v1.Indicator", table)
            .map_err(|error| BadSample(format!("[[indicators]] `{id}`: {error}")))?;
        indicators.push(pb::CreateIndicatorRequest {
            indicator: Some(indicator),
            indicator_id: id,
            ..Default::default()
        });
    }
    Ok(Sample {
        indicators,
        first_period: file.first_period,
        criteria_set: pb::CreateCriteriaSetRequest {
            criteria_set: Some(set),
            criteria_set_id: file.criteria_set_id,
            ..Default::default()
        },
        change_note: file.change_note,
    })
}

/// Reads a message of the contract out of a table.
fn message<M>(pool: &DescriptorPool, name: &str, table: Table) -> Result<M, BadSample>
where
    M: prost::Message + Default,
{
    let descriptor = pool.get_message_by_name(name);
    let descriptor = descriptor.ok_or_else(|| BadSample(format!("no message `{name}`")))?;
    let read = DynamicMessage::deserialize(descriptor, Value::Table(table));
    let read = read.map_err(|error| BadSample(error.to_string()))?;
    read.transcode_to()
        .map_err(|error| BadSample(error.to_string()))
}
