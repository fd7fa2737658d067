//! Keeps the Rust that is generated from `proto/` true to it, so that building the crate needs no compiler for protobuf.

use std::path::{Path, PathBuf};

use crate::support::golden;

/// One schema in `proto/`, and the Rust in `src/` that comes of it.
struct Schema {
    proto: &'static str,
    rust: &'static str,
    /// Messages whose `bytes` fields become `bytes::Bytes`, which are cheap to hand on.
    shared_bytes: &'static [&'static str],
    /// Messages that must not be printed, or only by an implementation of `Debug` of our own, because their bytes may
    /// hold secrets. A wrapper names its nested messages too.
    unprintable: &'static [&'static str],
}

const TFPLUGIN6: Schema = Schema {
    proto: "tfplugin6.proto",
    rust: "src/protocol/generated/tfplugin6.rs",
    shared_bytes: &[".tfplugin6.DynamicValue"],
    unprintable: &[
        ".tfplugin6.DynamicValue",
        ".tfplugin6.RawState",
        // Their `private` bytes are the provider's own, and hold what an ephemeral resource needs to close itself.
        ".tfplugin6.ReadResource",
        ".tfplugin6.PlanResourceChange",
        ".tfplugin6.ApplyResourceChange",
        ".tfplugin6.ImportResourceState",
        ".tfplugin6.MoveResourceState",
        ".tfplugin6.OpenEphemeralResource",
        ".tfplugin6.RenewEphemeralResource",
        ".tfplugin6.CloseEphemeralResource",
        // Whole state files.
        ".tfplugin6.ReadStateBytes",
        ".tfplugin6.WriteStateBytes",
    ],
};

const PLUGIN: Schema =
    Schema { proto: "plugin.proto", rust: "src/plugin/generated/plugin.rs", shared_bytes: &[], unprintable: &[] };

#[test]
fn provider_protocol_is_generated_from_its_schema() {
    check(&TFPLUGIN6);
}

#[test]
fn plugin_services_are_generated_from_their_schema() {
    check(&PLUGIN);
}

fn check(schema: &Schema) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = generate(&root.join("proto"), schema);
    golden::check(schema.rust, &expected, &format!("proto/{}", schema.proto));
}

/// Returns the Rust of one schema: messages, and its services as traits for a server.
fn generate(protos: &Path, schema: &Schema) -> String {
    let folder = tempfile::tempdir().unwrap();
    let descriptors = protox::compile([schema.proto], [protos]).unwrap();
    let mut builder = tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .skip_debug(schema.unprintable)
        .out_dir(folder.path());
    for message in schema.shared_bytes {
        builder = builder.bytes(message);
    }
    builder.compile_fds(descriptors).unwrap();
    let name: PathBuf = Path::new(schema.rust).file_name().unwrap().into();
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}
