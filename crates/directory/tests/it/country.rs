//! The whole country from the public catalogues, which stay outside the repository.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Instant};

use proto::directory::{
    self as pb, catalogue_service_client::CatalogueServiceClient,
    reorganization_service_client::ReorganizationServiceClient,
    unit_service_client::UnitServiceClient,
};
use testkit::World;

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("SHARED_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SHARED_DATA is not set: the test of the whole country is left out");
    }
    folder
}

struct Country {
    world: World,
    folder: PathBuf,
}

impl Country {
    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.join(file)).unwrap()
    }

    async fn snapshot(&self, units_csv: Vec<u8>, day: &str) -> pb::ImportUnitSnapshotResponse {
        let import = pb::ImportUnitSnapshotHeader {
            as_of_date: day.into(),
            source: "thanglequoc/vietnamese-provinces-database".into(),
            ..Default::default()
        };
        let begin = Instant::now();
        let parts = testkit::catalogue::snapshot(import, &units_csv);
        let answer = CatalogueServiceClient::new(self.world.directory())
            .import_unit_snapshot(self.world.administrator.send(parts))
            .await
            .unwrap()
            .into_inner();
        eprintln!(
            "snapshot of {day}: {:?} in {:?}",
            answer.counts,
            begin.elapsed()
        );
        assert!(
            answer.accepted,
            "{:?}",
            &answer.rows[..answer.rows.len().min(5)]
        );
        answer
    }

    /// Counts the units that bear a code, by its length: 2, 3 and 5 digits.
    async fn counts(&self, day: &str) -> [usize; 3] {
        let mut counts = [0; 3];
        let mut page_token = String::new();
        loop {
            let list = pb::ListUnitsRequest {
                as_of_date: day.into(),
                page_size: 500,
                page_token,
                ..Default::default()
            };
            let page = UnitServiceClient::new(self.world.directory())
                .list_units(self.world.administrator.ask(list))
                .await
                .unwrap()
                .into_inner();
            for code in page.units.iter().flat_map(|it| &it.identifiers) {
                let place = [2, 3, 5].iter().position(|it| *it == code.value.len());
                counts[place.unwrap()] += 1;
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return counts;
            }
        }
    }

    async fn bearer(&self, code: &str, day: &str) -> pb::Unit {
        let mut units = UnitServiceClient::new(self.world.directory());
        let ask = pb::ResolveIdentifierRequest {
            scheme: "gso".into(),
            value: code.into(),
            as_of_date: day.into(),
        };
        let found = units
            .resolve_identifier(self.world.administrator.ask(ask))
            .await
            .unwrap()
            .into_inner();
        let get = pb::GetUnitRequest {
            name: found.unit,
            as_of_date: day.into(),
        };
        let unit = units.get_unit(self.world.administrator.ask(get)).await;
        unit.unwrap().into_inner()
    }

    async fn becomes(&self, name: &str) -> pb::TraceLineageResponse {
        let ask = pb::TraceLineageRequest {
            name: name.into(),
            direction: pb::LineageDirection::Successors.into(),
            as_of_date: "2026-06-01".into(),
        };
        ReorganizationServiceClient::new(self.world.directory())
            .trace_lineage(self.world.administrator.ask(ask))
            .await
            .unwrap()
            .into_inner()
    }

    async fn name_of(&self, unit: &str) -> String {
        let get = pb::GetUnitRequest {
            name: unit.into(),
            as_of_date: "2025-07-01".into(),
        };
        UnitServiceClient::new(self.world.directory())
            .get_unit(self.world.administrator.ask(get))
            .await
            .unwrap()
            .into_inner()
            .display_name
    }
}

#[tokio::test]
async fn the_whole_country_from_2022_to_2026() {
    let Some(folder) = data() else { return };
    let world = World::new().await;
    let country = Country { world, folder };

    country
        .snapshot(country.read("units_2022.csv"), "2022-07-01")
        .await;
    assert_eq!(country.counts("2022-07-01").await, [63, 705, 10_599]);
    country
        .snapshot(country.read("units_before.csv"), "2025-06-30")
        .await;
    assert_eq!(country.counts("2025-06-30").await, [63, 696, 10_035]);
    assert_eq!(
        country.bearer("21361", "2025-06-30").await.display_name,
        "Xã Long Hiệp"
    );
    let minh_long = country.bearer("531", "2025-06-30").await;

    let import = pb::ImportUnitMappingHeader {
        effective_date: "2025-07-01".into(),
        decision_number: "202/2025/QH15".into(),
        source: "tranngocminhhieu/vietnamadminunits".into(),
        reorganization_id: "sap-xep-2025".into(),
        ..Default::default()
    };
    let pairs = country.read("unit_mapping.csv");
    let after = country.read("units_after.csv");
    let parts = testkit::catalogue::mapping(import, &pairs, &after);
    let begin = Instant::now();
    let mapped = CatalogueServiceClient::new(country.world.directory())
        .import_unit_mapping(country.world.administrator.send(parts))
        .await
        .unwrap()
        .into_inner();
    eprintln!(
        "mapping: {:?}, {} links, in {:?}",
        mapped.counts,
        mapped.link_count,
        begin.elapsed()
    );
    assert!(
        mapped.accepted,
        "{:?}",
        &mapped.rows[..mapped.rows.len().min(5)]
    );
    assert_eq!(mapped.divided_count, 471);

    // The two catalogues around the reform are as they were told.
    assert_eq!(country.counts("2022-07-01").await, [63, 705, 10_599]);
    assert_eq!(country.counts("2025-06-30").await, [63, 696, 10_035]);
    assert_eq!(country.counts("2025-07-01").await, [34, 0, 3_321]);
    let again = country
        .snapshot(country.read("units_after.csv"), "2025-07-01")
        .await;
    assert!(again.rows.is_empty(), "{:?}", again.rows.first());

    let xa_minh_long = country.bearer("21361", "2025-07-01").await;
    assert_eq!(xa_minh_long.name, "units/gso-21361-20250701");
    assert_eq!(xa_minh_long.display_name, "Xã Minh Long");
    let heirs = country.becomes(&minh_long.name).await.ends;
    assert!(heirs.iter().all(|it| it.share.is_empty()));
    let mut names = Vec::new();
    for heir in &heirs {
        names.push(country.name_of(&heir.unit).await);
    }
    assert_eq!(names, ["Xã Sơn Mai", "Xã Minh Long"]);

    every_old_commune_leads_somewhere(&country).await;
    the_changes_of_2026(&country).await;
}

async fn every_old_commune_leads_somewhere(country: &Country) {
    let get = pb::GetReorganizationRequest {
        name: "reorganizations/sap-xep-2025".into(),
    };
    let act = ReorganizationServiceClient::new(country.world.directory())
        .get_reorganization(country.world.administrator.ask(get))
        .await
        .unwrap()
        .into_inner();
    let led: BTreeSet<_> = act
        .links
        .iter()
        .filter(|it| !it.successor_unit.is_empty())
        .map(|it| it.predecessor_unit.as_str())
        .collect();
    let before = String::from_utf8(country.read("units_before.csv")).unwrap();
    let mut after = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let list = pb::ListUnitsRequest {
            as_of_date: "2025-07-01".into(),
            page_size: 500,
            page_token,
            ..Default::default()
        };
        let page = UnitServiceClient::new(country.world.directory())
            .list_units(country.world.administrator.ask(list))
            .await
            .unwrap()
            .into_inner();
        after.extend(page.units.into_iter().map(|it| it.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut old = 0;
    let mut page_token = String::new();
    loop {
        let list = pb::ListUnitsRequest {
            as_of_date: "2025-06-30".into(),
            page_size: 500,
            page_token,
            ..Default::default()
        };
        let page = UnitServiceClient::new(country.world.directory())
            .list_units(country.world.administrator.ask(list))
            .await
            .unwrap()
            .into_inner();
        for unit in page
            .units
            .iter()
            .filter(|it| it.identifiers.iter().any(|it| it.value.len() == 5))
        {
            old += 1;
            let leads = led.contains(unit.name.as_str()) || after.contains(&unit.name);
            assert!(leads, "{} {}", unit.name, unit.display_name);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(
        old,
        before.lines().filter(|it| it.contains(",commune,")).count()
    );

    // Trà Bùi was divided between two communes; how much went to each nobody says.
    let tra_bui = country.bearer("21142", "2025-06-30").await;
    let parts = country.becomes(&tra_bui.name).await;
    assert_eq!(parts.steps.len(), 2);
    assert!(parts.ends.iter().all(|it| it.share.is_empty()));
    let mut divided = BTreeSet::new();
    for link in act.links.iter().filter(|it| it.share.is_empty()) {
        let id = link.predecessor_unit.trim_start_matches("units/gso-");
        if id.split('-').next().is_some_and(|code| code.len() == 5) {
            divided.insert(id.to_owned());
        }
    }
    assert_eq!(divided.len(), 471);
}

async fn the_changes_of_2026(country: &Country) {
    let mut units = String::from_utf8(country.read("units_after.csv")).unwrap();
    let changes = String::from_utf8(country.read("unit_changes_2026.csv")).unwrap();
    for change in changes.lines().skip(1) {
        let cells: Vec<_> = change.split(',').collect();
        let (code, old, new) = (cells[0], cells[2], cells[3]);
        units = units.replace(&format!("{code},{old},"), &format!("{code},{new},"));
    }
    let answer = country.snapshot(units.into_bytes(), "2026-04-30").await;
    assert_eq!(answer.counts.unwrap().renamed_count, 12);
    assert_eq!(answer.rows.len(), 12);
    assert_eq!(country.counts("2026-04-30").await, [34, 0, 3_321]);
    let long_thanh = |day| country.bearer("26368", day);
    assert_eq!(long_thanh("2026-04-29").await.kind(), pb::UnitKind::Commune);
    assert_eq!(long_thanh("2026-04-30").await.kind(), pb::UnitKind::Ward);
}
