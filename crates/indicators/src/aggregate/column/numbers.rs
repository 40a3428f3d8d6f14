//! The numbers of a column, in as little room as they take.

use super::Number;

/// Numbers as narrow as they all fit.
#[derive(Debug, Clone)]
pub(crate) enum Numbers {
    /// Of few units, in their order; there is room for so many.
    Few(usize, Vec<(Number, i64)>),
    Narrow(Vec<i64>),
    Wide(Vec<i128>),
}

impl Numbers {
    /// Of so many units one has to have a number at least, or only those that have are kept.
    const FEW: usize = 8;

    pub(super) fn none() -> Self {
        Self::Few(0, Vec::new())
    }

    /// Sets one of few numbers; nothing when it does not fit there.
    fn set_one_of_few(
        room: usize,
        numbers: &mut Vec<(Number, i64)>,
        index: usize,
        number: i128,
    ) -> Option<()> {
        let (narrow, unit) = (i64::try_from(number).ok()?, Number::try_from(index).ok()?);
        if index >= room {
            return Some(());
        }
        // Columns are read in the order of units: most come last.
        let after = numbers.last().is_none_or(|(last, _)| *last < unit);
        let place = match after {
            true => Err(numbers.len()),
            false => numbers.binary_search_by_key(&unit, |(unit, _)| *unit),
        };
        match (place, narrow) {
            (Ok(place), 0) => {
                numbers.remove(place);
            }
            (Ok(place), _) => numbers[place].1 = narrow,
            (Err(_), 0) => {}
            (Err(place), _) => numbers.insert(place, (unit, narrow)),
        }
        (numbers.len() * Self::FEW <= room).then_some(())
    }

    /// Returns a place for every unit.
    fn spread(room: usize, numbers: &[(Number, i64)]) -> Vec<i64> {
        let mut all = vec![0; room];
        for (unit, number) in numbers {
            if let Some(place) = all.get_mut(*unit as usize) {
                *place = *number;
            }
        }
        all
    }

    pub(super) fn resize(&mut self, length: usize) {
        match self {
            Self::Few(room, _) => *room = length,
            Self::Narrow(numbers) => numbers.resize(length, 0),
            Self::Wide(numbers) => numbers.resize(length, 0),
        }
    }

    /// Sets a number where there is room; one that is too great makes room for all.
    pub(super) fn set(&mut self, index: usize, number: i128) {
        if let Self::Few(room, numbers) = self {
            if Self::set_one_of_few(*room, numbers, index, number).is_some() {
                return;
            }
            *self = Self::Narrow(Self::spread(*room, numbers));
        }
        match (&mut *self, i64::try_from(number)) {
            (Self::Narrow(numbers), Ok(narrow)) => {
                if let Some(place) = numbers.get_mut(index) {
                    *place = narrow;
                }
            }
            (Self::Narrow(numbers), Err(_)) => {
                let mut wide: Vec<i128> = numbers.iter().copied().map(i128::from).collect();
                if let Some(place) = wide.get_mut(index) {
                    *place = number;
                }
                *self = Self::Wide(wide);
            }
            (Self::Few(..), _) => {}
            (Self::Wide(numbers), _) => {
                if let Some(place) = numbers.get_mut(index) {
                    *place = number;
                }
            }
        }
    }

    /// Returns a number; 0 where there is none.
    pub(crate) fn get(&self, index: usize) -> i128 {
        match self {
            Self::Few(_, numbers) => {
                let place = numbers.binary_search_by_key(&index, |(unit, _)| *unit as usize);
                place.map_or(0, |it| numbers[it].1.into())
            }
            Self::Narrow(numbers) => numbers.get(index).copied().unwrap_or(0).into(),
            Self::Wide(numbers) => numbers.get(index).copied().unwrap_or(0),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Few(_, numbers) => numbers.capacity() * size_of::<(Number, i64)>(),
            Self::Narrow(numbers) => numbers.capacity() * size_of::<i64>(),
            Self::Wide(numbers) => numbers.capacity() * size_of::<i128>(),
        }
    }
}
