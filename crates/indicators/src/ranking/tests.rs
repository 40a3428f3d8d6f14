use proptest::prelude::*;

use super::*;

fn ranking(scale: u8, ties: Ties, missing: MissingScores) -> Ranking {
    Ranking {
        by: RankedBy::Points,
        scale,
        ties,
        missing,
    }
}

fn hundredths(totals: &[Option<i64>]) -> Vec<Option<Number>> {
    let number = |it: i64| Number::from(it).divide(&Number::from(100)).unwrap();
    totals.iter().map(|it| it.map(number)).collect()
}

fn ranks(places: &[Option<Place>]) -> Vec<usize> {
    places.iter().map(|it| it.map_or(0, |it| it.rank)).collect()
}

#[test]
fn two_seconds_are_followed_by_a_fourth_or_by_a_third() {
    let totals = hundredths(&[Some(9000), Some(8500), Some(8500), Some(7000)]);
    let skip = ranking(2, Ties::Skip, MissingScores::NotRanked);
    assert_eq!(ranks(&skip.places(&totals)), [1, 2, 2, 4]);
    let dense = ranking(2, Ties::Dense, MissingScores::NotRanked);
    assert_eq!(ranks(&dense.places(&totals)), [1, 2, 2, 3]);
}

#[test]
fn totals_that_are_printed_the_same_share_a_place() {
    let totals = hundredths(&[Some(8544), Some(8536), Some(8545)]);
    let whole = ranking(1, Ties::Skip, MissingScores::NotRanked);
    // 85,4 and 85,4 and 85,5.
    let places = whole.places(&totals);
    assert_eq!(ranks(&places), [2, 2, 1]);
    // The first and the third are 0,01 apart: which is above is for the rounding to say.
    let (best, worst) = (places[0].unwrap().best, places[0].unwrap().worst);
    assert_eq!((best, worst), (1, 3));
}

#[test]
fn a_lead_of_a_whole_unit_is_safe() {
    let totals = hundredths(&[Some(8550), Some(8540), Some(8539)]);
    let places = ranking(1, Ties::Skip, MissingScores::NotRanked).places(&totals);
    let range = |it: usize| (places[it].unwrap().best, places[it].unwrap().worst);
    assert_eq!(range(0), (1, 1));
    assert_eq!((range(1), range(2)), ((2, 3), (2, 3)));
}

#[test]
fn a_unit_whose_scores_are_not_all_known_has_no_place_or_the_last() {
    let totals = hundredths(&[None, Some(8000), Some(9000), Some(8000), None]);
    let none = ranking(2, Ties::Skip, MissingScores::NotRanked);
    assert_eq!(ranks(&none.places(&totals)), [0, 2, 1, 2, 0]);
    let last = ranking(2, Ties::Skip, MissingScores::Last);
    assert_eq!(ranks(&last.places(&totals)), [4, 2, 1, 2, 4]);
    let last = ranking(2, Ties::Dense, MissingScores::Last);
    assert_eq!(ranks(&last.places(&totals)), [3, 2, 1, 2, 3]);
}

fn a_ranking() -> impl Strategy<Value = Ranking> {
    let ties = prop_oneof![Just(Ties::Skip), Just(Ties::Dense)];
    let missing = prop_oneof![Just(MissingScores::NotRanked), Just(MissingScores::Last)];
    (0..3_u8, ties, missing).prop_map(|(scale, ties, missing)| ranking(scale, ties, missing))
}

/// Totals that lie close together, in thousandths, so that places hang on the rounding.
fn close_totals() -> impl Strategy<Value = Vec<Option<i64>>> {
    prop::collection::vec(prop::option::weighted(0.9, -300..300_i64), 1..12)
}

fn thousandths(totals: &[Option<i64>]) -> Vec<Option<Number>> {
    let number = |it: i64| Number::from(it).divide(&Number::from(1000)).unwrap();
    totals.iter().map(|it| it.map(number)).collect()
}

proptest! {
    #[test]
    fn places_do_not_hang_on_the_order_in_which_units_come(
        ranking in a_ranking(),
        totals in close_totals(),
        turn in 0..12_usize,
    ) {
        let places = ranking.places(&thousandths(&totals));
        let mut turned = totals.clone();
        let turn = turn % totals.len();
        turned.rotate_left(turn);
        let mut again = ranking.places(&thousandths(&turned));
        again.rotate_right(turn);
        prop_assert_eq!(places, again);
    }

    #[test]
    fn a_place_is_one_more_than_the_units_or_the_totals_above_it(
        ranking in a_ranking(),
        totals in close_totals(),
    ) {
        let numbers = thousandths(&totals);
        let places = ranking.places(&numbers);
        let rounded: Vec<_> =
            numbers.iter().map(|it| it.as_ref().map(|it| it.round(ranking.scale).unwrap())).collect();
        for (place, total) in places.iter().zip(&rounded) {
            let Some(total) = total else { continue };
            let mut above: Vec<_> = rounded.iter().flatten().filter(|it| *it > total).collect();
            if ranking.ties == Ties::Dense {
                above.sort();
                above.dedup();
            }
            prop_assert_eq!(place.unwrap().rank, above.len() + 1);
        }
    }

    #[test]
    fn the_place_lies_between_the_best_and_the_worst(
        ranking in a_ranking(),
        totals in close_totals(),
    ) {
        for place in ranking.places(&thousandths(&totals)).into_iter().flatten() {
            prop_assert!(place.best <= place.rank && place.rank <= place.worst);
        }
    }

    /// Whatever the true totals are within the rounding, the place by them is among those
    /// that are told.
    #[test]
    fn no_total_off_by_less_than_half_a_unit_leads_out_of_the_interval(
        ties in prop_oneof![Just(Ties::Skip), Just(Ties::Dense)],
        totals in prop::collection::vec((-300..300_i64, -49..=49_i64), 1..12),
    ) {
        // One digit: a unit is 100 thousandths, half of it 50.
        let ranking = ranking(1, ties, MissingScores::NotRanked);
        let told: Vec<_> = totals.iter().map(|(it, _)| Some(*it)).collect();
        let places = ranking.places(&thousandths(&told));
        let moved: Vec<_> = totals.iter().map(|(it, off)| it + off).collect();
        for (place, total) in places.iter().zip(&moved) {
            let mut above: Vec<_> = moved.iter().filter(|it| *it > total).collect();
            if ties == Ties::Dense {
                above.sort();
                above.dedup();
            }
            let (rank, place) = (above.len() + 1, place.unwrap());
            prop_assert!(place.best <= rank && rank <= place.worst, "{rank} {place:?}");
        }
    }

    /// The ends of the interval are really reached by some totals within the rounding.
    #[test]
    fn the_best_and_the_worst_place_can_come_about(
        ties in prop_oneof![Just(Ties::Skip), Just(Ties::Dense)],
        totals in prop::collection::vec(-300..300_i64, 1..12),
        which in 0..12_usize,
    ) {
        let ranking = ranking(1, ties, MissingScores::NotRanked);
        let which = which % totals.len();
        let told: Vec<_> = totals.iter().map(|it| Some(*it)).collect();
        let place = ranking.places(&thousandths(&told))[which].unwrap();
        // In millionths, so that there is room between half a unit and what is off.
        let own = totals[which] * 1000;
        let rank = |moved: &[i64], own: i64| {
            let mut above: Vec<_> = moved.iter().filter(|it| **it > own).collect();
            if ties == Ties::Dense {
                above.sort();
                above.dedup();
            }
            above.len() + 1
        };
        let others = || totals.iter().enumerate().filter(|(it, _)| *it != which);
        // At worst all others rise and this one falls; each by a little of its own.
        let risen: Vec<_> = others().map(|(it, total)| total * 1000 + 49_900 + i64::try_from(it).unwrap()).collect();
        prop_assert_eq!(rank(&risen, own - 49_990), place.worst);
        // At best this one rises and all others fall; those that stay above come together.
        let mut left: Vec<_> = others().map(|(_, total)| total * 1000).collect();
        left.sort_unstable();
        let mut fallen = Vec::new();
        let mut meet = i64::MIN;
        for total in left {
            if total - 49_900 > meet {
                meet = match ties {
                    Ties::Skip => total - 49_900,
                    Ties::Dense => total + 49_900,
                };
                if total < own + 100_000 {
                    meet = total - 49_900;
                }
            }
            fallen.push(meet.clamp(total - 49_900, total + 49_900));
        }
        prop_assert_eq!(rank(&fallen, own + 49_990), place.best);
    }
}
