//! Every method that declares a permission, called by every role about units that stand
//! differently to the unit of its grant, over the real gate with all four services.
//!
//! Who may do what is computed from the contract and from `ListRoles` alone. How to ask is
//! data: `access_requests.json`, one line per request (see [`requests`]). First the lines
//! are called in order by people with rights over all units: that proves each to be well
//! formed, and leaves behind what the later ones name. Then everybody else calls them; by
//! then none of them changes anything on which another answer depends.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kit::policy::{Needs, Policy};
use serde::Deserialize;
use tonic::Code;

mod people;
mod requests;
mod world;

use people::{Caller, Grant};
use requests::{Answer, Ask};
use world::World;

/// How the unit of a call stands to huyện Minh Long, where everybody holds his role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Relation {
    Own,
    Subtree,
    Sibling,
    Parent,
    OtherProvince,
    /// There is neither such a unit nor anything of it, which nobody may learn who could
    /// not see it.
    Absent,
    /// The call is about all units at once.
    AllUnits,
}

/// An answer that is not the one of the rules.
#[derive(Debug)]
struct Difference {
    line: usize,
    role: String,
    grant: Grant,
    relation: Relation,
    code: Code,
    told: String,
}

/// What was found, collected so that it can be read at once.
#[derive(Debug, Default)]
struct Findings {
    differences: Vec<Difference>,
    /// Every way in which a request is refused by the rules, and an example of it.
    refusals: BTreeMap<usize, HashMap<Answer, String>>,
    /// How many calls were to be let in, and how many were to be refused.
    expected: (usize, usize),
}

impl Relation {
    const TO_ONE_UNIT: [Self; 6] = [
        Self::Own,
        Self::Subtree,
        Self::Sibling,
        Self::Parent,
        Self::OtherProvince,
        Self::Absent,
    ];

    fn unit(self) -> &'static str {
        match self {
            Self::Own => world::OWN,
            Self::Subtree => "xa-long-hiep",
            Self::Sibling => "huyen-ba-to",
            Self::Parent => "tinh-quang-ngai",
            Self::OtherProvince => "tinh-kon-tum",
            Self::Absent => "huyen-khong-co",
            Self::AllUnits => "",
        }
    }

    /// Returns what a caller is to ask about. A grant that has ended is tried only where
    /// it once counted: elsewhere it was no right before.
    fn of(ask: &Ask, grant: Grant) -> &'static [Self] {
        match (ask.names_unit, grant) {
            (false, _) => &[Self::AllUnits],
            (true, Grant::Standing) => &Self::TO_ONE_UNIT,
            (true, _) => &Self::TO_ONE_UNIT[..2],
        }
    }
}

/// What the rules say, as plainly as they can be written.
fn is_allowed(caller: &Caller, permission: &str, relation: Relation) -> bool {
    caller.grant == Grant::Standing
        && caller.permissions.iter().any(|it| it == permission)
        && matches!(relation, Relation::Own | Relation::Subtree)
}

/// Says whether a call got past the question for its permission. Neither a request whose
/// form is refused nor a fault of ours proves that.
fn is_past_the_check(code: Code) -> bool {
    use Code::{Aborted, AlreadyExists, FailedPrecondition, NotFound, Ok};
    matches!(
        code,
        Ok | NotFound | AlreadyExists | Aborted | FailedPrecondition
    )
}

impl Findings {
    fn take(&mut self, ask: &Ask, caller: &Caller, relation: Relation, answer: Answer) {
        let allowed = is_allowed(caller, &ask.permission, relation);
        let call = format!("{ask} by {caller} on {relation:?}");
        let (should, is_right) = if allowed {
            self.expected.0 += 1;
            ("let in", is_past_the_check(answer.code))
        } else {
            self.expected.1 += 1;
            ("refused", answer.code == Code::PermissionDenied)
        };
        if !is_right {
            self.differences.push(Difference {
                line: ask.line,
                role: caller.role.clone(),
                grant: caller.grant,
                relation,
                code: answer.code,
                told: format!("{call}: to be {should}, but {answer}"),
            });
        } else if !allowed {
            let refusals = self.refusals.entry(ask.line).or_default();
            refusals.entry(answer).or_insert(call);
        }
    }

    /// Returns what nobody knew of, and what is known but is so no more.
    fn against_the_known(&self, asks: &[Ask]) -> Vec<String> {
        let mut known = HashMap::new();
        for ask in asks {
            for it in &ask.known {
                for relation in &it.on {
                    let told = format!("{ask} by {} on {relation:?}", it.role);
                    let told = format!("{told}: it is no more known that {}", it.why);
                    known.insert((ask.line, &*it.role, *relation, it.answer), told);
                }
            }
        }
        let mut found = Vec::new();
        for it in &self.differences {
            let cell = (it.line, &*it.role, it.relation, it.code);
            // No reason is a good one for letting in whose right has ended.
            if it.grant != Grant::Standing || known.remove(&cell).is_none() {
                found.push(it.told.clone());
            }
        }
        let mut gone: Vec<_> = known.into_values().collect();
        gone.sort();
        found.extend(gone);
        found
    }

    /// Returns the requests whose refusals tell more than that they are refused: by them a
    /// caller would learn of things that he may not see.
    fn telling(&self) -> Vec<String> {
        let telling = self.refusals.values().filter(|it| it.len() > 1);
        let told = telling.map(|refusals| {
            let each = refusals
                .iter()
                .map(|(answer, call)| format!("  {call}: {answer}"));
            each.collect::<Vec<_>>().join("\n")
        });
        told.collect()
    }
}

#[tokio::test]
async fn every_role_gets_in_where_its_grant_stands_and_nowhere_else() {
    let mut world = World::new().await;
    let asks = requests::read();
    world.prepare(&asks).await;

    let mut findings = Findings::default();
    for caller in &mut world.callers {
        caller.sign_in(&world.peer).await;
        for ask in asks.iter().filter(|it| !it.only_prepares) {
            for relation in Relation::of(ask, caller.grant) {
                let unit = relation.unit();
                let answer = ask.send(&world.peer, &caller.token, unit).await;
                findings.take(ask, caller, *relation, answer);
            }
        }
    }

    let differences = findings.against_the_known(&asks);
    assert!(
        differences.is_empty(),
        "{} answers are not those of the rules:\n{}",
        differences.len(),
        differences.join("\n")
    );
    let telling = findings.telling();
    assert!(
        telling.is_empty(),
        "refusals that tell what there is:\n{}",
        telling.join("\n")
    );
    // Both answers have to occur often, or the calls prove nothing.
    let (let_in, refused) = findings.expected;
    assert!(let_in > 300 && refused > 3 * let_in, "{let_in} {refused}");
}

#[test]
fn every_method_that_declares_a_permission_has_a_request_here() {
    let policy = Policy::read(proto::DESCRIPTORS).unwrap();
    let asks = requests::read();
    let asked: BTreeSet<_> = asks
        .iter()
        .filter(|it| !it.only_prepares)
        .map(|it| it.path.as_str())
        .collect();
    let missing: Vec<_> = policy
        .paths()
        .into_iter()
        .filter(|it| matches!(policy.needs(it), Some(Needs::Permission(_))))
        .filter(|it| !asked.contains(it))
        .collect();
    assert!(
        missing.is_empty(),
        "add a line to tests/it/access_requests.json for each of:\n{}",
        missing.join("\n")
    );
}
