//! The units of one day as a tree, written down from the top: everything below a unit
//! stands right after it.

use chrono::NaiveDate;

use super::atlas::{Atlas, Number};

/// The units of a day.
#[derive(Debug)]
pub(crate) struct Tree {
    order: Vec<Number>,
    /// Where each unit stands in the order and where what is below it ends; nothing for
    /// one that does not exist on the day.
    spans: Vec<Option<(u32, u32)>>,
}

impl Tree {
    /// Writes the units of a day down.
    pub(super) fn of(atlas: &Atlas, day: NaiveDate) -> Self {
        let mut below: Vec<Vec<Number>> = vec![Vec::new(); atlas.len()];
        let mut tops = Vec::new();
        for number in atlas.all().filter(|it| atlas.place(*it).exists_on(day)) {
            let parent = atlas.place(number).parent_on(day);
            match parent.filter(|it| atlas.place(*it).exists_on(day)) {
                Some(parent) => below[parent as usize].push(number),
                None => tops.push(number),
            }
        }
        let mut tree = Self {
            order: Vec::new(),
            spans: vec![None; atlas.len()],
        };
        // Units still to be written, and units whose last one below was written.
        let mut open: Vec<(Number, bool)> = tops.into_iter().rev().map(|it| (it, false)).collect();
        while let Some((number, is_done)) = open.pop() {
            let here = u32::try_from(tree.order.len()).unwrap_or(u32::MAX);
            let span = &mut tree.spans[number as usize];
            if is_done {
                *span = span.map(|(start, _)| (start, here));
                continue;
            }
            *span = Some((here, here));
            tree.order.push(number);
            open.push((number, true));
            let children = below[number as usize].iter().rev();
            open.extend(children.map(|it| (*it, false)));
        }
        tree
    }

    /// Returns a unit and everything below it, from the top; nothing for one that does not
    /// exist on the day.
    pub(crate) fn below(&self, number: Number) -> &[Number] {
        match self.spans.get(number as usize).copied().flatten() {
            Some((start, end)) => &self.order[start as usize..end as usize],
            None => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::atlas::tests::{atlas, day, minh_long, unit};

    #[test]
    fn everything_below_a_unit_stands_right_after_it() {
        let atlas = atlas(&minh_long());
        let number = |id| atlas.number(&unit(id)).unwrap();
        let before = atlas.tree(day("2024-12-14"));
        assert_eq!(before.below(number("quang-ngai")).len(), 9);
        assert_eq!(before.below(number("minh-long-h")).len(), 6);
        assert_eq!(
            before.below(number("minh-long-h"))[0],
            number("minh-long-h")
        );
        assert!(before.below(number("son-mai")).is_empty());
        let after = atlas.tree(day("2025-07-01"));
        assert_eq!(after.below(number("quang-ngai")).len(), 5);
        assert!(after.below(number("minh-long-h")).is_empty());
    }
}
