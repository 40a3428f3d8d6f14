//! Text into XML.

/// Escapes text for an element or an attribute. Characters XML cannot hold were dropped by `hygiene`.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_cannot_close_its_element() {
        assert_eq!(
            super::escape(r#"</w:t>&amp;"'"#),
            "&lt;/w:t&gt;&amp;amp;&quot;'"
        );
    }
}
