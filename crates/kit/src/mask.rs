//! Which fields of a resource a caller wants to change (AIP-134).

use types::violations::Invalid;

/// The fields named in an update.
#[derive(Debug, PartialEq, Eq)]
pub enum Mask {
    /// Those that are set.
    Set,
    /// All that can be changed.
    All,
    /// These.
    Named(Vec<String>),
}

impl Mask {
    /// Reads a mask. Fields that only we write may be named and are passed over; a field
    /// that is not there is refused.
    pub fn read(
        paths: Option<&[String]>,
        known: &[&str],
        output: &[&str],
        bad: &mut Invalid,
    ) -> Self {
        let paths = paths.unwrap_or_default();
        if paths.is_empty() {
            return Self::Set;
        }
        if paths == ["*"] {
            return Self::All;
        }
        let is = |list: &[&str], path: &str| list.contains(&path);
        let unknown = paths.iter().filter(|it| !is(known, it) && !is(output, it));
        for path in unknown.take(known.len()) {
            let shown: String = path
                .chars()
                .filter(|it| !it.is_control())
                .take(80)
                .collect();
            bad.add(
                "update_mask",
                "FIELD_MASK_INVALID",
                format!("`{shown}` is no field that can be changed"),
                format!("`{shown}` không phải trường có thể sửa"),
            );
        }
        let named = paths.iter().filter(|it| is(known, it));
        Self::Named(named.cloned().collect())
    }

    /// Says whether a field is to be changed.
    #[must_use]
    pub fn takes(&self, field: &str, is_set: bool) -> bool {
        match self {
            Self::Set => is_set,
            Self::All => true,
            Self::Named(paths) => paths.iter().any(|it| it == field),
        }
    }
}

/// Says whether a field of a message holds anything.
#[must_use]
pub fn is_set<T: Default + PartialEq>(field: &T) -> bool {
    *field != T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(paths: &[&str]) -> (Mask, usize) {
        let paths: Vec<_> = paths.iter().map(|it| (*it).to_owned()).collect();
        let mut bad = Invalid::default();
        let mask = Mask::read(Some(&paths), &["a", "b"], &["etag"], &mut bad);
        (mask, bad.violations().len())
    }

    #[test]
    fn a_mask_names_fields_all_of_them_or_those_that_are_set() {
        let (mask, bad) = read(&["a", "etag"]);
        assert_eq!(bad, 0);
        assert!(mask.takes("a", false) && !mask.takes("b", true));
        assert!(!mask.takes("etag", true));
        let (set, _) = read(&[]);
        assert!(set.takes("a", true) && !set.takes("a", false));
        let (all, _) = read(&["*"]);
        assert!(all.takes("a", false));
        assert_eq!(read(&["a", "c", "*"]).1, 2);
    }
}
