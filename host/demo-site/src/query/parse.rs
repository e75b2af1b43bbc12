//! Reads tokens into a [`Query`], with the errors in Atlassian's words. Precedence: NOT before AND
//! before OR, as in both languages.

use super::lex::{Placed, Token, lex, place};
use super::{Clause, Filter, Language, Literal, Operand, Operator, Order, Query};

/// Words that JQL keeps for itself and takes as names or values only in quotes.
#[rustfmt::skip]
const RESERVED_WORDS: &[&str] = &[
    "abort", "access", "add", "after", "alias", "all", "alter", "and", "any", "as", "asc",
    "audit", "avg", "before", "begin", "between", "boolean", "break", "by", "byte", "catch", "cf",
    "changed", "char", "character", "check", "checkpoint", "collate", "collation", "column",
    "commit", "connect", "continue", "count", "create", "current", "date", "decimal", "declare",
    "decrement", "default", "defaults", "define", "delete", "delimiter", "desc", "difference",
    "distinct", "divide", "do", "double", "drop", "else", "empty", "encoding", "end", "equals",
    "escape", "exclusive", "exec", "execute", "exists", "explain", "false", "fetch", "field",
    "file", "first", "float", "for", "from", "function", "go", "goto", "grant", "greater",
    "group", "having", "identified", "if", "immediate", "in", "increment", "index", "initial",
    "inner", "inout", "input", "insert", "int", "integer", "intersect", "intersection", "into",
    "is", "isempty", "isnull", "join", "last", "left", "less", "like", "limit", "lock", "long",
    "max", "min", "minus", "mode", "modify", "modulo", "more", "multiply", "next", "noaudit",
    "not", "notin", "nowait", "null", "number", "object", "of", "on", "option", "or", "order",
    "outer", "output", "power", "previous", "prior", "privileges", "public", "raise", "raw",
    "remainder", "rename", "resource", "return", "returns", "revoke", "right", "row", "rowid",
    "rownum", "rows", "select", "session", "set", "share", "size", "sqrt", "start", "strict",
    "string", "subtract", "sum", "synonym", "table", "then", "to", "trans", "transaction",
    "trigger", "true", "uid", "union", "unique", "update", "user", "validate", "values", "view",
    "was", "when", "whenever", "where", "while", "with",
];

const OPERATORS: &str = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.";

/// Nesting that no person writes and the stack still bears.
const DEEPEST: usize = 64;

pub(crate) fn parse(text: &str, language: Language) -> Result<Query, String> {
    let tokens = lex(text, language)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
        language,
    };
    let filter = match parser.peek() {
        None => None,
        Some(token) if token.is_word("order") => None,
        Some(_) => Some(parser.any()?),
    };
    let order = parser.order()?;
    match parser.peek_placed() {
        None => Ok(Query { filter, order }),
        Some(placed) => Err(format!(
            "Expecting either 'OR' or 'AND' but got '{}'. {}",
            placed.token.text(),
            place(placed.at)
        )),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    at: usize,
    depth: usize,
    language: Language,
}

impl<'a> Parser<'a> {
    fn peek_placed(&self) -> Option<&'a Placed> {
        self.tokens.get(self.at)
    }

    fn peek(&self) -> Option<&'a Token> {
        self.peek_placed().map(|placed| &placed.token)
    }

    fn take_if(&mut self, wanted: impl Fn(&Token) -> bool) -> bool {
        let found = self.peek().is_some_and(wanted);
        self.at += usize::from(found);
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        self.take_if(|token| matches!(token, Token::Sign(s) if *s == sign))
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take_if(|token| token.is_word(word))
    }

    fn any(&mut self) -> Result<Filter, String> {
        let mut parts = vec![self.all()?];
        while self.take_word("or") || self.take_sign("||") || self.take_sign("|") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Filter::Any))
    }

    fn all(&mut self) -> Result<Filter, String> {
        let mut parts = vec![self.unary()?];
        while self.take_word("and") || self.take_sign("&&") || self.take_sign("&") {
            parts.push(self.unary()?);
        }
        Ok(one_or(parts, Filter::All))
    }

    fn unary(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("The query is nested too deeply.".into());
        }
        let filter = if self.take_word("not") || self.take_sign("!") {
            Filter::Not(Box::new(self.unary()?))
        } else if self.take_sign("(") {
            let inner = self.any()?;
            if !self.take_sign(")") {
                return Err(match self.peek_placed() {
                    None => "Expecting ')' before the end of the query.".into(),
                    Some(placed) => format!(
                        "Expecting ')', 'OR' or 'AND' but got '{}'. {}",
                        placed.token.text(),
                        place(placed.at)
                    ),
                });
            }
            inner
        } else {
            Filter::Clause(self.clause()?)
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn clause(&mut self) -> Result<Clause, String> {
        let field = self.field()?;
        let operator = self.operator()?;
        let operand = self.operand(operator)?;
        Ok(Clause {
            field,
            operator,
            operand,
        })
    }

    fn field(&mut self) -> Result<String, String> {
        let Some(placed) = self.peek_placed() else {
            return Err("Expecting a field name before the end of the query.".into());
        };
        match &placed.token {
            Token::Sign(sign) => {
                return Err(format!(
                    "Expecting a field name but got '{sign}'. You must surround '{sign}' in quotation marks to use it as a field name. {}",
                    place(placed.at)
                ));
            }
            Token::Word(word) => self.refuse_reserved(word, "field name", placed.at)?,
            Token::Quoted(_) => {}
        }
        self.at += 1;
        Ok(placed.token.text().to_owned())
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let Some(placed) = self.peek_placed() else {
            return Err(format!(
                "Expecting operator before the end of the query. {OPERATORS}"
            ));
        };
        self.at += 1;
        let token = &placed.token;
        let found = match token {
            Token::Sign("=") => Some(Operator::Equals),
            Token::Sign("!=") => Some(Operator::NotEquals),
            Token::Sign("~") => Some(Operator::Contains),
            Token::Sign("!~") => Some(Operator::NotContains),
            Token::Sign("<") => Some(Operator::Less),
            Token::Sign("<=") => Some(Operator::LessOrEqual),
            Token::Sign(">") => Some(Operator::Greater),
            Token::Sign(">=") => Some(Operator::GreaterOrEqual),
            _ if token.is_word("in") => Some(Operator::In),
            _ if token.is_word("not") && self.take_word("in") => Some(Operator::NotIn),
            _ if token.is_word("is") => Some(if self.take_word("not") {
                Operator::IsNot
            } else {
                Operator::Is
            }),
            _ => None,
        };
        found.ok_or_else(|| {
            format!(
                "Expecting operator but got '{}'. {OPERATORS} {}",
                token.text(),
                place(placed.at)
            )
        })
    }

    fn operand(&mut self, operator: Operator) -> Result<Operand, String> {
        let wants_list = matches!(operator, Operator::In | Operator::NotIn);
        if !self.take_sign("(") {
            let literal = self.literal()?;
            if wants_list && !matches!(literal, Literal::Function { .. }) {
                let placed = &self.tokens[self.at - 1];
                return Err(format!(
                    "Expecting either '(' or a function but got '{}'. {}",
                    placed.token.text(),
                    place(placed.at)
                ));
            }
            return Ok(Operand::One(literal));
        }
        let mut literals = vec![self.literal()?];
        while self.take_sign(",") {
            literals.push(self.literal()?);
        }
        if !self.take_sign(")") {
            return Err(match self.peek_placed() {
                None => "Expecting ')' before the end of the query.".into(),
                Some(placed) => {
                    format!(
                        "Expecting ')' or ',' but got '{}'. {}",
                        placed.token.text(),
                        place(placed.at)
                    )
                }
            });
        }
        Ok(Operand::List(literals))
    }

    fn literal(&mut self) -> Result<Literal, String> {
        let Some(placed) = self.peek_placed() else {
            return Err(
                "Expecting either a value, list or function before the end of the query.".into(),
            );
        };
        let is_call = matches!(
            self.tokens.get(self.at + 1),
            Some(Placed {
                token: Token::Sign("("),
                ..
            })
        );
        match &placed.token {
            Token::Quoted(text) => {
                self.at += 1;
                Ok(Literal::Text(text.clone()))
            }
            token if token.is_word("empty") || token.is_word("null") => {
                self.at += 1;
                Ok(Literal::Empty)
            }
            Token::Word(name) if is_call => {
                self.at += 2;
                let arguments = self.arguments()?;
                Ok(Literal::Function {
                    name: name.clone(),
                    arguments,
                })
            }
            Token::Word(word) => {
                if self.language == Language::Jql && is_reserved(word) {
                    return Err(unexpected_value(word, placed.at));
                }
                self.at += 1;
                Ok(Literal::Text(word.clone()))
            }
            Token::Sign(sign) => Err(unexpected_value(sign, placed.at)),
        }
    }

    fn arguments(&mut self) -> Result<Vec<String>, String> {
        let mut arguments = Vec::new();
        while !self.take_sign(")") {
            match self.peek() {
                Some(token @ (Token::Word(_) | Token::Quoted(_))) => {
                    arguments.push(token.text().to_owned())
                }
                _ => {
                    return Err(
                        "Expecting ')' or an argument before the end of the function.".into(),
                    );
                }
            }
            self.at += 1;
            self.take_sign(",");
        }
        Ok(arguments)
    }

    fn order(&mut self) -> Result<Vec<Order>, String> {
        let mut order = Vec::new();
        if !self.take_word("order") {
            return Ok(order);
        }
        if !self.take_word("by") {
            return Err(match self.peek_placed() {
                None => "Expecting 'by' before the end of the query.".into(),
                Some(placed) => {
                    format!(
                        "Expecting 'by' but got '{}'. {}",
                        placed.token.text(),
                        place(placed.at)
                    )
                }
            });
        }
        loop {
            let field = self.field()?;
            let descending = self.take_word("desc");
            if !descending {
                self.take_word("asc");
            }
            order.push(Order { field, descending });
            if !self.take_sign(",") {
                return Ok(order);
            }
        }
    }

    fn refuse_reserved(&self, word: &str, what: &str, at: usize) -> Result<(), String> {
        if self.language == Language::Jql && is_reserved(word) {
            return Err(format!(
                "'{word}' is a reserved JQL word. You must surround it in quotation marks to use it as a {what}. {}",
                place(at)
            ));
        }
        Ok(())
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED_WORDS
        .binary_search(&word.to_ascii_lowercase().as_str())
        .is_ok()
}

fn unexpected_value(got: &str, at: usize) -> String {
    format!(
        "Expecting either a value, list or function but got '{got}'. You must surround '{got}' in quotation marks to use it as a value. {}",
        place(at)
    )
}

fn one_or(mut parts: Vec<Filter>, many: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    many(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tree in a few signs, to see precedence.
    fn show(filter: &Filter) -> String {
        let join = |parts: &[Filter], sign: &str| {
            let parts: Vec<String> = parts.iter().map(show).collect();
            format!("({})", parts.join(sign))
        };
        match filter {
            Filter::All(parts) => join(parts, " & "),
            Filter::Any(parts) => join(parts, " | "),
            Filter::Not(inner) => format!("!{}", show(inner)),
            Filter::Clause(clause) => {
                format!(
                    "{} {} {}",
                    clause.field,
                    clause.operator.as_str(),
                    clause.operand.literals().len()
                )
            }
        }
    }

    #[test]
    fn reserved_words_are_sorted_for_the_search() {
        let refused = |word: &&&str| !is_reserved(word);
        assert_eq!(RESERVED_WORDS.iter().find(refused), None);
    }

    #[test]
    fn not_binds_before_and_before_or() -> Result<(), String> {
        for (text, tree) in [
            ("a = 1", "a = 1"),
            ("a = 1 AND b = 2 OR c = 3", "((a = 1 & b = 1) | c = 1)"),
            ("a = 1 AND (b = 2 OR c = 3)", "(a = 1 & (b = 1 | c = 1))"),
            ("NOT a = 1 and b in (1, 2)", "(!a = 1 & b in 2)"),
            (
                "a not in (x) && !(b is not EMPTY)",
                "(a not in 1 & !b is not 1)",
            ),
            ("\"Epic Link\" = X-1", "Epic Link = 1"),
            ("sprint in openSprints()", "sprint in 1"),
        ] {
            let query = parse(text, Language::Jql)?;
            assert_eq!(
                query.filter.as_ref().map(show).as_deref(),
                Some(tree),
                "{text}"
            );
        }
        let ordered = parse("order by priority DESC, created", Language::Jql)?;
        assert_eq!(ordered.filter, None);
        assert_eq!(
            ordered
                .order
                .iter()
                .map(|o| o.descending)
                .collect::<Vec<_>>(),
            [true, false]
        );
        Ok(())
    }

    #[test]
    fn errors_are_worded_as_jira_words_them() {
        let errors: Vec<String> = [
            "project",
            "project =",
            "project PROJ",
            "status = In Progress",
            "summary ~ foo bar",
            "project in PROJ",
            "(project = A",
            "project in (A, B",
            "project = A ORDER created",
            "select = 1",
            "AND project = A",
            "= A",
        ]
        .into_iter()
        .map(|text| {
            format!(
                "{text}\n    {}",
                parse(text, Language::Jql).err().unwrap_or_default()
            )
        })
        .collect();
        insta::assert_snapshot!(errors.join("\n"));
    }

    #[test]
    fn a_very_deep_query_is_refused_and_not_followed() {
        let text = format!("{}a = 1{}", "(".repeat(500), ")".repeat(500));
        assert!(parse(&text, Language::Jql).is_err());
        assert!(parse(&"NOT ".repeat(5_000), Language::Jql).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fall_over(text in "[a-z=~!<>(),\"' ]{0,60}") {
            let _ = parse(&text, Language::Jql);
            let _ = parse(&text, Language::Cql);
        }
    }
}
