//! Generated from the WIT package; nothing is written here by hand.

wit_bindgen::generate!({
    world: "shell",
    path: "../../../wit",
});
