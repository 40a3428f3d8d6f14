//! Catalogues of units from files into a running directory, over its contract: what an
//! operator would otherwise need a client program for.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use kit::{Peer, upload::MOST_CHUNK};
use proto::directory::{
    self as pb, ImportEffect, catalogue_service_client::CatalogueServiceClient,
    import_unit_mapping_request::Part as MappingPart,
    import_unit_snapshot_request::Part as CataloguePart,
};
use tonic::{Request, Status, metadata::MetadataValue};

use crate::{config::check_address, demo::ask::told, terminal::say};

/// What both kinds of import are told.
#[derive(Debug, Args)]
struct Common {
    /// Where the directory answers
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    address: String,
    /// File with the access token of an administrator, as SessionService.SignIn answers it
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// Where the catalogue comes from: document, or data set and version
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// Do everything, tell what would be, and take it back
    #[arg(long)]
    dry_run: bool,
}

/// What a catalogue of one day is imported with.
#[derive(Debug, Args)]
pub struct CatalogueOptions {
    #[command(flatten)]
    common: Common,
    /// Day of the catalogue, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    as_of: String,
    /// Unit whose subtree the catalogue describes, units/…; without it, the whole country
    #[arg(long, value_name = "UNIT", default_value = "")]
    scope_unit: String,
    /// Let a catalogue of the country end more than 20 % of a level
    #[arg(long)]
    allow_mass_closure: bool,
    /// The units: code,name,level,parent_code
    #[arg(value_name = "UNITS.csv")]
    units: PathBuf,
}

/// What a mapping of old to new units is imported with.
#[derive(Debug, Args)]
pub struct MappingOptions {
    #[command(flatten)]
    common: Common,
    /// First day of the new units, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    effective: String,
    /// Number of the decision
    #[arg(long, value_name = "NUMBER")]
    decision: String,
    /// Last part of the name of the reorganisation it becomes
    #[arg(long, value_name = "ID")]
    reorganization: String,
    /// Which unit becomes which: old_code,new_code,kind
    #[arg(value_name = "MAPPING.csv")]
    mapping: PathBuf,
    /// The units after it: code,name,level,parent_code
    #[arg(value_name = "UNITS.csv")]
    units: PathBuf,
}

/// Imports a catalogue of one day.
///
/// # Errors
/// When a file cannot be read, the directory refuses, or a row is wrong.
pub async fn catalogue(options: CatalogueOptions) -> Result<()> {
    let (size, units) = read(&options.units)?;
    let header = pb::ImportUnitSnapshotHeader {
        as_of_date: options.as_of,
        source: options.common.source.clone(),
        scope_unit: options.scope_unit,
        allow_mass_closure: options.allow_mass_closure,
        validate_only: options.common.dry_run,
        units_csv_size_bytes: size,
        ..Default::default()
    };
    let chunks = units.into_iter().map(CataloguePart::UnitsCsv);
    let parts = [CataloguePart::Header(header)].into_iter().chain(chunks);
    let parts: Vec<_> = parts
        .map(|part| pb::ImportUnitSnapshotRequest { part: Some(part) })
        .collect();
    let request = options.common.ask(tokio_stream::iter(parts))?;
    let answer = options.common.client()?.import_unit_snapshot(request).await;
    let answer = answer.map_err(refused)?.into_inner();
    tell(&answer.rows, answer.counts.as_ref(), answer.untold_count);
    options.common.conclude(answer.accepted)
}

/// Imports which unit becomes which, as one reorganisation.
///
/// # Errors
/// When a file cannot be read, the directory refuses, or a row is wrong.
pub async fn mapping(options: MappingOptions) -> Result<()> {
    let (mapping_size, mapping) = read(&options.mapping)?;
    let (units_size, units) = read(&options.units)?;
    let header = pb::ImportUnitMappingHeader {
        effective_date: options.effective,
        decision_number: options.decision,
        source: options.common.source.clone(),
        reorganization_id: options.reorganization,
        validate_only: options.common.dry_run,
        mapping_csv_size_bytes: mapping_size,
        units_csv_size_bytes: units_size,
        ..Default::default()
    };
    let chunks = mapping.into_iter().map(MappingPart::MappingCsv);
    let chunks = chunks.chain(units.into_iter().map(MappingPart::UnitsCsv));
    let parts = [MappingPart::Header(header)].into_iter().chain(chunks);
    let parts: Vec<_> = parts
        .map(|part| pb::ImportUnitMappingRequest { part: Some(part) })
        .collect();
    let request = options.common.ask(tokio_stream::iter(parts))?;
    let answer = options.common.client()?.import_unit_mapping(request).await;
    let answer = answer.map_err(refused)?.into_inner();
    tell(&answer.rows, answer.counts.as_ref(), answer.untold_count);
    if answer.accepted {
        say(format_args!(
            "{}: {} links, {} divided units, {} units that neither file names",
            answer.reorganization, answer.link_count, answer.divided_count, answer.untouched_count
        ));
    }
    options.common.conclude(answer.accepted)
}

impl Common {
    fn client(&self) -> Result<CatalogueServiceClient<Peer>> {
        check_address(&self.address)?;
        let peer = Peer::remote(&self.address);
        let peer = peer.map_err(|_| anyhow!("`{}` cannot be reached", self.address))?;
        Ok(CatalogueServiceClient::new(peer))
    }

    fn ask<M>(&self, message: M) -> Result<Request<M>> {
        let file = self.token_file.display();
        let token = fs::read_to_string(&self.token_file);
        let token = token.with_context(|| format!("cannot read the token in `{file}`"))?;
        let bearer = MetadataValue::try_from(format!("Bearer {}", token.trim()));
        let mut request = Request::new(message);
        let bearer = bearer.map_err(|_| anyhow!("there is no token in `{file}`"))?;
        request.metadata_mut().insert("authorization", bearer);
        Ok(request)
    }

    /// Says in one line what became of it. Wrong rows make the command fail.
    fn conclude(&self, accepted: bool) -> Result<()> {
        if !accepted {
            bail!("there are wrong rows: nothing was taken in");
        }
        say(if self.dry_run {
            "rehearsed: nothing of it was kept"
        } else {
            "taken in"
        });
        Ok(())
    }
}

/// Reads a file, and cuts it into chunks.
fn read(file: &Path) -> Result<(i64, Vec<Vec<u8>>)> {
    let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    say(format_args!("{}: {} bytes", file.display(), bytes.len()));
    let size = i64::try_from(bytes.len()).context("the file is too long")?;
    Ok((size, bytes.chunks(MOST_CHUNK).map(<[u8]>::to_vec).collect()))
}

fn refused(status: Status) -> anyhow::Error {
    anyhow!("the directory refuses: {}", told(&status))
}

/// Tells every row, and how many of each there are.
fn tell(rows: &[pb::ImportRow], counts: Option<&pb::ImportCounts>, untold: i32) {
    for row in rows {
        let effects: Vec<_> = row.effects().map(word).collect();
        let place = format!("{} {} {}", row.file, row.line, row.code);
        if !effects.is_empty() {
            say(format_args!("{place} {} {}", row.unit, effects.join(", ")));
        }
        for issue in &row.issues {
            say(format_args!(
                "{place} {}: {} {} ({})",
                issue.field, issue.code, issue.message, issue.message_vi
            ));
        }
    }
    if untold > 0 {
        say(format_args!("and {untold} more rows"));
    }
    if let Some(it) = counts {
        say(format_args!(
            "{} created, {} renamed, {} moved, {} closed, {} wrong rows",
            it.created_count, it.renamed_count, it.moved_count, it.closed_count, it.rejected_count
        ));
    }
}

fn word(effect: ImportEffect) -> &'static str {
    match effect {
        ImportEffect::Created => "created",
        ImportEffect::Renamed => "renamed",
        ImportEffect::Moved => "moved",
        ImportEffect::Closed => "closed",
        ImportEffect::Unspecified => "",
    }
}
