//! A small evaluator of the conditions that the forms use: `==`, `!=`, `&&`, `||` and parentheses, over texts and variables.

use std::collections::BTreeMap;

/// The variables of a pipeline. One that is not set is empty.
pub(super) type Variables<'v> = BTreeMap<&'v str, &'v str>;

/// Whether a condition of GitHub Actions or GitLab holds.
pub(super) fn holds(condition: &str, variables: &Variables<'_>) -> bool {
    let mut parser = Parser { tokens: tokens(condition), position: 0, variables };
    let value = parser.any();
    assert_eq!(parser.position, parser.tokens.len(), "not understood: {condition}");
    value
}

fn tokens(condition: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = condition.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            '=' | '!' | '&' | '|' => 2,
            '\'' | '"' => rest[1..].find(first).expect("the end of a text") + 2,
            _ => rest.find(|it: char| !(it.is_ascii_alphanumeric() || "$_.".contains(it))).unwrap_or(rest.len()),
        };
        assert!(length > 0, "not understood: {rest}");
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'p> {
    tokens: Vec<String>,
    position: usize,
    variables: &'p Variables<'p>,
}

impl Parser<'_> {
    fn next_is(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.position).is_some_and(|next| next == token);
        self.position += usize::from(is_next);
        is_next
    }

    fn any(&mut self) -> bool {
        let mut value = self.all();
        while self.next_is("||") {
            value |= self.all();
        }
        value
    }

    fn all(&mut self) -> bool {
        let mut value = self.one();
        while self.next_is("&&") {
            value &= self.one();
        }
        value
    }

    fn one(&mut self) -> bool {
        if self.next_is("(") {
            let value = self.any();
            assert!(self.next_is(")"));
            return value;
        }
        let left = self.operand();
        let equal = self.next_is("==");
        assert!(equal || self.next_is("!="), "neither == nor != in {:?}", self.tokens);
        (left == self.operand()) == equal
    }

    fn operand(&mut self) -> String {
        let token = &self.tokens[self.position];
        self.position += 1;
        if token.starts_with(['\'', '"']) {
            return token[1..token.len() - 1].to_owned();
        }
        self.variables.get(token.trim_start_matches('$')).copied().unwrap_or_default().to_owned()
    }
}

#[test]
fn conditions_are_evaluated_as_the_services_do() {
    let variables = Variables::from([("A", "x"), ("github.event_name", "push")]);
    for (condition, expected) in [
        ("$A == \"x\"", true),
        ("$A != 'x' || github.event_name == 'push'", true),
        ("$A == \"x\" && ($B == \"y\" || $B != \"\")", false),
        ("$A != \"x\" && $B == \"y\" || $A == \"x\"", true),
    ] {
        assert_eq!(holds(condition, &variables), expected, "{condition}");
    }
}
