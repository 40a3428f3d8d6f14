//! The words of a formula, each with the column it begins at.

use super::{Number, Operator, Problem, Reference, reference};
use crate::reason::{FORMULA_CHARACTER, FORMULA_NUMBER, FORMULA_UNCLOSED};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Number(Number),
    Reference(Reference),
    Word(String),
    Sign(Operator),
    Open,
    Close,
    Comma,
}

/// Returns the words with their columns, and the column after the last character.
pub(super) fn tokens(text: &str) -> Result<(Vec<(usize, Token)>, usize), Problem> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let column = at + 1;
        let rest = characters.get(at..).unwrap_or_default();
        let (token, length) = match character {
            ' ' | '\t' | '\n' => {
                at += 1;
                continue;
            }
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '[' => bracket(rest, column)?,
            '0'..='9' => number(rest, column)?,
            'a'..='z' | 'A'..='Z' => {
                let word: String = rest
                    .iter()
                    .take_while(|it| it.is_ascii_alphanumeric() || **it == '_')
                    .collect();
                let length = word.len();
                (Token::Word(word), length)
            }
            _ => sign(rest).ok_or_else(|| {
                // What is sent back is printable, or it would break the message as well.
                let shown = if character.is_control() {
                    '\u{fffd}'
                } else {
                    character
                };
                Problem::new(
                    &FORMULA_CHARACTER,
                    column,
                    &[("character", shown.to_string())],
                )
            })?,
        };
        tokens.push((column, token));
        at += length;
    }
    Ok((tokens, characters.len() + 1))
}

fn bracket(rest: &[char], column: usize) -> Result<(Token, usize), Problem> {
    let Some(end) = rest.iter().position(|it| *it == ']') else {
        return Err(Problem::new(&FORMULA_UNCLOSED, column, &[]));
    };
    let inside: String = rest.iter().take(end).skip(1).collect();
    let reference = reference::parse(&inside, column)?;
    Ok((Token::Reference(reference), end + 1))
}

fn number(rest: &[char], column: usize) -> Result<(Token, usize), Problem> {
    let digits: String = rest
        .iter()
        .take_while(|it| it.is_ascii_digit() || **it == '.')
        .collect();
    match Number::parse(&digits).filter(|_| !digits.ends_with('.')) {
        Some(number) => Ok((Token::Number(number), digits.len())),
        None => {
            let shown = digits.chars().take(40).collect();
            Err(Problem::new(&FORMULA_NUMBER, column, &[("number", shown)]))
        }
    }
}

/// Returns the longest sign the text begins with.
fn sign(rest: &[char]) -> Option<(Token, usize)> {
    let two = match (rest.first()?, rest.get(1)) {
        ('<', Some('=')) => Some(Operator::AtMost),
        ('>', Some('=')) => Some(Operator::AtLeast),
        ('<', Some('>')) => Some(Operator::Differs),
        _ => None,
    };
    if let Some(sign) = two {
        return Some((Token::Sign(sign), 2));
    }
    let one = match rest.first()? {
        '=' => Operator::Equal,
        '<' => Operator::Less,
        '>' => Operator::Greater,
        '+' => Operator::Add,
        '-' => Operator::Subtract,
        '*' => Operator::Multiply,
        '/' => Operator::Divide,
        '%' => Operator::Remainder,
        '^' => Operator::Power,
        _ => return None,
    };
    Some((Token::Sign(one), 1))
}
