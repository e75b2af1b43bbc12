//! What an administrator would have set up once: issue types, statuses, workflows, priorities,
//! resolutions, link types. Constant tables; nothing here changes while a site runs.

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IssueType {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) subtask: bool,
    pub(crate) level: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    ToDo,
    InProgress,
    Done,
}

impl Category {
    pub(crate) fn id(self) -> u32 {
        match self {
            Self::ToDo => 2,
            Self::InProgress => 4,
            Self::Done => 3,
        }
    }

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::ToDo => "new",
            Self::InProgress => "indeterminate",
            Self::Done => "done",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ToDo => "To Do",
            Self::InProgress => "In Progress",
            Self::Done => "Done",
        }
    }

    pub(crate) fn colour(self) -> &'static str {
        match self {
            Self::ToDo => "blue-gray",
            Self::InProgress => "yellow",
            Self::Done => "green",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: Category,
}

#[derive(Debug)]
pub(crate) struct Priority {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

#[derive(Debug)]
pub(crate) struct Resolution {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

#[derive(Debug)]
pub(crate) struct LinkType {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) inward: &'static str,
    pub(crate) outward: &'static str,
}

#[derive(Debug)]
pub(crate) struct Transition {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Status ids it leaves from; all if empty.
    pub(crate) from: &'static [&'static str],
    pub(crate) to: &'static str,
    /// Its screen asks for a resolution and does not close without one.
    pub(crate) asks_resolution: bool,
}

#[derive(Debug)]
pub(crate) struct Workflow {
    /// Status id a new issue starts in.
    pub(crate) initial: &'static str,
    pub(crate) transitions: &'static [Transition],
}

pub(crate) const ISSUE_TYPES: &[IssueType] = &[
    IssueType {
        id: "10000",
        name: "Epic",
        description: "A big user story that needs to be broken down.",
        subtask: false,
        level: 1,
    },
    IssueType {
        id: "10001",
        name: "Story",
        description: "Functionality or a feature expressed as a user goal.",
        subtask: false,
        level: 0,
    },
    IssueType {
        id: "10002",
        name: "Task",
        description: "A small, distinct piece of work.",
        subtask: false,
        level: 0,
    },
    IssueType {
        id: "10003",
        name: "Sub-task",
        description: "A small piece of work that's part of a larger task.",
        subtask: true,
        level: -1,
    },
    IssueType {
        id: "10004",
        name: "Bug",
        description: "A problem or error.",
        subtask: false,
        level: 0,
    },
    IssueType {
        id: "10005",
        name: "Incident",
        description: "An interruption of a service.",
        subtask: false,
        level: 0,
    },
];

pub(crate) const STATUSES: &[Status] = &[
    Status {
        id: "10000",
        name: "To Do",
        category: Category::ToDo,
    },
    Status {
        id: "3",
        name: "In Progress",
        category: Category::InProgress,
    },
    Status {
        id: "10003",
        name: "In Review",
        category: Category::InProgress,
    },
    Status {
        id: "10004",
        name: "Blocked",
        category: Category::InProgress,
    },
    Status {
        id: "10002",
        name: "Done",
        category: Category::Done,
    },
    Status {
        id: "10010",
        name: "Backlog",
        category: Category::ToDo,
    },
    Status {
        id: "10011",
        name: "Selected for Development",
        category: Category::ToDo,
    },
    Status {
        id: "10020",
        name: "Idea",
        category: Category::ToDo,
    },
    Status {
        id: "10021",
        name: "Designing",
        category: Category::InProgress,
    },
    Status {
        id: "10022",
        name: "Shipped",
        category: Category::Done,
    },
];

/// From the most to the least urgent.
pub(crate) const PRIORITIES: &[Priority] = &[
    Priority {
        id: "1",
        name: "Highest",
    },
    Priority {
        id: "2",
        name: "High",
    },
    Priority {
        id: "3",
        name: "Medium",
    },
    Priority {
        id: "4",
        name: "Low",
    },
    Priority {
        id: "5",
        name: "Lowest",
    },
];

pub(crate) const RESOLUTIONS: &[Resolution] = &[
    Resolution {
        id: "10000",
        name: "Done",
    },
    Resolution {
        id: "10001",
        name: "Won't Do",
    },
    Resolution {
        id: "10002",
        name: "Duplicate",
    },
    Resolution {
        id: "10003",
        name: "Cannot Reproduce",
    },
];

pub(crate) const LINK_TYPES: &[LinkType] = &[
    LinkType {
        id: "10000",
        name: "Blocks",
        inward: "is blocked by",
        outward: "blocks",
    },
    LinkType {
        id: "10001",
        name: "Duplicate",
        inward: "is duplicated by",
        outward: "duplicates",
    },
    LinkType {
        id: "10003",
        name: "Relates",
        inward: "relates to",
        outward: "relates to",
    },
    LinkType {
        id: "10004",
        name: "Problem/Incident",
        inward: "is caused by",
        outward: "causes",
    },
];

const fn step(
    id: &'static str,
    name: &'static str,
    from: &'static [&'static str],
    to: &'static str,
) -> Transition {
    Transition {
        id,
        name,
        from,
        to,
        asks_resolution: false,
    }
}

/// A workflow with an order: review before done, and a way out that wants a reason.
pub(crate) static SOFTWARE: Workflow = Workflow {
    initial: "10000",
    transitions: &[
        step("11", "Start progress", &["10000"], "3"),
        step("21", "Request review", &["3"], "10003"),
        step("31", "Block", &["3", "10003"], "10004"),
        step("41", "Unblock", &["10004"], "3"),
        step("51", "Reject", &["10003"], "3"),
        step("61", "Done", &["10003"], "10002"),
        step("71", "Reopen", &["10002"], "10000"),
        Transition {
            id: "81",
            name: "Close without work",
            from: &["10000", "3", "10004"],
            to: "10002",
            asks_resolution: true,
        },
    ],
};

/// Everything from everywhere, as new Cloud projects have it.
pub(crate) static KANBAN: Workflow = Workflow {
    initial: "10010",
    transitions: &[
        step("11", "Backlog", &[], "10010"),
        step("21", "Selected for Development", &[], "10011"),
        step("31", "In Progress", &[], "3"),
        step("41", "Done", &[], "10002"),
    ],
};

pub(crate) static CONTENT: Workflow = Workflow {
    initial: "10020",
    transitions: &[
        step("5", "Pick up", &["10020"], "10021"),
        step("6", "Ship it", &["10021"], "10022"),
        step(
            "7",
            "Back to the drawing board",
            &["10021", "10022"],
            "10020",
        ),
    ],
};

pub(crate) fn issue_type(id: &str) -> &'static IssueType {
    ISSUE_TYPES
        .iter()
        .find(|t| t.id == id)
        .expect("issues hold ids of this table")
}

pub(crate) fn status(id: &str) -> &'static Status {
    STATUSES
        .iter()
        .find(|s| s.id == id)
        .expect("issues hold ids of this table")
}

pub(crate) fn priority(id: &str) -> &'static Priority {
    PRIORITIES
        .iter()
        .find(|p| p.id == id)
        .expect("issues hold ids of this table")
}

pub(crate) fn resolution(id: &str) -> &'static Resolution {
    RESOLUTIONS
        .iter()
        .find(|r| r.id == id)
        .expect("issues hold ids of this table")
}

pub(crate) fn link_type(id: &str) -> &'static LinkType {
    LINK_TYPES
        .iter()
        .find(|l| l.id == id)
        .expect("links hold ids of this table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workflow_uses_known_statuses_and_leaves_none_without_a_way_out() {
        for workflow in [&SOFTWARE, &KANBAN, &CONTENT] {
            let mut reached = vec![workflow.initial];
            for transition in workflow.transitions {
                status(transition.to);
                reached.push(transition.to);
            }
            for id in reached {
                assert!(
                    workflow
                        .transitions
                        .iter()
                        .any(|t| t.from.is_empty() || t.from.contains(&id)),
                    "status {id} is a dead end"
                );
            }
        }
    }
}
