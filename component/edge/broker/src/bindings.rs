//! Generated from the WIT package; nothing is written here by hand.

wit_bindgen::generate!({
    world: "broker",
    path: "../../../wit",
    pub_export_macro: true,
});
