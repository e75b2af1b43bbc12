//! What the team wrote: descriptions and comments of the seed, by issue key.

use super::text::Block::{
    self, Bullets, Code, Heading, Numbers, Panel, Paragraph, Quote, Rule, Table,
};
use super::text::Item;

/// Descriptions worth reading; issues that are not here get a sentence or none.
pub(super) const DESCRIPTIONS: &[(&str, &[Block])] = &[
    (
        "PROJ-1",
        &[
            Paragraph(
                "Finance teams pay late when they don't trust a number. This epic ends when *support gets fewer than five questions a month* about how an invoice came about.",
            ),
            Bullets(&[
                Item("every amount can be traced to a ledger entry", &[]),
                Item(
                    "exports match what the portal shows",
                    &[Bullets(&[
                        Item("PDF", &[]),
                        Item("CSV", &[Bullets(&[Item("also for Excel in German", &[])])]),
                    ])],
                ),
                Item("credit notes exist", &[]),
            ]),
        ],
    ),
    (
        "PROJ-4",
        &[
            Heading(2, "Steps to reproduce"),
            Numbers(&[
                Item("Log in as *admin*", &[]),
                Item(
                    "Open the billing page",
                    &[Numbers(&[
                        Item("choose `Invoices`", &[]),
                        Item(
                            "filter for an invoice with a discount, such as `INV-2041`",
                            &[],
                        ),
                    ])],
                ),
                Item("Press *Export*", &[]),
            ]),
            Heading(2, "What happens"),
            Paragraph("The download stops at 0 bytes. The log of the invoice service says:"),
            Code(
                "python",
                "def total(rows):\n    return sum(r[\"amount\"] - r[\"discount\"] for r in rows)\n\n# KeyError: 'discount'",
            ),
            Table(&[
                &["Browser", "With discount", "Without"],
                &["Firefox 132", "ok", "ok"],
                &["Chrome 131", "*fails*", "ok"],
                &["Safari 18", "not tested", "ok"],
            ]),
            Panel(
                "warning",
                "About 40 customers a day meet this. @dara has the list.",
            ),
            Paragraph("See [the runbook|https://example.com/runbook] and ask @chen."),
        ],
    ),
    (
        "PROJ-6",
        &[
            Paragraph(
                "As a *finance manager* I want a credit note for a partial refund, so that my books match yours.",
            ),
            Heading(3, "Done when"),
            Bullets(&[
                Item("a refund below the invoice total makes a credit note", &[]),
                Item(
                    "its number comes from its own range, `CN-2026-0001` and on",
                    &[],
                ),
                Item("tax is split as on the invoice", &[]),
            ]),
            Quote(
                "Please don't reuse invoice numbers. Our auditor refused that last year. (Meridian Ltd)",
            ),
        ],
    ),
    (
        "PROJ-12",
        &[
            Paragraph(
                "We never see a card number: the customer types it on the provider's page and comes back with a token.",
            ),
            Code(
                "sequence",
                "portal -> provider: create session\nprovider -> portal: redirect url\ncustomer -> provider: card, 3-D Secure\nprovider -> payments: webhook payment.succeeded",
            ),
            Panel("info", "Depends on PROJ-14; the flag is `payments.cards`."),
            Table(&[
                &["Step", "Owner", "State"],
                &["Session", "@ben", "done"],
                &["Challenge", "@ben", "in progress"],
                &["Webhook", "@emil", "waits for the provider"],
            ]),
        ],
    ),
    (
        "PROJ-18",
        &[
            Paragraph(
                "A customer pressed *Back* after paying and *Pay* again. We charged twice and the ledger shows one payment.",
            ),
            Numbers(&[
                Item("pay", &[]),
                Item("press Back before the receipt loads", &[]),
                Item("press Pay", &[]),
            ]),
            Paragraph("The request has no idempotency key:"),
            Code(
                "http",
                "POST /v1/charges HTTP/1.1\nContent-Type: application/json\n\n{\"amount\": 4900, \"currency\": \"EUR\"}",
            ),
        ],
    ),
    (
        "PROJ-25",
        &[
            Paragraph(
                "Customers with more than 5,000 invoices wait 9 s. The query plan shows a sequential scan on `invoice_line`.",
            ),
            Code(
                "sql",
                "SELECT i.*, sum(l.amount)\nFROM invoice i JOIN invoice_line l ON l.invoice_id = i.id\nWHERE i.customer_id = $1\nGROUP BY i.id ORDER BY i.issued_at DESC;",
            ),
            Rule,
            Paragraph("An index on `(customer_id, issued_at)` brings it to 40 ms on staging."),
        ],
    ),
    (
        "OPS-6",
        &[
            Panel(
                "warning",
                "Customers could not pay from 03:12 to 04:02 UTC.",
            ),
            Heading(2, "Timeline"),
            Table(&[
                &["Time (UTC)", "What"],
                &["03:12", "disk of `billing-db-1` full, writes fail"],
                &["03:15", "alert, @dara is paged"],
                &["03:40", "volume grown by hand"],
                &["04:02", "backlog worked off"],
            ]),
            Heading(2, "Why"),
            Bullets(&[
                Item("a log table was never pruned", &[]),
                Item("the alert fires at 99 %, see OPS-9", &[]),
            ]),
        ],
    ),
    (
        "OPS-8",
        &[
            Paragraph(
                "Started with the deployment of `invoice-api 2.4.0-rc3`. Rolling back as the first step.",
            ),
            Code(
                "bash",
                "kubectl -n billing rollout undo deploy/invoice-api\nkubectl -n billing get pods -w",
            ),
        ],
    ),
    (
        "DESIGN-3",
        &[
            Paragraph(
                "Second draft after the interviews in [the report|https://example.com/research]. What changed:",
            ),
            Bullets(&[
                Item("amount and due date first", &[]),
                Item("status as words *and* colour", &[]),
                Item("filters stay when one comes back", &[]),
            ]),
        ],
    ),
];

/// `(issue, author, days ago, text)`, oldest first for each issue.
pub(super) const COMMENTS: &[(&str, &str, f64, &[Block])] = &[
    (
        "PROJ-4",
        "dara",
        8.6,
        &[Paragraph("Support has 12 tickets about this since Monday.")],
    ),
    (
        "PROJ-4",
        "chen",
        6.2,
        &[
            Paragraph("Found it: lines written before 2.3 have no `discount`."),
            Code(
                "diff",
                "-    return sum(r[\"amount\"] - r[\"discount\"] for r in rows)\n+    return sum(r[\"amount\"] - r.get(\"discount\", 0) for r in rows)",
            ),
        ],
    ),
    (
        "PROJ-4",
        "ada",
        5.9,
        &[Paragraph("@chen please add a test with an old line.")],
    ),
    (
        "PROJ-4",
        "deploybot",
        1.2,
        &[Paragraph("Branch `fix/PROJ-4` deployed to staging.")],
    ),
    (
        "PROJ-4",
        "chen",
        0.1,
        &[Paragraph("Test is in, ready for review.")],
    ),
    (
        "PROJ-6",
        "ada",
        3.0,
        &[Paragraph("Tax consultant agrees with the number range.")],
    ),
    (
        "PROJ-12",
        "ben",
        2.1,
        &[Paragraph(
            "Challenge works in the sandbox with the test card `4000 0027 6000 3184`.",
        )],
    ),
    (
        "PROJ-12",
        "fatima",
        1.4,
        &[
            Paragraph("The return page needs a text for *declined*. Draft:"),
            Quote("Your bank said no. You were not charged."),
        ],
    ),
    (
        "PROJ-14",
        "emil",
        9.0,
        &[Paragraph(
            "Waiting for the provider to allow our new address range. Asked again.",
        )],
    ),
    (
        "PROJ-14",
        "ben",
        1.5,
        &[Paragraph("Still nothing; I call them tomorrow.")],
    ),
    (
        "PROJ-18",
        "dara",
        2.4,
        &[Paragraph("Refunded the customer by hand.")],
    ),
    (
        "PROJ-25",
        "bosei",
        4.0,
        &[Paragraph(
            "Index is created on staging; please look at [the plan|https://example.com/plan].",
        )],
    ),
    (
        "PROJ-28",
        "deploybot",
        1.0,
        &[Paragraph("Failed again: expected 19.00 but was 18.99")],
    ),
    (
        "OPS-6",
        "deploybot",
        11.0,
        &[Paragraph("Alert *DiskFull* on billing-db-1.")],
    ),
    (
        "OPS-6",
        "dara",
        10.9,
        &[Paragraph(
            "Working. Follow-ups are OPS-9, OPS-10 and OPS-11.",
        )],
    ),
    (
        "OPS-8",
        "emil",
        0.3,
        &[Paragraph("Rolled back, error rate falls.")],
    ),
    (
        "OPS-8",
        "dara",
        0.05,
        &[Paragraph(
            "Keeping this open until we know why; suspect PROJ-25's index.",
        )],
    ),
    (
        "DESIGN-3",
        "ada",
        1.8,
        &[Paragraph(
            "Looks good. Can we keep the export button visible?",
        )],
    ),
];

/// `(from, link type id, to)`: the left one blocks, duplicates, causes the right one.
pub(super) const LINKS: &[(&str, &str, &str)] = &[
    ("PROJ-14", "10000", "PROJ-12"),
    ("PROJ-18", "10000", "PROJ-12"),
    ("PROJ-24", "10001", "PROJ-10"),
    ("PROJ-25", "10004", "OPS-8"),
    ("OPS-9", "10004", "OPS-6"),
    ("OPS-10", "10003", "OPS-6"),
    ("DESIGN-3", "10003", "PROJ-29"),
    ("PROJ-31", "10003", "SEC-1"),
];
