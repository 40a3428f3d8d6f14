//! A department that scores communes: what the tests of scorecards have in common.

use proto::{directory::UnitKind, indicators as pb, shared};
use testkit::Person;
use tonic::Status;

use crate::story::{Story, definition, item};

pub(crate) const SET: &str = "criteriaSets/cap-xa";
pub(crate) const CARD: &str = "scorecards/cap-xa-2026";
pub(crate) const FIRST_REVISION: &str = "criteriaSets/cap-xa/revisions/1";

/// Communes of Minh Long, with the one every world has.
pub(crate) const COMMUNES: [&str; 4] =
    ["xa-long-hiep", "xa-long-mai", "xa-long-son", "xa-thanh-an"];

/// The scene: communes, who enters their figures, and who scores them.
pub(crate) struct Scoring {
    pub(crate) story: Story,
    /// Scores for the department, over the whole province.
    pub(crate) scorer: Person,
    /// Hands over for the district and its communes.
    pub(crate) leader: Person,
}

impl Scoring {
    pub(crate) async fn begins() -> Self {
        let story = Story::begins().await;
        for (unit, name) in [
            ("xa-long-mai", "UBND xã Long Mai"),
            ("xa-long-son", "UBND xã Long Sơn"),
            ("xa-thanh-an", "UBND xã Thanh An"),
        ] {
            let kind = UnitKind::Commune;
            let world = &story.world;
            world.unit(unit, name, kind, "units/huyen-minh-long").await;
        }
        let world = &story.world;
        let scorer = world
            .person("tham-dinh", "receiver", "tinh-quang-ngai")
            .await;
        let leader = world.person("lanh-dao", "leader", "huyen-minh-long").await;
        Self {
            scorer,
            leader,
            story,
        }
    }

    /// Publishes the indicators that a set looks at.
    pub(crate) async fn define(&self, indicators: &[(&str, pb::ValueKind)]) {
        for (id, kind) in indicators {
            let mut indicator = definition(id, *kind);
            match kind {
                pb::ValueKind::Score => {
                    indicator.unit_aggregation = pb::Aggregation::RatioOfSums.into();
                }
                pb::ValueKind::Choice => {
                    indicator.choices = vec!["Tốt".into(), "Trung bình".into(), "Chưa tốt".into()];
                }
                _ => {}
            }
            self.story.publish_new(id, indicator).await.unwrap();
        }
    }

    /// Enters figures of a commune for 2026.
    pub(crate) async fn enter(&self, unit: &str, items: Vec<pb::ValueItem>) {
        self.enter_for(unit, "2026", items).await;
    }

    pub(crate) async fn enter_for(&self, unit: &str, period: &str, items: Vec<pb::ValueItem>) {
        let upsert = pb::UpsertIndicatorValuesRequest {
            unit: format!("units/{unit}"),
            period: period.into(),
            items,
            ..Default::default()
        };
        // The department's people may write anywhere in the district.
        let results = self.story.upsert(&self.story.reporter, upsert).await;
        for result in results.unwrap() {
            let refused = shared::Disposition::Rejected;
            assert_ne!(result.disposition(), refused, "{:?}", result.issues);
        }
    }

    pub(crate) async fn create_set(&self, set: pb::CriteriaSet) -> Result<pb::CriteriaSet, Status> {
        let create = pb::CreateCriteriaSetRequest {
            criteria_set: Some(set),
            criteria_set_id: "cap-xa".into(),
            ..Default::default()
        };
        let asked = self.scorer.ask(create);
        let answer = self.story.scores.clone().create_criteria_set(asked).await?;
        Ok(answer.into_inner())
    }

    pub(crate) async fn publish_set(
        &self,
        name: &str,
        etag: &str,
    ) -> Result<pb::CriteriaSetRevision, Status> {
        let publish = pb::PublishCriteriaSetRequest {
            name: name.into(),
            change_note: "Ban hành lần đầu".into(),
            etag: etag.into(),
            ..Default::default()
        };
        let asked = self.scorer.ask(publish);
        let answer = self
            .story
            .scores
            .clone()
            .publish_criteria_set(asked)
            .await?;
        Ok(answer.into_inner())
    }

    /// Creates and publishes a set, and opens a scorecard over communes for 2026.
    pub(crate) async fn open(&self, set: pb::CriteriaSet, units: &[&str]) -> pb::Scorecard {
        let set = self.create_set(set).await.unwrap();
        self.publish_set(SET, &set.etag).await.unwrap();
        let create = create(scorecard("2026", units), "cap-xa-2026");
        self.create_card(create).await.unwrap()
    }

    pub(crate) async fn create_card(
        &self,
        create: pb::CreateScorecardRequest,
    ) -> Result<pb::Scorecard, Status> {
        let asked = self.scorer.ask(create);
        let answer = self.story.scores.clone().create_scorecard(asked).await?;
        Ok(answer.into_inner())
    }

    pub(crate) async fn card(&self, name: &str) -> pb::Scorecard {
        let asked = self
            .scorer
            .ask(pb::GetScorecardRequest { name: name.into() });
        let answer = self.story.scores.clone().get_scorecard(asked).await;
        answer.unwrap().into_inner()
    }

    pub(crate) async fn compute(&self, name: &str) -> pb::Scorecard {
        let compute = pb::ComputeScorecardRequest {
            name: name.into(),
            etag: self.card(name).await.etag,
            ..Default::default()
        };
        let asked = self.scorer.ask(compute);
        let answer = self.story.scores.clone().compute_scorecard(asked).await;
        answer.unwrap().into_inner()
    }

    pub(crate) async fn publish(&self, name: &str) -> Result<pb::Scorecard, Status> {
        let publish = pb::PublishScorecardRequest {
            name: name.into(),
            etag: self.card(name).await.etag,
            ..Default::default()
        };
        let asked = self.scorer.ask(publish);
        let answer = self.story.scores.clone().publish_scorecard(asked).await?;
        Ok(answer.into_inner())
    }

    /// Returns the results in the order of the ranking.
    pub(crate) async fn results(&self, card: &str) -> Vec<pb::ScorecardResult> {
        let list = pb::ListScorecardResultsRequest {
            parent: card.into(),
            page_size: 500,
            ..Default::default()
        };
        let asked = self.scorer.ask(list);
        let answer = self
            .story
            .scores
            .clone()
            .list_scorecard_results(asked)
            .await;
        answer.unwrap().into_inner().results
    }

    pub(crate) async fn result(
        &self,
        person: &Person,
        unit: &str,
    ) -> Result<pb::ScorecardResult, Status> {
        let name = format!("{CARD}/results/{unit}");
        let asked = person.ask(pb::GetScorecardResultRequest { name });
        let answer = self
            .story
            .scores
            .clone()
            .get_scorecard_result(asked)
            .await?;
        Ok(answer.into_inner())
    }

    /// Returns the ranking as lines: place, unit, points of maximum.
    pub(crate) async fn ranking(&self, card: &str) -> Vec<String> {
        self.results(card).await.iter().map(ranked).collect()
    }
}

pub(crate) fn ranked(result: &pb::ScorecardResult) -> String {
    let (rank, unit) = (result.rank, result.unit.trim_start_matches("units/"));
    format!("{rank} {unit} {}/{}", result.points, result.maximum)
}

pub(crate) fn scorecard(period: &str, units: &[&str]) -> pb::Scorecard {
    pb::Scorecard {
        display_name: format!("Chấm điểm cấp xã {period}"),
        owner_unit: "units/so-tttt".into(),
        period: period.into(),
        criteria_set_revision: FIRST_REVISION.into(),
        units: units.iter().map(|it| format!("units/{it}")).collect(),
        ..Default::default()
    }
}

pub(crate) fn create(scorecard: pb::Scorecard, id: &str) -> pb::CreateScorecardRequest {
    pb::CreateScorecardRequest {
        scorecard: Some(scorecard),
        scorecard_id: id.into(),
        ..Default::default()
    }
}

pub(crate) fn set(criteria: Vec<pb::Criterion>) -> pb::CriteriaSet {
    pb::CriteriaSet {
        display_name: "Đánh giá chuyển đổi số cấp xã".into(),
        issuer_unit: "units/so-tttt".into(),
        document_number: "12/QĐ-UBND".into(),
        document_date: "2022-03-01".into(),
        unit_kinds: vec![UnitKind::Commune.into()],
        criteria,
        ranking: Some(pb::Ranking {
            ranked_by: pb::RankedBy::Percent.into(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(crate) fn group(key: &str, kind: pb::GroupKind, max: &str) -> pb::Criterion {
    pb::Criterion {
        key: key.into(),
        title: format!("Nhóm {key}"),
        max_score: max.into(),
        content: Some(pb::criterion::Content::Group(pb::CriterionGroup {
            kind: kind.into(),
        })),
        ..Default::default()
    }
}

/// A criterion in a group; the key says which: `I.1` is in `I`.
pub(crate) fn line(key: &str, max: &str, rule: pb::scoring_rule::Rule) -> pb::Criterion {
    let parent = key.rsplit_once('.').map_or("", |(parent, _)| parent);
    pb::Criterion {
        key: key.into(),
        parent_key: parent.into(),
        title: format!("Tiêu chí {key}"),
        max_score: max.into(),
        content: Some(pb::criterion::Content::Rule(pb::ScoringRule {
            rule: Some(rule),
        })),
        ..Default::default()
    }
}

fn name(indicator: &str) -> String {
    format!("indicators/{indicator}")
}

fn figure(indicator: &str) -> Option<pb::ScoredFigure> {
    Some(pb::ScoredFigure {
        indicator: name(indicator),
        ..Default::default()
    })
}

pub(crate) fn flag(indicator: &str) -> pb::scoring_rule::Rule {
    pb::scoring_rule::Rule::Flag(pb::FlagRule {
        indicator: name(indicator),
        ..Default::default()
    })
}

pub(crate) fn linear(indicator: &str) -> pb::scoring_rule::Rule {
    pb::scoring_rule::Rule::Linear(pb::LinearRule {
        figure: figure(indicator),
    })
}

/// Disbursed of assigned, from 60 to 85 %.
pub(crate) fn disbursement() -> pb::scoring_rule::Rule {
    pb::scoring_rule::Rule::Threshold(pb::ThresholdRule {
        figure: Some(pb::ScoredFigure {
            indicator: name("giai-ngan"),
            denominator_indicator: name("von-duoc-giao"),
        }),
        floor: "60".into(),
        ceiling: "85".into(),
        ..Default::default()
    })
}

/// Up to two days late together, then day by day.
pub(crate) fn days_late(indicator: &str) -> pb::scoring_rule::Rule {
    pb::scoring_rule::Rule::Penalty(pb::PenaltyRule {
        figure: figure(indicator),
        first_count: "2".into(),
        first_score: "1".into(),
        each_score: "1".into(),
    })
}

pub(crate) fn external(indicator: &str) -> pb::scoring_rule::Rule {
    pb::scoring_rule::Rule::External(pb::ExternalRule {
        indicator: name(indicator),
    })
}

pub(crate) fn expert() -> pb::scoring_rule::Rule {
    pb::scoring_rule::Rule::Expert(pb::ExpertRule {})
}

/// The criterion is out of the question for a unit without funds.
pub(crate) fn left_out(absence: shared::Absence) -> pb::AbsenceRule {
    pb::AbsenceRule {
        absence: absence.into(),
        leaves_out: true,
        ..Default::default()
    }
}

pub(crate) fn yes(indicator: &str, flag: bool) -> pb::ValueItem {
    let quantity = shared::Quantity {
        value: Some(shared::quantity::Value::Flag(flag)),
        ..Default::default()
    };
    item(indicator, quantity)
}

pub(crate) fn money(indicator: &str, amount: i64) -> pb::ValueItem {
    let quantity = shared::Quantity {
        value: Some(shared::quantity::Value::AmountVnd(amount)),
        ..Default::default()
    };
    item(indicator, quantity)
}

pub(crate) fn absent(indicator: &str, absence: shared::Absence) -> pb::ValueItem {
    let quantity = shared::Quantity {
        absence: absence.into(),
        ..Default::default()
    };
    item(indicator, quantity)
}

pub(crate) fn score_of<'a>(result: &'a pb::ScorecardResult, key: &str) -> &'a pb::CriterionScore {
    result.scores.iter().find(|it| it.key == key).unwrap()
}

/// The lines of a result as text: what a person checks by eye.
pub(crate) fn shown(result: &pb::ScorecardResult) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let or_dash = |it: &str| {
        if it.is_empty() {
            "–".to_owned()
        } else {
            it.to_owned()
        }
    };
    for line in &result.scores {
        let basis = line
            .basis()
            .as_str_name()
            .trim_start_matches("SCORE_BASIS_");
        let inputs: Vec<_> = line
            .inputs
            .iter()
            .map(|it| {
                let name = it.indicator_value.trim_start_matches("indicators/");
                let name = name.replace("/values/", "@");
                let told = it.quantity.as_ref().map_or("–", |it| it.text_vi.as_str());
                format!("{name} = {told} (r{})", it.revision)
            })
            .collect();
        let issues: Vec<_> = line.issues.iter().map(|it| it.code.as_str()).collect();
        writeln!(
            text,
            "{:<8} {:>6} of {:>6} {:<14} {} {}",
            line.key,
            or_dash(&line.score),
            or_dash(&line.max_score),
            basis,
            inputs.join("; "),
            issues.join(" "),
        )
        .unwrap();
    }
    writeln!(
        text,
        "total {} of {} = {} %, claimed {}, missing {}, grade {}, place {} ({}–{})",
        result.points,
        result.maximum,
        or_dash(&result.percent),
        result.self_points,
        result.missing_count,
        or_dash(&result.grade),
        result.rank,
        result.best_rank,
        result.worst_rank,
    )
    .unwrap();
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}
