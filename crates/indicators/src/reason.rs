//! Every reason an item can be refused or marked for, in English and Vietnamese.

use kit::Reason;

macro_rules! reasons {
    ($($name:ident: $en:literal, $vi:literal;)*) => {
        $(pub(crate) static $name: Reason = Reason { code: stringify!($name), en: $en, vi: $vi };)*
        /// All reasons of this service, for the catalogue.
        pub static REASONS: &[&Reason] = &[$(&$name),*];
    };
}

reasons! {
    INDICATOR_REPEATED: "`{indicator}` has its figure in `{field}` of the same request", "`{indicator}` đã có số liệu tại `{field}` trong cùng yêu cầu";
    REFERENCE_NOT_FOUND: "`{name}` does not exist", "`{name}` không tồn tại";
    VALUE_KIND_MISMATCH: "`{indicator}` takes {expected_en}, not {found_en}", "`{indicator}` nhận {expected_vi}, không nhận {found_vi}";
    RATIO_PARTS_MISSING: "only {stated_en} is stated; without numerator and denominator it cannot be added up", "chỉ có tỷ lệ {stated_vi}; thiếu tử số và mẫu số nên không thể tổng hợp";
    RATIO_MISMATCH: "{stated_en} is stated, the numbers give {computed_en}", "tỷ lệ công bố là {stated_vi}, số liệu cho {computed_vi}";
}
