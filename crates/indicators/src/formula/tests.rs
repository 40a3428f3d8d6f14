//! What formulas give, where they stop, and what they never do.

use types::quantity::{Absence, Qualifier};

use super::{
    evaluate::{Evaluated, Figure, Outcome, Steps},
    *,
};

mod properties;

/// The figures the tests know: `hai` is 2, `ba` is 3, `co` is yes, `chua` has not arisen,
/// and of every other indicator nothing was reported.
fn figure(reference: &Reference) -> Result<Figure, Problem> {
    let number = |it: i64| Outcome::Number(Number::from(it));
    let outcome = match (reference.indicator.as_str(), reference.when) {
        ("hai", Offset::Same) => number(2),
        ("hai", Offset::LastYear) => number(1),
        ("ba", Offset::Same) => number(3),
        ("co", _) => Outcome::Truth(true),
        ("chua", _) => Outcome::Absent(Absence::NotArisen),
        _ => Outcome::Absent(Absence::NotCollected),
    };
    let nothing = match reference.indicator.as_str() {
        "khong-co" => Outcome::Truth(false),
        _ => number(0),
    };
    Ok(Figure {
        outcome,
        qualifier: Qualifier::Exact,
        nothing,
    })
}

fn evaluated(text: &str, missing: Missing) -> Result<Evaluated, Problem> {
    let formula = Formula::parse(text, missing)?;
    formula.evaluate(&mut Steps::default(), &figure)
}

/// Writes what a formula gives.
fn given(text: &str, missing: Missing) -> String {
    match evaluated(text, missing) {
        Err(problem) => format!("{} {}", problem.reason.code, problem.column),
        Ok(evaluated) => match evaluated.outcome {
            Outcome::Number(number) => number.to_string(),
            Outcome::Truth(truth) => truth.to_string(),
            Outcome::Share(numerator, denominator) => format!("{numerator} of {denominator}"),
            Outcome::Absent(absence) => absence.to_vietnamese().to_owned(),
        },
    }
}

fn gives(text: &str) -> String {
    given(text, Missing::SkipIfAny)
}

#[test]
fn operators_hold_as_in_school() {
    for (text, result) in [
        ("12/3*2", "8"),
        ("2^3^2", "512"),
        ("(2^3)^2", "64"),
        ("-2^2", "-4"),
        ("2^-1", "0.5"),
        ("10-3-2", "5"),
        ("1+2*3", "7"),
        ("7 % 3", "1"),
        ("-7 % 3", "-1"),
        ("7.5 % 2", "1.5"),
        ("12/7*7", "12"),
        ("1/3 + 1/3 + 1/3 = 1", "true"),
        ("2 > 1 and not 1 > 2 or false", "true"),
        ("not false and false", "false"),
        ("1 <> 2 and 1 <= 1 and 2 >= 1 and 1 < 2", "true"),
        ("(1 < 2) = true", "true"),
        ("--2", "2"),
    ] {
        assert_eq!(gives(text), result, "{text}");
    }
}

#[test]
fn functions_give_what_their_names_say() {
    for (text, result) in [
        ("min(3, 1, 2)", "1"),
        ("max(3, 1, 2)", "3"),
        ("sum(1, 2, 3)", "6"),
        ("avg(1, 2)", "1.5"),
        ("abs(-3)", "3"),
        ("floor(-1.5)", "-2"),
        ("ceil(-1.5)", "-1"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.345, 2)", "2.35"),
        ("floor(12/7*7)", "12"),
        ("if([co], 1, 2)", "1"),
        ("if(1 > 2, 1/0, [hai])", "2"),
        ("coalesce([khac], [hai])", "2"),
        ("firstNonNull([khac], [chua], 7)", "7"),
        ("isNull([khac])", "true"),
        ("isNull([hai])", "false"),
        ("ratio([hai], [ba])", "2 of 3"),
        ("[hai] - [hai@last-year]", "1"),
    ] {
        assert_eq!(gives(text), result, "{text}");
    }
}

#[test]
fn what_divides_by_zero_has_no_value_and_is_no_error() {
    for text in ["1/0", "1 % 0", "0^-1", "ratio(1, 0)", "1 + 1/0", "1/0 > 2"] {
        assert_eq!(gives(text), "chưa phát sinh", "{text}");
    }
    assert_eq!(gives("coalesce([hai] / 0, 5)"), "5");
    assert_eq!(gives("0^0"), "1");
    assert_eq!(given("1/0", Missing::NeverSkip), "chưa phát sinh");
}

#[test]
fn a_missing_figure_is_handled_as_the_formula_says() {
    use Missing::{NeverSkip, SkipIfAll, SkipIfAny};
    let missing = "chưa thu thập";
    for (text, any, all, never) in [
        ("[hai] + [khac]", missing, missing, "2"),
        ("sum([hai], [khac], [ba])", missing, "5", "5"),
        ("avg([hai], [khac])", missing, "2", "1"),
        ("min([hai], [khac])", missing, "2", "0"),
        ("sum([khac], [khac.numerator])", missing, missing, "0"),
        ("coalesce([khac], 5)", "5", missing, "5"),
        ("if([khong-co], 1, 2)", missing, missing, "2"),
        ("isNull([khac])", "true", missing, "true"),
        ("[chua] + 1", "chưa phát sinh", "chưa phát sinh", "1"),
        ("[chua] + [khac]", missing, missing, "0"),
    ] {
        assert_eq!(given(text, SkipIfAny), any, "{text}");
        assert_eq!(given(text, SkipIfAll), all, "{text}");
        assert_eq!(given(text, NeverSkip), never, "{text}");
    }
    let counted = evaluated("[khac] + [khac] + [hai]", NeverSkip).unwrap();
    let told: Vec<_> = counted.counted_as_zero.iter().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to_string(), "[khac]");
    let asked = evaluated("coalesce([khac], 5)", NeverSkip).unwrap();
    assert_eq!(asked.counted_as_zero, []);
}

#[test]
fn what_is_too_great_is_told_with_its_column_and_never_cut() {
    assert_eq!(gives("1 + 10^200"), "FORMULA_OVERFLOW 8");
    assert_eq!(gives("1 + 2^0.5"), "FORMULA_EXPONENT 7");
    assert_eq!(gives("2^513"), "FORMULA_EXPONENT 3");
    assert_eq!(gives("1^512"), "1");
    let large = ["999999999999999999"; 9].join(" * ");
    assert_eq!(gives(&large), "FORMULA_OVERFLOW 169");
    assert_eq!(gives("round(1, 7)"), "FORMULA_DIGITS 10");
    assert_eq!(gives("round(1, 0.5)"), "FORMULA_DIGITS 10");
    assert_eq!(gives("1 + true"), "FORMULA_TYPE 5");
}

#[test]
fn what_cannot_be_read_is_told_at_its_column_in_both_languages() {
    for (text, told) in [
        ("", "FORMULA_EMPTY 1"),
        ("  ", "FORMULA_EMPTY 1"),
        ("1 +", "FORMULA_END 4"),
        ("(1", "FORMULA_END 3"),
        ("1 2", "FORMULA_UNEXPECTED 3"),
        ("1 < 2 < 3", "FORMULA_UNEXPECTED 7"),
        ("and 1", "FORMULA_UNEXPECTED 1"),
        ("1 + ó", "FORMULA_CHARACTER 5"),
        ("1,5", "FORMULA_UNEXPECTED 2"),
        ("1.", "FORMULA_NUMBER 1"),
        ("1.2.3", "FORMULA_NUMBER 1"),
        ("9999999999999999999", "FORMULA_NUMBER 1"),
        ("tổng(1)", "FORMULA_CHARACTER 2"),
        ("total(1)", "FORMULA_WORD 1"),
        ("if(1, 2)", "FORMULA_ARGUMENTS 1"),
        ("min()", "FORMULA_ARGUMENTS 1"),
        ("[hai", "FORMULA_UNCLOSED 1"),
        ("1 + [Hai]", "FORMULA_REFERENCE 6"),
        ("[hai.part]", "FORMULA_REFERENCE 2"),
        ("[hai@]", "FORMULA_MODIFIER 6"),
        ("[hai@ytd,ytd]", "FORMULA_MODIFIER 10"),
        ("[hai@previous,-2]", "FORMULA_MODIFIER 15"),
        ("[hai@-0]", "FORMULA_BACK 6"),
        ("[hai@-121]", "FORMULA_BACK 6"),
    ] {
        assert_eq!(gives(text), told, "{text}");
        let problem = Formula::parse(text, Missing::SkipIfAny).unwrap_err();
        let column = problem.column.to_string();
        assert!(problem.en.contains(&column), "{}", problem.en);
        assert!(problem.vi.contains(&column), "{}", problem.vi);
        assert!(!problem.en.contains('{') && !problem.vi.contains('{'));
    }
    // Characters are counted, not bytes.
    assert_eq!(gives("[hai] + \u{1ea3}"), "FORMULA_CHARACTER 9");
    let control = Formula::parse("1 \u{7}", Missing::SkipIfAny).unwrap_err();
    assert!(control.en.chars().all(|it| !it.is_control()));
}

fn refused(text: &str) -> &'static str {
    match Formula::parse(text, Missing::SkipIfAny) {
        Ok(_) => "",
        Err(problem) => problem.reason.code,
    }
}

#[test]
fn a_formula_has_at_most_4096_bytes() {
    let longest = format!("1{}", " ".repeat(4095));
    assert_eq!(refused(&longest), "");
    assert_eq!(refused(&format!("{longest} ")), "FORMULA_TOO_LONG");
}

#[test]
fn a_formula_is_nested_at_most_32_deep() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    };
    for (open, close) in [("(", ")"), ("-", ""), ("abs(", ")"), ("2^", "")] {
        assert_eq!(refused(&nested(open, close, 32)), "", "{open}");
        let deeper = nested(open, close, 33);
        assert_eq!(refused(&deeper), "FORMULA_TOO_DEEP", "{open}");
    }
    let negations = format!("{}true", "not ".repeat(33));
    assert_eq!(refused(&negations), "FORMULA_TOO_DEEP");
    // The longest text of brackets stops as soon.
    assert_eq!(refused(&"(".repeat(4096)), "FORMULA_TOO_DEEP");
}

#[test]
fn a_formula_has_at_most_1000_parts_and_200_references() {
    // A chain of n numbers has n operators less one.
    let chain = |count| vec!["1"; count].join("+");
    assert_eq!(refused(&chain(500)), "");
    assert_eq!(refused(&chain(501)), "FORMULA_TOO_LARGE");
    let references = |count| vec!["[a]"; count].join("+");
    assert_eq!(refused(&references(200)), "");
    assert_eq!(refused(&references(201)), "FORMULA_TOO_LARGE");
}

#[test]
fn one_answer_takes_at_most_10000_steps() {
    let formula = Formula::parse(&vec!["1"; 500].join("+"), Missing::SkipIfAny).unwrap();
    let mut steps = Steps::default();
    // A number is a step, and so is the chain.
    for _ in 0..19 {
        formula.evaluate(&mut steps, &figure).unwrap();
    }
    let told = formula.evaluate(&mut steps, &figure).unwrap_err();
    assert_eq!(told.reason.code, "FORMULA_STEPS");
}

#[test]
fn it_is_told_before_any_figure_is_there_what_does_not_fit() {
    use types::aggregate::Aggregation;

    use crate::indicator::{Accumulation, ValueKind};
    let known = |id: &IndicatorId| {
        use Aggregation::{CountTrue, Latest, None as Never, RatioOfSums, Sum};
        let (kind, accumulation, period_aggregation) = match id.as_str() {
            "dem" => (ValueKind::Count, Accumulation::InPeriod, Sum),
            "luy-ke" => (ValueKind::Count, Accumulation::YearToDate, Never),
            "tai-ngay" => (ValueKind::Count, Accumulation::AtDate, Latest),
            "rieng" => (ValueKind::Count, Accumulation::InPeriod, Never),
            "ty-le" => (ValueKind::Ratio, Accumulation::InPeriod, RatioOfSums),
            "co" => (ValueKind::Flag, Accumulation::InPeriod, CountTrue),
            "chu" => (ValueKind::Text, Accumulation::AtDate, Latest),
            _ => return None,
        };
        Some(check::Facts {
            kind,
            accumulation,
            period_aggregation,
        })
    };
    let checked = |text: &str| {
        let formula = Formula::parse(text, Missing::SkipIfAny).unwrap();
        match check::check(&formula, &known) {
            Ok(gives) => vec![format!("{gives:?}")],
            Err(problems) => problems
                .iter()
                .map(|it| format!("{} {}", it.reason.code, it.column))
                .collect(),
        }
    };
    for (text, told) in [
        ("[dem@ytd] + [ty-le.numerator]", "Number"),
        ("ratio([dem], [ty-le.denominator])", "Share"),
        ("if([co], [dem], 1)", "Number"),
        ("[co] and isNull([chua])", "FORMULA_NOT_PUBLISHED 17"),
        ("[co] = true", "Truth"),
        ("[co] < true", "FORMULA_TYPE 1"),
        ("[dem] = true", "FORMULA_TYPE 9"),
        ("1 + ratio(1, 2)", "FORMULA_SHARE_INSIDE 5"),
        ("[dem.numerator]", "FORMULA_NO_PARTS 1"),
        ("[tai-ngay@ytd] + [luy-ke@ytd]", "Number"),
        ("[rieng@ytd]", "FORMULA_NO_YEAR_TO_DATE 1"),
        ("[co@ytd]", "FORMULA_NO_YEAR_TO_DATE 1"),
        ("[chu]", "FORMULA_KIND 1"),
        ("if([dem], 1, 2)", "FORMULA_TYPE 4"),
        ("coalesce([dem], [co])", "FORMULA_TYPE 17"),
    ] {
        assert_eq!(checked(text), [told], "{text}");
    }
    let all = checked("[khong] + [co] + [chu]");
    assert_eq!(
        all,
        [
            "FORMULA_NOT_PUBLISHED 1",
            "FORMULA_TYPE 11",
            "FORMULA_KIND 18"
        ]
    );
}

#[test]
fn only_what_is_always_used_is_needed() {
    let needed = |text: &str, missing| {
        let formula = Formula::parse(text, missing).unwrap();
        let needed = formula.needed().into_iter();
        needed
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let any = |text| needed(text, Missing::SkipIfAny);
    assert_eq!(any("ratio([a], [b] + 1)"), "[a] [b]");
    assert_eq!(any("coalesce([a@previous], 0) + [b]"), "[b]");
    assert_eq!(any("if([a] > 1, [b], [c])"), "[a]");
    assert_eq!(any("isNull([a]) or [b]"), "");
    assert_eq!(any("[a] > 1 and [b] > 1"), "[a]");
    assert_eq!(needed("sum([a], [b])", Missing::SkipIfAll), "");
    assert_eq!(needed("[a] - [b]", Missing::NeverSkip), "");
}
