//! What is imported: the national catalogues where they are at hand, or made-up ones.

use std::{env, fmt::Write as _, fs, path::PathBuf};

/// What is imported while the server is killed.
pub(super) enum Second {
    Catalogue(Vec<u8>),
    /// Which unit becomes which, and the units after it.
    Mapping(Vec<u8>, Vec<u8>),
}

impl Second {
    /// The day for which it is.
    pub(super) fn day(&self) -> &'static str {
        match self {
            Self::Catalogue(_) => "2025-06-30",
            Self::Mapping(..) => "2025-07-01",
        }
    }
}

/// A catalogue, and what comes upon it.
pub(super) struct Catalogues {
    pub(super) first: Vec<u8>,
    pub(super) second: Second,
}

impl Catalogues {
    fn data() -> Option<PathBuf> {
        let folder = env::var_os("SHARED_DATA").map(PathBuf::from);
        if folder.is_none() {
            eprintln!("SHARED_DATA is not set: killed while a made-up country is imported");
        }
        folder
    }

    /// Two catalogues; the national ones where they are at hand.
    pub(super) fn two() -> Self {
        let Some(folder) = Self::data() else {
            return Self {
                first: Self::made_up(0),
                second: Second::Catalogue(Self::made_up(1)),
            };
        };
        let read = |file| fs::read(folder.join(file)).unwrap();
        Self {
            first: read("units_2022.csv"),
            second: Second::Catalogue(read("units_before.csv")),
        }
    }

    /// The country before 1 July 2025 and the mapping of that day, or made-up ones.
    pub(super) fn reform() -> Self {
        let Some(folder) = Self::data() else {
            let (pairs, after) = Self::made_up_mapping();
            return Self {
                first: Self::made_up(0),
                second: Second::Mapping(pairs, after),
            };
        };
        let read = |file| fs::read(folder.join(file)).unwrap();
        Self {
            first: read("units_before.csv"),
            second: Second::Mapping(read("unit_mapping.csv"), read("units_after.csv")),
        }
    }

    /// The districts of the first made-up catalogue go; of the communes of each, two are made.
    fn made_up_mapping() -> (Vec<u8>, Vec<u8>) {
        let mut pairs = "old_code,new_code,kind\n".to_owned();
        let mut after = "code,name,level,parent_code\n".to_owned();
        for province in 10..20 {
            writeln!(pairs, "{province},{province},province_unchanged").unwrap();
            writeln!(after, "{province},Tỉnh {province},province,").unwrap();
            for district in province * 10..province * 10 + 10 {
                writeln!(pairs, "{district},,district_abolished").unwrap();
                for code in [20_000 + district * 2, 20_001 + district * 2] {
                    writeln!(after, "{code},Phường {code},commune,{province}").unwrap();
                }
            }
        }
        for number in (0..2_000).filter(|it| it % 7 != 0) {
            let new = 20_000 + (100 + number / 20) * 2 + number / 10 % 2;
            writeln!(pairs, "{},{new},commune_merged", 10_000 + number).unwrap();
        }
        (pairs.into_bytes(), after.into_bytes())
    }

    /// About 2000 units; in the second catalogue many are new, gone, renamed or moved.
    fn made_up(edition: usize) -> Vec<u8> {
        let mut csv = "code,name,level,parent_code\n".to_owned();
        for province in 10..20 {
            writeln!(csv, "{province},Tỉnh {province},province,").unwrap();
            for district in 0..10 {
                let (district, above) = (province * 10 + district, province);
                writeln!(csv, "{district},Huyện {district},district,{above}").unwrap();
            }
        }
        for number in 0..2_000 {
            let (code, district) = (10_000 + number, 100 + number / 20);
            let line = match (edition, number % 7) {
                (0, 0) | (1, 1) => continue,
                (1, 2) => format!("{code},Xã mới {code},commune,{district}"),
                (1, 3) => format!("{code},Xã {code},commune,{}", 100 + (district + 1) % 100),
                _ => format!("{code},Xã {code},commune,{district}"),
            };
            writeln!(csv, "{line}").unwrap();
        }
        csv.into_bytes()
    }
}
