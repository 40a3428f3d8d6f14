//! In whose stead a document is signed, and the lines above the signature that say so
//! (NĐ 30/2020, Điều 13 and Phụ lục I).

use kit::{Error, Result};
use serde::{Deserialize, Serialize};
use types::{text::fold, violations::Invalid};

/// In whose stead. What is signed in one's own right, under the title alone, has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SigningForm {
    /// On behalf of a body that decides together.
    Tm,
    /// By who acts as the head.
    Q,
    /// By a deputy, for the head.
    Kt,
    /// By the head of a part, on the order of the head.
    Tl,
    /// By written authorisation.
    Tuq,
}

impl SigningForm {
    const ALL: [Self; 5] = [Self::Tm, Self::Q, Self::Kt, Self::Tl, Self::Tuq];

    /// Returns the abbreviation that is printed, without its full stop.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tm => "TM",
            Self::Q => "Q",
            Self::Kt => "KT",
            Self::Tl => "TL",
            Self::Tuq => "TUQ",
        }
    }

    /// Reads the abbreviation.
    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// Says whether who signs so signs for another person. Such a right is not passed on.
    pub(crate) fn is_for_another(self) -> bool {
        matches!(self, Self::Kt | Self::Tl | Self::Tuq)
    }

    fn line(self, of: &str) -> String {
        format!("{}. {}", self.as_str(), of.to_uppercase())
    }
}

/// What decides how a post signs.
pub(crate) struct Post<'a> {
    pub(crate) form: Option<SigningForm>,
    pub(crate) title: &'a str,
    pub(crate) is_head: bool,
    /// Name of the unit.
    pub(crate) unit: &'a str,
    /// Title of the head of the unit, when there is one.
    pub(crate) head_title: Option<&'a str>,
}

/// Returns the form that lines are signed in: that of the last line that names one, since
/// a deputy of a People's Committee signs `TM.` and below it `KT.`.
pub(crate) fn of_lines(lines: &[String]) -> Option<SigningForm> {
    lines.iter().rev().find_map(|it| split(it).0)
}

/// Makes the lines of a post that signs, where only one reading is possible.
///
/// # Errors
/// Invalid when the lines have to be given.
pub(crate) fn lines_of(post: &Post<'_>) -> Result<Vec<String>> {
    let title = post.title.to_uppercase();
    let body = body(post.unit);
    let on_behalf = body.map(|it| SigningForm::Tm.line(it));
    let below = |lines: Vec<String>| on_behalf.clone().into_iter().chain(lines).collect();
    match post.form {
        None if post.is_head && body.is_none() => Ok(vec![title]),
        None => Err(unclear(
            "say in which form the post signs, or give its lines",
            "hãy chọn hình thức ký của chức vụ hoặc nhập thể thức đề ký",
        )),
        Some(SigningForm::Tm) if body.is_some() => Ok(below(vec![title])),
        Some(SigningForm::Tm) => Err(unclear(
            "the name of the unit does not say for which body it signs; give the lines",
            "tên đơn vị không cho biết ký thay mặt tập thể nào; hãy nhập thể thức đề ký",
        )),
        Some(SigningForm::Q) => Ok(below(vec![SigningForm::Q.line(not_acting(post.title))])),
        Some(SigningForm::Kt) => {
            let head = head_of_deputy(post.title).or(post.head_title);
            let head = head.ok_or_else(no_head)?;
            Ok(below(vec![SigningForm::Kt.line(head), title]))
        }
        Some(form) => {
            let head = post.head_title.ok_or_else(no_head)?;
            Ok(vec![form.line(head), title])
        }
    }
}

/// Returns the lines of a person who signs in the stead of a post.
pub(crate) fn in_stead(form: SigningForm, giver: &[String], title: &str) -> Vec<String> {
    let giver_title = giver.last().map(|it| split(it).1).unwrap_or_default();
    // A deputy still signs for the body; on an order or by authorisation one signs for its head.
    let on_behalf = giver.iter().find(|it| split(it).0 == Some(SigningForm::Tm));
    let on_behalf = on_behalf.filter(|_| form == SigningForm::Kt).cloned();
    let lines = [form.line(giver_title), title.to_uppercase()];
    on_behalf.into_iter().chain(lines).collect()
}

/// Splits a line into its form, if it names one, and the rest.
fn split(line: &str) -> (Option<SigningForm>, &str) {
    let parts = line.split_once('.');
    match parts.and_then(|(form, rest)| Some((SigningForm::read(form.trim())?, rest))) {
        Some((form, rest)) => (Some(form), rest.trim()),
        None => (None, line.trim()),
    }
}

/// Returns the body a unit decides as, if its name says so.
fn body(unit: &str) -> Option<&'static str> {
    let name = fold(unit);
    let called = |words: &str| {
        let rest = name.strip_prefix(words);
        rest.is_some_and(|it| it.is_empty() || it.starts_with(' '))
    };
    if called("ubnd") || called("uy ban nhan dan") {
        Some("ỦY BAN NHÂN DÂN")
    } else if called("hdnd") || called("hoi dong nhan dan") {
        Some("HỘI ĐỒNG NHÂN DÂN")
    } else {
        None
    }
}

/// Returns "Giám đốc" of "Quyền Giám đốc".
fn not_acting(title: &str) -> &str {
    after(title, "quyen ").unwrap_or(title)
}

/// Returns "Chủ tịch" of "Phó Chủ tịch Thường trực".
fn head_of_deputy(title: &str) -> Option<&str> {
    let head = after(title, "pho ")?;
    let standing = " thường trực";
    let cut = head.to_lowercase().strip_suffix(standing).map(str::len);
    let head = cut.and_then(|it| head.get(..it)).unwrap_or(head).trim();
    (!head.is_empty()).then_some(head)
}

/// Returns what follows a first word, which is given folded and with its space.
fn after<'a>(title: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = title.split_once(' ')?;
    (format!("{} ", fold(first)) == word).then(|| rest.trim())
}

fn no_head() -> Error {
    unclear(
        "the unit has no head on that day whose title could be named; give the lines",
        "đơn vị không có người đứng đầu vào ngày đó để ghi chức danh; hãy nhập thể thức đề ký",
    )
}

fn unclear(en: &str, vi: &str) -> Error {
    Invalid::field("position.signing_lines", "SIGNING_LINES_UNCLEAR", en, vi).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITTEE: &str = "UBND huyện Minh Long";
    const DEPARTMENT: &str = "Sở Thông tin và Truyền thông";

    fn made(
        form: Option<SigningForm>,
        title: &str,
        is_head: bool,
        unit: &str,
        head_title: Option<&str>,
    ) -> Result<Vec<String>> {
        lines_of(&Post {
            form,
            title,
            is_head,
            unit,
            head_title,
        })
    }

    fn texts(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn a_form_is_read_off_the_last_line_that_names_one() {
        let seed = texts(&["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]);
        assert_eq!(of_lines(&seed), Some(SigningForm::Kt));
        let three = texts(&["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]);
        assert_eq!(of_lines(&three), Some(SigningForm::Kt));
        let head = texts(&["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]);
        assert_eq!(of_lines(&head), Some(SigningForm::Tm));
        assert_eq!(of_lines(&texts(&["GIÁM ĐỐC"])), None);
        assert_eq!(of_lines(&texts(&["TS. NGUYỄN"])), None);
    }

    #[test]
    fn lines_are_made_as_the_decree_has_them() {
        let cases = [
            (None, "Giám đốc", true, DEPARTMENT, &["GIÁM ĐỐC"][..]),
            (
                Some(SigningForm::Tm),
                "Chủ tịch",
                true,
                COMMITTEE,
                &["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"],
            ),
            (
                Some(SigningForm::Q),
                "Quyền Giám đốc",
                true,
                DEPARTMENT,
                &["Q. GIÁM ĐỐC"],
            ),
            (
                Some(SigningForm::Kt),
                "Phó Chủ tịch Thường trực",
                false,
                COMMITTEE,
                &[
                    "TM. ỦY BAN NHÂN DÂN",
                    "KT. CHỦ TỊCH",
                    "PHÓ CHỦ TỊCH THƯỜNG TRỰC",
                ],
            ),
            (
                Some(SigningForm::Kt),
                "Phó Giám đốc",
                false,
                DEPARTMENT,
                &["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"],
            ),
        ];
        for (form, title, is_head, unit, lines) in cases {
            let made = made(form, title, is_head, unit, None).unwrap();
            assert_eq!(made, texts(lines));
            assert_eq!(of_lines(&made), form);
        }
        let by_order = made(
            Some(SigningForm::Tl),
            "Chánh Văn phòng",
            false,
            COMMITTEE,
            Some("Chủ tịch"),
        );
        let expected = texts(&["TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"]);
        assert_eq!(by_order.unwrap(), expected);
    }

    #[test]
    fn lines_are_not_guessed_where_two_readings_are_possible() {
        let refused = [
            // A chairman signs as himself or for the committee.
            made(None, "Chủ tịch", true, COMMITTEE, None),
            made(None, "Chuyên viên", false, DEPARTMENT, None),
            made(
                Some(SigningForm::Tm),
                "Trưởng ban",
                true,
                "Ban Chỉ đạo",
                None,
            ),
            made(
                Some(SigningForm::Tl),
                "Chánh Văn phòng",
                false,
                COMMITTEE,
                None,
            ),
            made(Some(SigningForm::Kt), "Ủy viên", false, COMMITTEE, None),
        ];
        for it in refused {
            assert!(matches!(it, Err(Error::Invalid(_))), "{it:?}");
        }
    }

    #[test]
    fn who_signs_in_the_stead_of_a_chairman_names_him() {
        let chairman = texts(&["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]);
        assert_eq!(
            in_stead(SigningForm::Tuq, &chairman, "Chánh Văn phòng"),
            texts(&["TUQ. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"])
        );
        assert_eq!(
            in_stead(SigningForm::Kt, &chairman, "Phó Chủ tịch"),
            texts(&["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"])
        );
        let acting = texts(&["Q. GIÁM ĐỐC"]);
        assert_eq!(
            in_stead(SigningForm::Tl, &acting, "Trưởng phòng"),
            texts(&["TL. GIÁM ĐỐC", "TRƯỞNG PHÒNG"])
        );
    }
}
