//! Conversions of posts; the methods are in `user/rpc.rs`, with the other methods of the
//! interface.

use kit::etag;
use proto::{
    convert::{optional_date, read_validity, timestamp, unknown, validity},
    directory as pb,
};
use types::{ids::UnitId, invalid::InvalidText, violations::Invalid};

use super::{
    CreatePosition, EndPosition, ListPositions, Position, PositionKey,
    form::{self, SigningForm},
};

/// Most lines above a signature: on behalf of, for, the post.
const MOST_SIGNING_LINES: usize = 5;

impl TryFrom<pb::CreatePositionRequest> for CreatePosition {
    type Error = Invalid;

    fn try_from(request: pb::CreatePositionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let position = request.position.unwrap_or_default();
        let unit = bad.required("parent", &request.parent);
        // A post's id has the grammar of every id; a unit's stands in for the check.
        let id = bad.take("position_id", UnitId::new(&request.position_id));
        let user = bad.required("position.user", &position.user);
        let title = bad.line("position.title", &position.title, 200);
        let form = read_form("position.signing_form", position.signing_form, &mut bad);
        let signing_lines = read_lines(&position.signing_lines, &mut bad);
        let validity = read_validity("position.validity", position.validity.as_ref(), &mut bad);
        let form = form.and_then(|it| agreed(it, position.can_sign, &signing_lines, &mut bad));
        if form == Some(Some(SigningForm::Tuq)) && validity.is_some_and(|it| it.end().is_none()) {
            // An authorisation is limited in time.
            bad.missing("position.validity.end_date");
        }
        match (unit, id, user, title, form, validity, bad.is_empty()) {
            (Some(unit), Some(id), Some(user), Some(title), Some(form), Some(validity), true) => {
                let key = PositionKey {
                    unit,
                    id: id.as_str().to_owned(),
                };
                Ok(Self {
                    key,
                    user,
                    title,
                    is_head: position.is_head,
                    can_sign: position.can_sign,
                    form,
                    signing_lines,
                    validity,
                })
            }
            _ => Err(bad),
        }
    }
}

fn read_lines(lines: &[String], bad: &mut Invalid) -> Vec<String> {
    bad.at_most("position.signing_lines", lines.len(), MOST_SIGNING_LINES);
    let mut read = Vec::new();
    for (index, line) in lines.iter().take(MOST_SIGNING_LINES).enumerate() {
        read.extend(bad.line(format!("position.signing_lines[{index}]"), line, 100));
    }
    read
}

/// Returns the form a post signs in, when form, lines and whether it signs at all say the
/// same.
fn agreed(
    form: Option<SigningForm>,
    can_sign: bool,
    lines: &[String],
    bad: &mut Invalid,
) -> Option<Option<SigningForm>> {
    const EN: &str = "a post that does not sign has none";
    const VI: &str = "chức vụ không có thẩm quyền ký thì để trống";
    if !can_sign {
        if !lines.is_empty() {
            bad.add("position.signing_lines", "NOT_ALLOWED", EN, VI);
        }
        if form.is_some() {
            bad.add("position.signing_form", "NOT_ALLOWED", EN, VI);
        }
        return Some(None);
    }
    if lines.is_empty() {
        return Some(form);
    }
    let printed = form::of_lines(lines);
    if form.is_some() && form != printed {
        let of = |it: Option<SigningForm>| it.map_or("–", SigningForm::as_str);
        bad.add(
            "position.signing_form",
            "DOES_NOT_FIT",
            format!("is `{}`, but the lines sign `{}`", of(form), of(printed)),
            format!(
                "là `{}` nhưng thể thức đề ký là `{}`",
                of(form),
                of(printed)
            ),
        );
        return None;
    }
    Some(printed)
}

/// Reads a form; the outer `None` means that it was bad.
pub(crate) fn read_form(field: &str, wire: i32, bad: &mut Invalid) -> Option<Option<SigningForm>> {
    match pb::SigningForm::try_from(wire) {
        Ok(pb::SigningForm::Unspecified) => Some(None),
        Ok(pb::SigningForm::Tm) => Some(Some(SigningForm::Tm)),
        Ok(pb::SigningForm::Q) => Some(Some(SigningForm::Q)),
        Ok(pb::SigningForm::Kt) => Some(Some(SigningForm::Kt)),
        Ok(pb::SigningForm::Tl) => Some(Some(SigningForm::Tl)),
        Ok(pb::SigningForm::Tuq) => Some(Some(SigningForm::Tuq)),
        Err(_) => {
            unknown(field, wire, bad);
            None
        }
    }
}

/// Writes a form.
pub(crate) fn wire_form(form: Option<SigningForm>) -> pb::SigningForm {
    match form {
        None => pb::SigningForm::Unspecified,
        Some(SigningForm::Tm) => pb::SigningForm::Tm,
        Some(SigningForm::Q) => pb::SigningForm::Q,
        Some(SigningForm::Kt) => pb::SigningForm::Kt,
        Some(SigningForm::Tl) => pb::SigningForm::Tl,
        Some(SigningForm::Tuq) => pb::SigningForm::Tuq,
    }
}

impl PositionKey {
    /// Reads `units/{unit}/positions/{position}`.
    pub(crate) fn from_name(name: &str) -> Result<Self, InvalidText> {
        let (unit, id) = name.split_once("/positions/").ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `units/{unit}/positions/{position}`",
                "không có dạng `units/{unit}/positions/{position}`",
            )
        })?;
        Ok(Self {
            unit: UnitId::from_name(unit)?,
            id: UnitId::new(id)?.as_str().to_owned(),
        })
    }
}

impl TryFrom<pb::EndPositionRequest> for EndPosition {
    type Error = Invalid;

    fn try_from(request: pb::EndPositionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let key = bad.take("name", PositionKey::from_name(&request.name));
        let reason = bad.line("reason", &request.reason, 500);
        let end = optional_date("end_date", &request.end_date, &mut bad);
        if end == Some(None) {
            bad.missing("end_date");
        }
        let (Some(key), Some(reason), Some(Some(end))) = (key, reason, end) else {
            return Err(bad);
        };
        Ok(Self {
            key,
            end,
            reason,
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::GetPositionRequest> for PositionKey {
    type Error = Invalid;

    fn try_from(request: pb::GetPositionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let key = bad.take("name", Self::from_name(&request.name));
        key.ok_or(bad)
    }
}

impl TryFrom<pb::ListPositionsRequest> for ListPositions {
    type Error = Invalid;

    fn try_from(request: pb::ListPositionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("parent", &request.parent);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let (Some(unit), Some(as_of)) = (unit, as_of) else {
            return Err(bad);
        };
        Ok(Self {
            unit,
            as_of,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<Position> for pb::Position {
    fn from(position: Position) -> Self {
        Self {
            name: position.key.name(),
            user: position.user.name(),
            title: position.title,
            signing_lines: position.signing_lines,
            validity: Some(validity(&position.validity)),
            holder_display_name: position.holder,
            is_head: position.is_head,
            can_sign: position.can_sign,
            signing_form: wire_form(position.form).into(),
            end_reason: position.end_reason,
            create_time: Some(timestamp(position.create_time)),
            update_time: Some(timestamp(position.update_time)),
            etag: etag::of(position.version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(
        form: Option<SigningForm>,
        can_sign: bool,
        lines: &[&str],
    ) -> (Option<Option<SigningForm>>, Vec<String>) {
        let mut bad = Invalid::default();
        let lines: Vec<_> = lines.iter().map(|it| (*it).to_owned()).collect();
        let agreed = agreed(form, can_sign, &lines, &mut bad);
        let fields = bad.violations().iter().map(|it| it.field.clone());
        (agreed, fields.collect())
    }

    #[test]
    fn form_lines_and_whether_a_post_signs_say_the_same() {
        let lines = ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"];
        let kt = Some(SigningForm::Kt);
        assert_eq!(agree(None, true, &lines), (Some(kt), vec![]));
        assert_eq!(agree(kt, true, &lines), (Some(kt), vec![]));
        assert_eq!(agree(kt, true, &[]), (Some(kt), vec![]));
        let (none, fields) = agree(Some(SigningForm::Tm), true, &lines);
        assert_eq!((none, fields.len()), (None, 1));
        let (_, fields) = agree(kt, false, &lines);
        assert_eq!(fields, ["position.signing_lines", "position.signing_form"]);
        assert_eq!(agree(None, false, &[]), (Some(None), vec![]));
    }
}
