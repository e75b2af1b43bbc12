//! The shape that JQL and CQL share: clauses joined by AND, OR and NOT, and an order. Reads text
//! into that shape; what fields and values mean is decided by each language.

mod lex;
mod moment;
mod parse;
mod words;

pub(crate) use moment::{relative, start_or_end};
pub(crate) use parse::parse;
pub(crate) use words::Words;

/// Which language's rules and error words apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Jql,
    Cql,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// None if the text only orders.
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Vec<Order>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Clause(Clause),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clause {
    pub(crate) field: String,
    pub(crate) operator: Operator,
    pub(crate) operand: Operand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

impl Operator {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "=",
            Self::NotEquals => "!=",
            Self::Contains => "~",
            Self::NotContains => "!~",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
        }
    }

    /// The operator says what must not be.
    pub(crate) fn is_negative(self) -> bool {
        matches!(
            self,
            Self::NotEquals | Self::NotContains | Self::NotIn | Self::IsNot
        )
    }

    /// Does an ordering satisfy the operator? For `=`, `!=` and the four inequalities.
    pub(crate) fn admits(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            _ => ordering.is_eq() != self.is_negative(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    One(Literal),
    List(Vec<Literal>),
}

impl Operand {
    pub(crate) fn literals(&self) -> &[Literal] {
        match self {
            Self::One(literal) => std::slice::from_ref(literal),
            Self::List(literals) => literals,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Empty,
    Function {
        name: String,
        arguments: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub(crate) field: String,
    pub(crate) descending: bool,
}
