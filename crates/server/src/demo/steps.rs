//! The lines of the demo: what happened, by whom, and how long it took.

use std::time::Instant;

use proto::shared::{Issue, Severity};

use crate::terminal::say;

/// Counts and tells the steps.
#[derive(Debug)]
pub(super) struct Steps {
    number: u32,
    begun: Instant,
    step_begun: Instant,
}

impl Steps {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            number: 0,
            begun: now,
            step_begun: now,
        }
    }

    /// Tells a step that has just been done; its time counts from the step before.
    pub(super) fn done(&mut self, who: &str, vi: impl AsRef<str>, en: impl AsRef<str>) {
        self.number += 1;
        let millis = self.step_begun.elapsed().as_millis();
        let (vi, en) = (vi.as_ref(), en.as_ref());
        say(format_args!(
            "{:>2}. {vi} ({en}) · {who} · {millis} ms",
            self.number
        ));
        self.step_begun = Instant::now();
    }

    /// Tells what a person should look at; it stops nobody. Of many alike the first
    /// stands for all.
    pub(super) fn issues(&self, issues: &[Issue]) {
        for (index, issue) in issues.iter().enumerate() {
            let alike = |it: &&Issue| it.code == issue.code && it.severity == issue.severity;
            if issues[..index].iter().any(|it| alike(&it)) {
                continue;
            }
            let (vi, en) = match issue.severity() {
                Severity::Error => ("lỗi", "error"),
                Severity::Warning => ("cảnh báo", "warning"),
                Severity::Info | Severity::Unspecified => ("lưu ý", "note"),
            };
            let more = match issues[index + 1..].iter().filter(alike).count() {
                0 => String::new(),
                more => format!("; và {more} mục tương tự (and {more} more alike)"),
            };
            let (field, text_vi, text_en) = (&issue.field, &issue.message_vi, &issue.message);
            say(format_args!(
                "      {vi} · {field}: {text_vi} ({en}: {text_en}){more}"
            ));
        }
    }

    /// Tells the time of the whole.
    pub(super) fn finish(&self) {
        let seconds = self.begun.elapsed().as_millis() / 100;
        let (whole, tenth) = (seconds / 10, seconds % 10);
        say(format_args!(
            "Xong sau {whole},{tenth} giây (done in {whole}.{tenth} s)."
        ));
    }
}
