//! Formulas of any shape: printed and read back, computed against a plain evaluator, and
//! texts that are no formulas at all.

use proptest::prelude::*;

use super::*;

fn leaf(what: What) -> Node {
    Node { what, column: 1 }
}

fn boxed(node: Node) -> Box<Node> {
    Box::new(node)
}

fn references() -> impl Strategy<Value = Reference> {
    let id = prop_oneof![Just("hai"), Just("ba"), Just("khac"), Just("chua")];
    let part = prop_oneof![
        Just(Part::Whole),
        Just(Part::Numerator),
        Just(Part::Denominator)
    ];
    let when = prop_oneof![
        Just(Offset::Same),
        (1..=120_u32).prop_map(Offset::Back),
        Just(Offset::LastYear)
    ];
    (id, part, when, any::<bool>()).prop_map(|(id, part, when, year_to_date)| Reference {
        indicator: IndicatorId::new(id).unwrap(),
        part,
        when,
        year_to_date,
    })
}

fn numbers() -> impl Strategy<Value = Number> {
    "(0|[1-9][0-9]{0,3})(\\.[0-9]{0,2}[1-9])?".prop_map(|it| Number::parse(&it).unwrap())
}

fn operators(strength: Strength) -> impl Strategy<Value = Operator> {
    use Operator::{Add, And, Divide, Multiply, Or, Remainder, Subtract};
    prop::sample::select(match strength {
        Strength::Or => vec![Or],
        Strength::And => vec![And],
        Strength::Sum => vec![Add, Subtract],
        _ => vec![Multiply, Divide, Remainder],
    })
}

/// Formulas of any shape, also such as make no sense.
fn nodes() -> impl Strategy<Value = Node> {
    let leaves = prop_oneof![
        numbers().prop_map(|it| leaf(What::Number(it))),
        any::<bool>().prop_map(|it| leaf(What::Truth(it))),
        references().prop_map(|it| leaf(What::Reference(it))),
    ];
    leaves.prop_recursive(5, 64, 4, |inner| {
        use Operator::{AtLeast, AtMost, Differs, Equal, Greater, Less};
        let compare = prop::sample::select(vec![Equal, Differs, Less, AtMost, Greater, AtLeast]);
        let strengths = prop_oneof![
            Just(Strength::Or),
            Just(Strength::And),
            Just(Strength::Sum),
            Just(Strength::Product)
        ];
        let links = {
            let inner = inner.clone();
            strengths.prop_flat_map(move |strength| {
                prop::collection::vec((operators(strength), inner.clone()), 1..4)
            })
        };
        let function = prop::sample::select(Function::ALL.to_vec());
        let arguments = prop::collection::vec(inner.clone(), 3);
        prop_oneof![
            inner.clone().prop_map(|it| leaf(What::Negate(boxed(it)))),
            inner.clone().prop_map(|it| leaf(What::Not(boxed(it)))),
            (inner.clone(), links)
                .prop_map(|(first, links)| leaf(What::Chain(boxed(first), links))),
            (compare, inner.clone(), inner.clone())
                .prop_map(|(it, left, right)| leaf(What::Compare(it, boxed(left), boxed(right)))),
            (inner.clone(), inner)
                .prop_map(|(base, exponent)| leaf(What::Power(boxed(base), boxed(exponent)))),
            (function, arguments).prop_map(|(function, mut arguments)| {
                arguments.truncate(function.arguments().1.min(3));
                leaf(What::Call(function, arguments))
            }),
        ]
    })
}

/// Formulas of numbers alone, small enough for the plain evaluator.
fn sums() -> impl Strategy<Value = Node> {
    let leaves = (0..10_i64).prop_map(|it| leaf(What::Number(Number::from(it))));
    leaves.prop_recursive(4, 24, 3, |inner| {
        let links = {
            let inner = inner.clone();
            prop_oneof![Just(Strength::Sum), Just(Strength::Product)].prop_flat_map(
                move |strength| prop::collection::vec((operators(strength), inner.clone()), 1..3),
            )
        };
        prop_oneof![
            inner.clone().prop_map(|it| leaf(What::Negate(boxed(it)))),
            (inner.clone(), links)
                .prop_map(|(first, links)| leaf(What::Chain(boxed(first), links))),
            (inner.clone(), 0..3_i64).prop_map(|(base, exponent)| {
                let exponent = leaf(What::Number(Number::from(exponent)));
                leaf(What::Power(boxed(base), boxed(exponent)))
            }),
            prop::collection::vec(inner, 2)
                .prop_map(|arguments| leaf(What::Call(Function::Max, arguments))),
        ]
    })
}

/// A fraction that is not reduced; `None` divides by zero.
type Plain = Option<(i128, i128)>;

/// Computes as one would by hand, with none of our numbers. The outer nothing is a
/// number that does not fit here.
fn plain(node: &Node) -> Option<Plain> {
    let reduced = |it: (i128, i128)| {
        let (mut one, mut other) = (it.0.unsigned_abs(), it.1.unsigned_abs());
        while other != 0 {
            (one, other) = (other, one % other);
        }
        let divisor = i128::try_from(one.max(1)).ok()? * it.1.signum();
        Some((it.0 / divisor, it.1 / divisor))
    };
    let multiply =
        |a: (i128, i128), b: (i128, i128)| reduced((a.0.checked_mul(b.0)?, a.1.checked_mul(b.1)?));
    let add = |a: (i128, i128), b: (i128, i128)| {
        let numerator = a.0.checked_mul(b.1)?.checked_add(b.0.checked_mul(a.1)?)?;
        reduced((numerator, a.1.checked_mul(b.1)?))
    };
    match &node.what {
        What::Number(number) => Some(Some((i128::from(number.to_i64()?), 1))),
        What::Negate(inner) => Some(plain(inner)?.map(|it| (-it.0, it.1))),
        What::Power(base, exponent) => {
            let Some(base) = plain(base)? else {
                return Some(None);
            };
            let What::Number(times) = &exponent.what else {
                return None;
            };
            let times = 0..times.to_i64()?;
            let power = times
                .into_iter()
                .try_fold((1, 1), |it, _| multiply(it, base))?;
            Some(Some(power))
        }
        What::Chain(first, links) => {
            let mut total = plain(first)?;
            for (operator, operand) in links {
                let operand = plain(operand)?;
                let (Some(left), Some(right)) = (total, operand) else {
                    total = None;
                    continue;
                };
                total = match operator {
                    Operator::Add => Some(add(left, right)?),
                    Operator::Subtract => Some(add(left, (-right.0, right.1))?),
                    Operator::Multiply => Some(multiply(left, right)?),
                    _ if right.0 == 0 => None,
                    Operator::Divide => Some(multiply(left, (right.1, right.0))?),
                    _ => {
                        let quotient = multiply(left, (right.1, right.0))?;
                        let whole = (-(quotient.0 / quotient.1), 1);
                        Some(add(left, multiply(whole, right)?)?)
                    }
                };
            }
            Some(total)
        }
        What::Call(_, arguments) => {
            let mut greatest: Plain = None;
            for argument in arguments {
                let Some(it) = plain(argument)? else {
                    return Some(None);
                };
                let is_greater = match greatest {
                    None => true,
                    Some(other) => it.0.checked_mul(other.1)? > other.0.checked_mul(it.1)?,
                };
                if is_greater {
                    greatest = Some(it);
                }
            }
            Some(greatest)
        }
        _ => None,
    }
}

fn soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "=",
        "<>",
        "<",
        ">=",
        "and",
        "or",
        "not",
        "if",
        "coalesce",
        "isNull",
        "min",
        "sum",
        "avg",
        "round",
        "ratio",
        "true",
        "1",
        "0",
        "2.5",
        "512",
        "999999999999999999",
        "[hai]",
        "[khac]",
        "[chua@ytd]",
        "[ba.numerator@-2]",
        "[",
        "]",
        "@",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|it| it.join(" "))
}

/// Reads and computes a text in every way; what is wrong is told and nothing panics.
fn survives(text: &str) {
    for missing in [Missing::SkipIfAny, Missing::SkipIfAll, Missing::NeverSkip] {
        match Formula::parse(text, missing) {
            Err(problem) => {
                assert!(problem.column >= 1 && problem.column <= text.chars().count() + 1);
            }
            Ok(formula) => {
                let again = Formula::parse(&formula.to_string(), missing);
                assert_eq!(again.as_ref(), Ok(&formula));
                let _ = formula.evaluate(&mut Steps::default(), &figure);
            }
        }
    }
}

/// Formulas in which something was taken out, put in or doubled.
fn broken() -> impl Strategy<Value = String> {
    let places = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (nodes(), places, "\\PC{0,3}").prop_map(|(root, (one, other), put)| {
        let missing = Missing::SkipIfAny;
        let text: Vec<char> = Formula { root, missing }.to_string().chars().collect();
        let (one, other) = (one.index(text.len() + 1), other.index(text.len() + 1));
        let (before, after) = (text[..one].iter(), text[other..].iter());
        let between: Vec<char> = put.chars().collect();
        before.chain(&between).chain(after).collect()
    })
}

/// As many cases as `PROPTEST_CASES` says, for a long run by hand.
fn cases() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(512),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_printed_is_read_back(root in nodes()) {
        let formula = Formula { root, missing: Missing::SkipIfAny };
        let text = formula.to_string();
        // A call has its own number of arguments, and brackets may make it too deep.
        if let Ok(again) = Formula::parse(&text, Missing::SkipIfAny) {
            prop_assert_eq!(&again, &formula, "{}", text);
        } else {
            let told = Formula::parse(&text, Missing::SkipIfAny).unwrap_err();
            let expected = ["FORMULA_ARGUMENTS", "FORMULA_TOO_DEEP"];
            prop_assert!(expected.contains(&told.reason.code), "{} {:?}", text, told);
        }
    }

    #[test]
    fn numbers_come_out_as_by_hand(root in sums()) {
        let expected = plain(&root);
        prop_assume!(expected.is_some());
        let formula = Formula { root, missing: Missing::SkipIfAny };
        let outcome = formula.evaluate(&mut Steps::default(), &figure).map(|it| it.outcome);
        match expected {
            None => {}
            Some(None) => prop_assert_eq!(outcome, Ok(Outcome::Absent(Absence::NotArisen))),
            Some(Some((numerator, denominator))) => {
                let Ok(Outcome::Number(number)) = outcome else {
                    return Err(TestCaseError::fail(format!("{formula}: {outcome:?}")));
                };
                let by_hand = format!("{numerator}/{denominator}");
                prop_assert_eq!(number.to_fraction(), by_hand, "{}", formula);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        survives(&text);
    }

    #[test]
    fn no_letters_make_it_panic(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_broken_formula_makes_it_panic(text in broken()) {
        survives(&text);
    }

    #[test]
    fn no_soup_of_words_makes_it_panic(text in soup()) {
        survives(&text);
    }
}
