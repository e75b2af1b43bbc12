//! Core modules that break the rules of the component ABI, where a compiler would not let us.
//!
//! Each becomes a component with the face of a real one; what differs is the body of one function.
//! Layout of `call-tool`'s result: byte 0 says ok (0) or error (1); at 4 stands the outcome or the
//! error's kind (1 is `invalid-arguments`), and at 8 and 12 a string's address and length.

/// A module by the name of its behaviour.
pub(crate) struct Core {
    pub(crate) name: &'static str,
    call: &'static str,
    realloc: &'static str,
    more: &'static str,
}

/// A fine answer: `invalid-arguments("no")`.
const ANSWER: &str = r#"
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1028) (i32.const 1))
    (i32.store (i32.const 1032) (i32.const 2048))
    (i32.store (i32.const 1036) (i32.const 2))
    (i32.store8 (i32.const 2048) (i32.const 110))
    (i32.store8 (i32.const 2049) (i32.const 111))
    (i32.const 1024)"#;

const BUMP: &str = r#"
    (local.set 0 (global.get $next))
    (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16))))
    (local.get 0)"#;

pub(crate) const CORES: &[Core] = &[
    Core {
        name: "honest",
        call: ANSWER,
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "infinite_loop_in_start",
        call: ANSWER,
        realloc: BUMP,
        more: "(func $forever (loop $again (br $again))) (start $forever)",
    },
    Core {
        name: "trap_in_start",
        call: ANSWER,
        realloc: BUMP,
        more: "(func $trap unreachable) (start $trap)",
    },
    Core {
        name: "unreachable",
        call: "unreachable",
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "grow_memory_to_the_end",
        call: "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable",
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "table_grow",
        call: "(loop $again (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 4096)) (i32.const -1)))) unreachable",
        realloc: BUMP,
        more: "(table $t 1 funcref)",
    },
    Core {
        name: "large_first_table",
        call: ANSWER,
        realloc: BUMP,
        more: "(table 8000000 funcref)",
    },
    Core {
        name: "large_first_memory",
        call: ANSWER,
        realloc: BUMP,
        more: "(data (i32.const 0) \"x\")",
    },
    Core {
        name: "return_invalid_utf8",
        call: r#"
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1028) (i32.const 1))
    (i32.store (i32.const 1032) (i32.const 2048))
    (i32.store (i32.const 1036) (i32.const 2))
    (i32.store8 (i32.const 2048) (i32.const 0xc3))
    (i32.store8 (i32.const 2049) (i32.const 0x28))
    (i32.const 1024)"#,
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "return_out_of_bounds_list",
        call: r#"
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1028) (i32.const 1))
    (i32.store (i32.const 1032) (i32.const 0xfffffff0))
    (i32.store (i32.const 1036) (i32.const 4096))
    (i32.const 1024)"#,
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "return_1gib_result",
        call: r#"
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1028) (i32.const 1))
    (i32.store (i32.const 1032) (i32.const 0))
    (i32.store (i32.const 1036) (i32.const 0x40000000))
    (i32.const 1024)"#,
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "return_misaligned_pointer",
        call: "(i32.const 1025)",
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "return_pointer_past_the_end",
        call: "(i32.const 0x7ffffff0)",
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "return_unknown_variant",
        call: "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (i32.const 99)) (i32.const 1024)",
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "return_unknown_result",
        call: "(i32.store8 (i32.const 1024) (i32.const 7)) (i32.const 1024)",
        realloc: BUMP,
        more: "",
    },
    Core {
        name: "realloc_past_the_end",
        call: ANSWER,
        realloc: "(i32.const 0x7ffffff0)",
        more: "",
    },
    Core {
        name: "realloc_misaligned",
        call: ANSWER,
        realloc: "(i32.const 4097)",
        more: "",
    },
    Core {
        name: "realloc_traps",
        call: ANSWER,
        realloc: "unreachable",
        more: "",
    },
    Core {
        name: "realloc_loops",
        call: ANSWER,
        realloc: "(loop $again (br $again)) unreachable",
        more: "",
    },
];

impl Core {
    pub(crate) fn text(&self) -> String {
        let Core {
            name,
            call,
            realloc,
            more,
        } = self;
        let pages = if *name == "large_first_memory" {
            4096
        } else {
            1
        };
        format!(
            r#"(module
  (memory (export "memory") {pages})
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
  (func (export "airlock:atlassian/provider@0.1.0#list-tools") (result i32) (i32.const 64))
  (func (export "airlock:atlassian/provider@0.1.0#call-tool") (param i32) (result i32) {call})
  {more})"#
        )
    }
}

/// Core modules that a component instantiates many times beside its honest one.
pub(crate) const CROWDS: &[(&str, &str, u32)] = &[
    ("many_memories", "(module (memory 16))", 64),
    ("many_instances", "(module)", 900),
    ("many_tables", "(module (table 1000 funcref))", 64),
];

/// Components that only want what they may not have, by the name of the import.
pub(crate) const WISHES: &[&str] = &[
    "wasi:http/outgoing-handler@0.2.0",
    "wasi:cli/run@0.2.0",
    "wasi:config/store@0.2.0",
    "wasi:sockets/tcp@0.2.0",
    "wasi:filesystem/types@0.2.0",
    "wasi:filesystem/preopens@0.2.0",
    "wasi:clocks/wall-clock@0.2.0",
    "wasi:random/random@0.2.0",
    "airlock:atlassian/secrets@0.1.0",
];
