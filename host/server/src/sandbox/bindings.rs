//! The Rust face of `wit/`, generated. The only `bindgen!` of the host; nothing is decided here.
wasmtime::component::bindgen!({
    path: "../../wit",
    world: "tools",
    imports: {
        "airlock:atlassian/egress.[method]site.send": async | trappable,
        "airlock:atlassian/egress.send-many": async | trappable,
        "airlock:atlassian/egress.sites": async | trappable,
        "airlock:atlassian/egress.open-site": async | trappable,
        "airlock:atlassian/egress.[method]site.info": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "airlock:atlassian/egress.site": crate::sandbox::egress::OpenSite,
        "airlock:atlassian/blobs.blob": crate::sandbox::blobs::Blob,
    },
});
