//! Catalogues as the streams in which they are sent.

use proto::directory::{
    ImportUnitMappingHeader, ImportUnitMappingRequest, ImportUnitSnapshotHeader,
    ImportUnitSnapshotRequest, import_unit_mapping_request, import_unit_snapshot_request,
};

/// Bytes of a chunk: small, so that files of tests have several.
const CHUNK: usize = 64 * 1024;

/// Cuts a catalogue into messages; the header gets its length.
#[must_use]
pub fn snapshot(header: ImportUnitSnapshotHeader, units: &[u8]) -> Vec<ImportUnitSnapshotRequest> {
    snapshot_cut(header, units, CHUNK)
}

/// Cuts a catalogue into messages with chunks of so many bytes.
#[must_use]
pub fn snapshot_cut(
    header: ImportUnitSnapshotHeader,
    units: &[u8],
    chunk: usize,
) -> Vec<ImportUnitSnapshotRequest> {
    use import_unit_snapshot_request::Part;
    let header = ImportUnitSnapshotHeader {
        units_csv_size_bytes: size(units),
        ..header
    };
    let chunks = units.chunks(chunk).map(|it| Part::UnitsCsv(it.to_vec()));
    [Part::Header(header)]
        .into_iter()
        .chain(chunks)
        .map(|it| ImportUnitSnapshotRequest { part: Some(it) })
        .collect()
}

/// Cuts a mapping and its units into messages; the header gets their lengths.
#[must_use]
pub fn mapping(
    header: ImportUnitMappingHeader,
    mapping: &[u8],
    units: &[u8],
) -> Vec<ImportUnitMappingRequest> {
    use import_unit_mapping_request::Part;
    let header = ImportUnitMappingHeader {
        mapping_csv_size_bytes: size(mapping),
        units_csv_size_bytes: size(units),
        ..header
    };
    let mapping = mapping
        .chunks(CHUNK)
        .map(|it| Part::MappingCsv(it.to_vec()));
    let units = units.chunks(CHUNK).map(|it| Part::UnitsCsv(it.to_vec()));
    [Part::Header(header)]
        .into_iter()
        .chain(mapping)
        .chain(units)
        .map(|it| ImportUnitMappingRequest { part: Some(it) })
        .collect()
}

fn size(file: &[u8]) -> i64 {
    i64::try_from(file.len()).unwrap()
}
