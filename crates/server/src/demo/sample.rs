//! The sample: what the demo creates, read from the files of `crates/server/sample`.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;

mod files;

pub(super) use files::{
    Block, District, Indicators, NewPerson, People, Project, Request, Template, Units, Value,
};

/// Everything the demo creates.
#[derive(Debug, Clone)]
pub struct Sample {
    pub(super) units: Units,
    pub(super) people: People,
    pub(super) indicators: Indicators,
    pub(super) template: Template,
    pub(super) request: Request,
    pub(super) districts: Vec<District>,
}

/// Districts in the order in which they report.
const DISTRICTS: [&str; 3] = ["minh-long.toml", "ba-to.toml", "son-tinh.toml"];

/// Returns a file of the sample that comes with the program.
fn embedded(file: &str) -> &'static str {
    match file {
        "units.toml" => include_str!("../../sample/units.toml"),
        "people.toml" => include_str!("../../sample/people.toml"),
        "indicators.toml" => include_str!("../../sample/indicators.toml"),
        "template.toml" => include_str!("../../sample/template.toml"),
        "request.toml" => include_str!("../../sample/request.toml"),
        "minh-long.toml" => include_str!("../../sample/minh-long.toml"),
        "ba-to.toml" => include_str!("../../sample/ba-to.toml"),
        _ => include_str!("../../sample/son-tinh.toml"),
    }
}

impl Sample {
    /// Reads the sample from a directory with the same file names, or the one that
    /// comes with the program.
    ///
    /// # Errors
    /// Names the file and what is wrong in it.
    pub fn load(directory: Option<&Path>) -> Result<Self> {
        let sample = Self {
            units: read(directory, "units.toml")?,
            people: read(directory, "people.toml")?,
            indicators: read(directory, "indicators.toml")?,
            template: read(directory, "template.toml")?,
            request: read(directory, "request.toml")?,
            districts: DISTRICTS
                .iter()
                .map(|file| read(directory, file))
                .collect::<Result<_>>()?,
        };
        sample.check()?;
        Ok(sample)
    }

    /// Checks what the services could only tell after half of the way.
    fn check(&self) -> Result<()> {
        let people: BTreeSet<_> = self.people.person.iter().map(|it| it.id.as_str()).collect();
        let known = |person: &str| -> Result<()> {
            ensure!(
                people.contains(person),
                "`people.toml` does not know `{person}`"
            );
            Ok(())
        };
        known(&self.request.receiver)?;
        known(&self.request.decider)?;
        check_file_name(&self.request.consolidated_document)?;
        let keys: BTreeSet<_> = self
            .template
            .section
            .iter()
            .map(|it| it.key.as_str())
            .collect();
        for district in &self.districts {
            let unit = &district.unit;
            ensure!(
                self.request.units.contains(unit),
                "`request.toml` does not ask `{unit}`"
            );
            known(&district.reporter)?;
            known(&district.leader)?;
            if let Some(document) = &district.document {
                check_file_name(document)?;
            }
            for section in &district.section {
                let key = &section.key;
                ensure!(
                    keys.contains(key.as_str()),
                    "`template.toml` has no section `{key}`"
                );
            }
        }
        self.check_placeholders()
    }

    /// Checks that every placeholder stands for something.
    fn check_placeholders(&self) -> Result<()> {
        const OTHERS: [&str; 6] = [
            "request.document_number",
            "request.issue_date",
            "request.title",
            "issuer.name",
            "unit.name",
            "period.name",
        ];
        let indicators: BTreeSet<_> = self
            .indicators
            .indicator
            .iter()
            .map(|it| it.id.as_str())
            .collect();
        for text in self.texts() {
            for placeholder in placeholders(text)? {
                let known = match placeholder.strip_prefix("value.") {
                    Some(value) => {
                        let indicator = value.strip_suffix("|capitalize").unwrap_or(value);
                        indicators.contains(indicator)
                    }
                    None => OTHERS.contains(&placeholder),
                };
                ensure!(
                    known,
                    "the sample has a placeholder for nothing: `{{{{{placeholder}}}}}`"
                );
            }
        }
        Ok(())
    }

    /// Returns every text in which placeholders may stand.
    fn texts(&self) -> Vec<&str> {
        let template = &self.template;
        let mut texts = vec![&*template.subject, &*template.opening, &*template.closing];
        for section in &template.section {
            texts.push(&section.heading);
            texts.extend(section.block.iter().map(Block::text));
        }
        for district in &self.districts {
            texts.extend(district.closing.as_deref());
            texts.extend(
                district
                    .section
                    .iter()
                    .flat_map(|it| &it.block)
                    .map(Block::text),
            );
            texts.extend(district.proposal.iter().map(|it| it.text.as_str()));
        }
        texts
    }
}

/// A document is written under `--out` and nowhere else.
fn check_file_name(name: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure!(
        !name.is_empty() && name.bytes().all(plain),
        "`{name}` cannot name a document: a-z, digits and `-`"
    );
    Ok(())
}

/// Returns what stands between `{{` and `}}`.
fn placeholders(text: &str) -> Result<Vec<&str>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let (placeholder, after) = after
            .split_once("}}")
            .with_context(|| format!("a `{{{{` is not closed in `{text}`"))?;
        found.push(placeholder);
        rest = after;
    }
    Ok(found)
}

fn read<T: DeserializeOwned>(directory: Option<&Path>, file: &str) -> Result<T> {
    let path = directory.map(|it| it.join(file));
    let shown = path
        .as_ref()
        .map_or_else(|| file.to_owned(), |it| it.display().to_string());
    let text = match &path {
        Some(path) => fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?,
        None => embedded(file).to_owned(),
    };
    toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |it| it.start);
        let line = text
            .get(..at)
            .map_or(1, |before| before.matches('\n').count() + 1);
        anyhow!("`{shown}`, line {line}: {}", error.message())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_that_comes_with_the_program_can_be_read() {
        let sample = Sample::load(None).unwrap();
        assert_eq!(sample.units.unit.len(), 1 + 1 + 13 + 5);
        assert_eq!(sample.request.units.len(), 13);
        assert_eq!(sample.districts[0].unit, "huyen-minh-long");
    }

    #[test]
    fn every_figure_of_minh_long_is_a_placeholder_for_a_value_it_enters() {
        let sample = Sample::load(None).unwrap();
        let minh_long = &sample.districts[0];
        let entered: BTreeSet<_> = minh_long
            .value
            .iter()
            .map(|it| it.indicator.as_str())
            .collect();
        let mut cited = BTreeSet::new();
        for text in minh_long
            .section
            .iter()
            .flat_map(|it| &it.block)
            .map(Block::text)
        {
            assert!(!text.contains('%') && !text.contains("132"), "{text}");
            let values = placeholders(text).unwrap().into_iter();
            let values = values.filter_map(|it| it.strip_prefix("value."));
            cited.extend(values.map(|it| it.trim_end_matches("|capitalize").to_owned()));
        }
        assert!(cited.iter().map(String::as_str).eq(entered));
    }

    #[test]
    fn whatever_is_invented_says_so() {
        for district in &Sample::load(None).unwrap().districts[1..] {
            assert_eq!(district.note, "Số liệu minh họa");
            assert!(
                district
                    .project
                    .iter()
                    .all(|it| it.display_name.starts_with("(Minh họa) "))
            );
        }
    }

    #[test]
    fn a_placeholder_for_nothing_is_told_before_the_walk_begins() {
        let mut sample = Sample::load(None).unwrap();
        sample.template.opening = "{{value.ty-le-khong-co}} và {{unit.name}}".into();
        let error = sample.check().unwrap_err().to_string();
        assert!(error.contains("{{value.ty-le-khong-co}}"), "{error}");
        sample.template.opening = "{{unit.name".into();
        assert!(sample.check().is_err());
    }

    #[test]
    fn a_slip_in_a_sample_file_is_told_with_file_and_line() {
        let directory = tempfile::tempdir().unwrap();
        for file in [
            "units.toml",
            "people.toml",
            "indicators.toml",
            "template.toml",
            "request.toml",
        ] {
            fs::write(directory.path().join(file), embedded(file)).unwrap();
        }
        let slip = embedded("minh-long.toml").replacen("not-started", "not-startd", 1);
        fs::write(directory.path().join("minh-long.toml"), &slip).unwrap();
        let line = slip
            .lines()
            .position(|it| it.contains("not-startd"))
            .unwrap()
            + 1;
        let error = Sample::load(Some(directory.path()))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("minh-long.toml`, line {line}: `not-startd`")),
            "{error}"
        );
    }
}
