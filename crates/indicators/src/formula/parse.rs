//! From text to a formula. Every turn that goes deeper is counted, so no text of ours or of
//! anybody else's can exhaust the stack.

use super::{
    DEEPEST, Function, LONGEST, MOST_NODES, MOST_REFERENCES, Node, Operator, Problem, Strength,
    What,
    token::{Token, tokens},
};
use crate::reason::{
    FORMULA_ARGUMENTS, FORMULA_EMPTY, FORMULA_END, FORMULA_TOO_DEEP, FORMULA_TOO_LARGE,
    FORMULA_TOO_LONG, FORMULA_UNEXPECTED, FORMULA_WORD,
};

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    if text.len() > LONGEST {
        let facts = [
            ("length", text.len().to_string()),
            ("most", LONGEST.to_string()),
        ];
        return Err(Problem::new(&FORMULA_TOO_LONG, 1, &facts));
    }
    let (tokens, end) = tokens(text)?;
    if tokens.is_empty() {
        return Err(Problem::new(&FORMULA_EMPTY, 1, &[]));
    }
    let mut parser = Parser {
        tokens,
        at: 0,
        end,
        depth: 0,
        nodes: 0,
        references: 0,
    };
    let root = parser.expression()?;
    match parser.peek() {
        None => Ok(root),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    /// The column after the last character.
    end: usize,
    depth: usize,
    nodes: usize,
    references: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn column(&self) -> usize {
        self.tokens
            .get(self.at)
            .map_or(self.end, |(column, _)| *column)
    }

    /// Takes the next word when it is this one.
    fn takes(&mut self, token: &Token) -> bool {
        let taken = self.peek() == Some(token);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, token: &Token) -> Result<(), Problem> {
        if self.takes(token) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> Problem {
        let column = self.column();
        let found = match self.peek() {
            None => return Problem::new(&FORMULA_END, column, &[]),
            Some(Token::Number(number)) => number.to_string(),
            Some(Token::Reference(reference)) => reference.to_string(),
            Some(Token::Word(word)) => word.chars().take(40).collect(),
            Some(Token::Sign(sign)) => sign.sign().to_owned(),
            Some(Token::Open) => "(".to_owned(),
            Some(Token::Close) => ")".to_owned(),
            Some(Token::Comma) => ",".to_owned(),
        };
        Problem::new(&FORMULA_UNEXPECTED, column, &[("found", found)])
    }

    fn node(&mut self, column: usize, what: What) -> Result<Node, Problem> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            let facts = [
                ("most", MOST_NODES.to_string()),
                ("what_en", "parts".into()),
                ("what_vi", "thành phần".into()),
            ];
            return Err(Problem::new(&FORMULA_TOO_LARGE, column, &facts));
        }
        if matches!(what, What::Reference(_)) {
            self.references += 1;
            if self.references > MOST_REFERENCES {
                let facts = [
                    ("most", MOST_REFERENCES.to_string()),
                    ("what_en", "references".into()),
                    ("what_vi", "tham chiếu".into()),
                ];
                return Err(Problem::new(&FORMULA_TOO_LARGE, column, &facts));
            }
        }
        Ok(Node { what, column })
    }

    /// Reads what stands one level deeper.
    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Node, Problem>,
    ) -> Result<Node, Problem> {
        if self.depth == DEEPEST {
            let facts = [("most", DEEPEST.to_string())];
            return Err(Problem::new(&FORMULA_TOO_DEEP, self.column(), &facts));
        }
        self.depth += 1;
        let node = read(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn expression(&mut self) -> Result<Node, Problem> {
        self.chain(Strength::Or)
    }

    /// Reads operands with operators of one strength between them.
    fn chain(&mut self, strength: Strength) -> Result<Node, Problem> {
        let column = self.column();
        let first = self.operand(strength)?;
        let mut links = Vec::new();
        while let Some(operator) = self.operator(strength) {
            self.at += 1;
            // An operator is a part too, so that a long chain is not free.
            self.nodes += usize::from(!links.is_empty());
            links.push((operator, self.operand(strength)?));
        }
        if links.is_empty() {
            return Ok(first);
        }
        self.node(column, What::Chain(Box::new(first), links))
    }

    /// Returns the next word when it is an operator of this strength.
    fn operator(&self, strength: Strength) -> Option<Operator> {
        let operator = match self.peek()? {
            Token::Sign(sign) => *sign,
            Token::Word(word) if word == "or" => Operator::Or,
            Token::Word(word) if word == "and" => Operator::And,
            _ => return None,
        };
        (operator.strength() == strength).then_some(operator)
    }

    fn operand(&mut self, strength: Strength) -> Result<Node, Problem> {
        match strength {
            Strength::Or => self.chain(Strength::And),
            Strength::And => self.not(),
            Strength::Sum => self.chain(Strength::Product),
            _ => self.unary(),
        }
    }

    fn not(&mut self) -> Result<Node, Problem> {
        let column = self.column();
        if !self.takes(&Token::Word("not".to_owned())) {
            return self.comparison();
        }
        let inner = self.deeper(Self::not)?;
        self.node(column, What::Not(Box::new(inner)))
    }

    /// Reads one comparison: `1 < 2 < 3` says nothing.
    fn comparison(&mut self) -> Result<Node, Problem> {
        let column = self.column();
        let left = self.chain(Strength::Sum)?;
        let Some(operator) = self.operator(Strength::Comparison) else {
            return Ok(left);
        };
        self.at += 1;
        let right = self.chain(Strength::Sum)?;
        if self.operator(Strength::Comparison).is_some() {
            return Err(self.unexpected());
        }
        self.node(
            column,
            What::Compare(operator, Box::new(left), Box::new(right)),
        )
    }

    fn unary(&mut self) -> Result<Node, Problem> {
        let column = self.column();
        if !self.takes(&Token::Sign(Operator::Subtract)) {
            return self.power();
        }
        let inner = self.deeper(Self::unary)?;
        self.node(column, What::Negate(Box::new(inner)))
    }

    /// Reads a power, which holds from the right: `2^3^2` is 2^9.
    fn power(&mut self) -> Result<Node, Problem> {
        let column = self.column();
        let base = self.word()?;
        if !self.takes(&Token::Sign(Operator::Power)) {
            return Ok(base);
        }
        let exponent = self.deeper(Self::unary)?;
        self.node(column, What::Power(Box::new(base), Box::new(exponent)))
    }

    fn word(&mut self) -> Result<Node, Problem> {
        let column = self.column();
        let Some(token) = self.peek().cloned() else {
            return Err(self.unexpected());
        };
        match token {
            Token::Number(number) => {
                self.at += 1;
                self.node(column, What::Number(number))
            }
            Token::Reference(reference) => {
                self.at += 1;
                self.node(column, What::Reference(reference))
            }
            Token::Open => {
                self.at += 1;
                let inner = self.deeper(Self::expression)?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Token::Word(word) => match word.as_str() {
                "true" | "false" => {
                    self.at += 1;
                    self.node(column, What::Truth(word == "true"))
                }
                "and" | "or" | "not" => Err(self.unexpected()),
                name => self.call(name),
            },
            Token::Close | Token::Comma | Token::Sign(_) => Err(self.unexpected()),
        }
    }

    fn call(&mut self, name: &str) -> Result<Node, Problem> {
        let column = self.column();
        let Some(function) = Function::named(name) else {
            let word = name.chars().take(40).collect();
            return Err(Problem::new(&FORMULA_WORD, column, &[("word", word)]));
        };
        self.at += 1;
        self.expect(&Token::Open)?;
        let mut arguments = Vec::new();
        if !self.takes(&Token::Close) {
            loop {
                arguments.push(self.deeper(Self::expression)?);
                if self.takes(&Token::Close) {
                    break;
                }
                self.expect(&Token::Comma)?;
            }
        }
        let (least, most) = function.arguments();
        if !(least..=most).contains(&arguments.len()) {
            let facts = [
                ("function", function.name().to_owned()),
                ("count", arguments.len().to_string()),
            ];
            return Err(Problem::new(&FORMULA_ARGUMENTS, column, &facts));
        }
        self.node(column, What::Call(function, arguments))
    }
}
