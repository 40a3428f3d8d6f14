//! Which passwords may be taken: long enough, on no list of breached ones, and not easy to
//! guess for somebody who knows the person, the unit, the system and the language.
//!
//! Row "Password" of `security.md` §1.2, as it applies while a password is the only factor:
//! 15 to 128 characters of NFC, hashed whole. Blanks around it and characters nobody sees are no
//! part of it, neither when it is taken nor when it is sent, because people paste them without
//! knowing. Refused is what is on the operator's list, and what would be found within
//! [`FEWEST_GUESSES`] guesses from the 30 000 common passwords zxcvbn knows, from [`COMMON`], and
//! from the names of the person and of his unit and those above it, up to the province. The row also asks for four classes of
//! characters where there is no second factor, as TCVN suggests; ASVS 5 (6.2.5) and NIST SP
//! 800-63B-4 forbid such rules, because people meet them with `Matkhau@2022…`. So they are a
//! setting, which a province that is held to the letter switches on. Not built: that those who
//! administer change their password every 60 days (ASVS 6.2.10 forbids it too).

use kit::Result;
use types::{ids::UserId, text::fold, violations::Invalid};
use zxcvbn::zxcvbn;

use super::{PASSWORD_LENGTH, breached::Breached};
use crate::{Settings, unit::UnitNames};

/// Classes of characters there are: small letters, capitals, digits, and all others.
pub(crate) const CLASSES: u8 = 4;

/// What an installation asks of passwords.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    breached: Breached,
    classes: u8,
}

/// Guesses a password has to withstand, as zxcvbn estimates them.
const FEWEST_GUESSES: u64 = 10_000_000_000;
/// Characters that are looked at: more only make it harder to guess, and zxcvbn needs seconds
/// for long texts of the signs that stand for letters.
const LOOKED_AT: usize = 48;
/// Words about a person that are looked for; what is left out of longer names is the end.
const MOST_WORDS: usize = 200;
/// Shorter parts of names are in every password.
const SHORTEST_WORD: usize = 3;

/// Words of the system and its field, and what people who speak Vietnamese like to take.
/// They are compared without marks; numbers, English words, dates and rows of keys zxcvbn
/// knows itself.
const COMMON: &[&str] = &[
    "mat khau",
    "ma khoa",
    "bi mat",
    "dang nhap",
    "quan tri",
    "quan tri vien",
    "nguoi dung",
    "tai khoan",
    "can bo",
    "cong chuc",
    "vien chuc",
    "lanh dao",
    "chuyen vien",
    "van thu",
    "van phong",
    "chuyen doi so",
    "bao cao",
    "so lieu",
    "chi tieu",
    "du an",
    "uy ban",
    "nhan dan",
    "ubnd",
    "so tttt",
    "tinh",
    "huyen",
    "xa",
    "phuong",
    "cds",
    "admin",
    "viet nam",
    "vietnam",
    "ha noi",
    "sai gon",
    "da nang",
    "quang ngai",
    "viet nam muon nam",
    "xin chao",
    "cam on",
    "anh yeu em",
    "em yeu anh",
    "yeu em",
    "yeu anh",
    "gia dinh",
    "hanh phuc",
    "may man",
    "doc lap tu do hanh phuc",
];

/// Reads a password a person wants to take; its length is a rule anybody may know.
pub(super) fn read(field: &str, password: &str, bad: &mut Invalid) -> Option<String> {
    let password = bad.optional_line(field, password, *PASSWORD_LENGTH.end())?;
    let fewest = *PASSWORD_LENGTH.start();
    if password.chars().count() < fewest {
        bad.add(
            field,
            "TOO_SHORT",
            format!("has fewer than {fewest} characters"),
            format!("có ít hơn {fewest} ký tự"),
        );
        return None;
    }
    Some(password)
}

/// Returns what is known of a person to whoever wants to guess.
pub(super) fn words_about(id: &UserId, display_name: &str, units: &[UnitNames]) -> Vec<String> {
    let mut texts = vec![id.as_str().replace('-', " "), display_name.to_owned()];
    for unit in units {
        texts.extend([
            unit.display_name.clone(),
            unit.short_name.clone(),
            unit.place.clone(),
        ]);
    }
    let mut words = Vec::new();
    for text in texts {
        let text = fold(&text);
        words.extend(text.split(' ').map(str::to_owned));
        words.push(text);
    }
    words.retain(|it| it.chars().count() >= SHORTEST_WORD);
    words.truncate(MOST_WORDS);
    words
}

impl Rules {
    /// Reads the settings, and the file of breached passwords.
    ///
    /// # Errors
    /// Says which line of the file is bad.
    pub(super) fn open(settings: &Settings) -> Result<Self> {
        Ok(Self {
            breached: Breached::open(settings.breached_passwords_file.as_deref())?,
            classes: settings.password_classes,
        })
    }

    /// Checks a password against the list of breached ones, against guessing, and for as many
    /// classes of characters as the installation asks for.
    ///
    /// # Errors
    /// Says which of the rules it breaks first.
    pub(super) fn check(
        &self,
        field: &str,
        password: &str,
        about: &[String],
    ) -> std::result::Result<(), Invalid> {
        if self.breached.contains(password) {
            return Err(Invalid::field(
                field,
                "BREACHED",
                "is on the list of passwords that were breached; choose another one",
                "nằm trong danh sách mật khẩu đã bị lộ; hãy chọn mật khẩu khác",
            ));
        }
        if guesses(password, about) < FEWEST_GUESSES {
            return Err(Invalid::field(
                field,
                "GUESSABLE",
                "is easy to guess: it is made of common words, names of the person, the unit or \
                 the system, dates, repetitions or rows of keys; add words that do not belong \
                 together",
                "dễ đoán: gồm từ thông dụng, tên của người dùng, đơn vị hoặc hệ thống, ngày \
                 tháng, phần lặp lại hoặc dãy phím liền nhau; hãy thêm những từ không liên quan \
                 với nhau",
            ));
        }
        let (has, wanted) = (classes(password), self.classes);
        if has < wanted {
            return Err(Invalid::field(
                field,
                "TOO_FEW_CLASSES",
                format!(
                    "has {has} of small letters, capitals, digits and other characters; at least \
                     {wanted} are asked for here"
                ),
                format!(
                    "mới có {has} trong bốn loại ký tự (chữ thường, chữ hoa, chữ số, ký tự khác); \
                     hệ thống này yêu cầu ít nhất {wanted} loại"
                ),
            ));
        }
        Ok(())
    }
}

/// Counts the classes a password has characters of.
fn classes(password: &str) -> u8 {
    let has = |of: fn(char) -> bool| u8::from(password.chars().any(of));
    let is_other = |it: char| !it.is_alphabetic() && !it.is_numeric();
    has(char::is_lowercase) + has(char::is_uppercase) + has(char::is_numeric) + has(is_other)
}

/// Estimates the guesses for a password as it was typed, and without marks: people who
/// guess try both.
fn guesses(password: &str, about: &[String]) -> u64 {
    let common = COMMON.iter().map(|it| (*it).to_owned());
    let mut words: Vec<String> = about.iter().cloned().chain(common).collect();
    let joined = words.iter().filter(|it| it.contains(' '));
    let joined: Vec<_> = joined.map(|it| it.replace(' ', "")).collect();
    words.extend(joined);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let password: String = password.chars().take(LOOKED_AT).collect();
    let estimate = |text: &str| zxcvbn(text, &words).guesses();
    estimate(&password).min(estimate(&fold(&password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> Vec<String> {
        let unit = UnitNames {
            display_name: "UBND huyện Minh Long".into(),
            ..UnitNames::default()
        };
        let id = UserId::new("nguyen-van-an").unwrap();
        let province = UnitNames {
            display_name: "UBND tỉnh Lâm Đồng".into(),
            short_name: "Lâm Đồng".into(),
            ..UnitNames::default()
        };
        words_about(&id, "Nguyễn Văn An", &[unit, province])
    }

    #[test]
    fn what_is_known_of_a_person_is_his_names_and_those_of_his_unit_in_parts() {
        let about = about();
        for word in [
            "nguyen van an",
            "nguyen",
            "van",
            "ubnd huyen minh long",
            "minh",
            "lam dong",
        ] {
            assert!(about.iter().any(|it| it == word), "{word}");
        }
        assert!(!about.iter().any(|it| it == "an"));
    }

    #[test]
    fn passwords_that_others_would_try_are_refused_with_the_rule() {
        for weak in [
            "mật khẩu mật khẩu",
            "matkhaumatkhau123",
            "MatKhau123456789",
            "nguyenvanan2022!!",
            "UBND tỉnh Lâm Đồng",
            "Nguyễn Văn An 1990",
            "ubnd huyện minh long",
            "quantrivien123456",
            "aaaaaaaaaaaaaaaaaaaa",
            "qwertyuiopasdfghjkl",
            "123456789012345678",
            "chuyendoiso2025@@",
            "độc lập tự do hạnh phúc",
        ] {
            let refused = Rules::default().check("password", weak, &about());
            let refused = refused.expect_err(weak);
            assert_eq!(refused.violations()[0].reason, "GUESSABLE", "{weak}");
        }
    }

    #[test]
    fn passphrases_of_words_that_do_not_belong_together_are_taken() {
        for strong in [
            "mật khẩu chỉ để thử",
            "một mật khẩu đủ dài",
            "con trâu đọc bản đồ giữa chợ phiên",
            "correct horse battery staple",
            "x7#Lq2v!Tz9@pRk4",
        ] {
            Rules::default()
                .check("password", strong, &about())
                .unwrap();
        }
    }

    #[test]
    fn an_installation_may_ask_for_classes_of_characters() {
        let four = Rules {
            classes: 4,
            ..Rules::default()
        };
        for (password, has) in [
            ("con trâu đọc bản đồ", 2),
            ("Con trâu đọc bản đồ", 3),
            ("contrâuđọcbảnđồgiữachợ", 1),
            ("Con trâu đọc 7 bản đồ", 4),
        ] {
            assert_eq!(classes(password), has, "{password}");
            Rules::default().check("password", password, &[]).unwrap();
            let checked = four.check("password", password, &[]);
            let reason = checked.err().map(|it| it.violations()[0].reason);
            let expected = (has < 4).then_some("TOO_FEW_CLASSES");
            assert_eq!(reason, expected, "{password}");
        }
    }

    #[test]
    fn the_length_is_told_with_its_limit() {
        let mut bad = Invalid::default();
        assert_eq!(read("password", "14 ký tự thôi!", &mut bad), None);
        assert_eq!(read("password", &"ă".repeat(129), &mut bad), None);
        let reasons: Vec<_> = bad.violations().iter().map(|it| it.reason).collect();
        assert_eq!(reasons, ["TOO_SHORT", "TOO_LONG"]);
        let longest = "ă".repeat(128);
        assert_eq!(read("password", &longest, &mut bad), Some(longest));
    }
}
