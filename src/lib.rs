//! Terraform and OpenTofu provider for the admin side of identity-verification vendors: the architecture page.
//!
//! # The map
//!
//! | module | what it is | what it may not know |
//! |---|---|---|
//! | [`plugin`] | go-plugin: handshake, mutual TLS, health, controller, stdio, log lines, crashes, debug mode | `tfplugin6`, vendors |
//! | [`protocol`] | `tfplugin6` over the framework: generated messages, conversions, one file a family of calls | vendors |
//! | [`doctor`] | whether Terraform could work with the vendors that are configured: walks the clients and the lists | vendors, protobuf, HTTP |
//! | [`export`] | an existing tenant as HCL: walks the lists, writes resources and `import` blocks | vendors, protobuf, HTTP |
//! | [`framework`] | what an object's author sees: schemas, values, plan rules, diagnostics, a trait for each kind of object | protobuf, HTTP, vendors |
//! | [`http`] | the transport of every client: timeouts, retries, limits, tokens, the cache of a run, redaction, the error | Terraform, vendors |
//! | [`sandbox`] | the engine of the stand-ins: ports, state, clock, faults, request log, control port | vendors, the rest of the crate |
//! | [`vendors`] | a folder for each vendor: configuration, client, objects, stand-in | the protocol, other vendors |
//!
//! `main.rs` picks what to be: Terraform's cookie in the environment makes it a plugin, anything else a command line
//! (`cli.rs`).
//!
//! # The arrows
//!
//! ```text
//! main ──> plugin   protocol ──> framework <── vendors ──> http
//!                                    ▲           │
//!             export, doctor ────────┘           │
//!                                vendors/x/sandbox ──> sandbox
//! ```
//!
//! `framework`, `http`, `plugin` and `sandbox` import nothing else of the crate. A vendor imports no other vendor. A
//! vendor's stand-in shares no type with its client, so that a misspelt field fails in a test instead of being mirrored. A
//! test over the sources keeps all of this true.
//!
//! # What an apply goes through
//!
//! Terraform starts the binary; [`plugin`] answers with a socket and serves it. A call arrives in [`protocol`], which turns
//! bytes into [`framework::Value`]s and finds the object by its type's name. The framework's erased form of the object
//! applies what core enforces for all of them (plan rules, null for write-only, partial state after a failure), hands a
//! typed model to the vendor's code, and checks the answer before it leaves. The vendor's code calls its client, which
//! knows paths and fields and no Terraform; the client sends through [`http`].
//!
//! # What everything walks
//!
//! [`registry::VENDORS`] is the only list of vendors, and `objects` of each vendor the only list of its objects. The
//! provider's schema, environment variables, the sandbox's ports, the documentation and the tests of schemas and models
//! come from them.
//!
//! # Decided
//!
//! - The protocol layer is in this tree: see `docs/decisions/0001-protocol-layer-in-this-tree.md`.
//! - Objects are typed, one file each; there is no generic "REST resource", which could check nothing before an apply.
//! - A plan is a pure function of prior state, configuration and proposal: no clock, no random numbers, no requests.
//! - Retry, limits and the cache of a run exist once, in [`http`], for each credential.
//! - A secret is held in a type that does not print; bodies have no derived `Debug`.
//!
//! # Deliberately absent
//!
//! - Blocks in schemas: nested attributes do what they do, and can be computed with expressions.
//! - Runtime calls of the vendors, such as capturing a selfie: they are an application's business, not a tenant's settings.
//! - A multi-threaded runtime: the work is waiting for vendors, and a plugin is started several times in one run.
//! - A build script: messages are generated into the tree and kept true by a test, so building needs no compiler for them.

pub mod doctor;
pub mod export;
pub mod framework;
pub mod http;
pub mod plugin;
pub mod protocol;
pub mod registry;
pub mod sandbox;
pub mod vendors;
