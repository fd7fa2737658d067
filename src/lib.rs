//! Terraform and OpenTofu provider for the admin side of identity-verification vendors: the architecture page.
//!
//! # The map
//!
//! | module | what it is | what it may not know |
//! |---|---|---|
//! | [`plugin`] | go-plugin: handshake, mutual TLS, health, controller, stdio, log lines, crashes, debug mode | `tfplugin6`, vendors |
//! | [`protocol`] | `tfplugin6` over the framework: generated messages, conversions, one file for each family of calls | vendors |
//! | [`framework`] | what an object's author sees: schemas, values, plan rules, diagnostics, a trait for each kind of object | protobuf, HTTP, vendors |
//! | [`http`] | the transport of every client: timeouts, retries, limits, tokens, pages, the cache, redaction, the error | Terraform, vendors |
//! | [`vendors`] | a folder for each vendor: configuration, client, objects; `shared` has what vendors share | the protocol, other vendors |
//! | [`sandbox`] | a stand-in for each vendor, on one engine: ports, state, clock, faults, request log, control port | the rest of the crate |
//! | [`registry`] | the only list of vendors: the provider half of each and its stand-in | |
//! | [`secret`] | the type of a secret, its redaction from texts, and age files: a secret that only its reader can decrypt | the rest of the crate |
//! | [`decrypt`] | the command that decrypts such a file | Terraform, vendors, HTTP |
//! | [`mirror`] | the command that copies this program to where `terraform init` finds it | the rest of the crate |
//! | [`openapi`] | OpenAPI documents: reads them, and compares them with the calls that clients declare | the rest of the crate |
//! | [`doctor`] | checks whether Terraform can work with the configured vendors, and compares their OpenAPI documents | vendors, protobuf |
//! | [`changes`] | what a plan changes, how a tenant has drifted, how two differ, for a person: reads, compares, shows | vendors, protobuf, HTTP |
//! | [`tenant`] | what a tenant has: lists it, finds what an id refers to, matches the objects of two | vendors, protobuf, HTTP |
//! | [`lint`] | checks configuration files against the schemas and a pack of policies, offline | vendors, protobuf, HTTP |
//! | `hcl` | reads the literal values of HCL, for `changes` and `lint` | files, schemas, objects |
//! | [`export`] | writes an existing tenant as HCL: walks the lists, writes resources and `import` blocks | vendors, protobuf, HTTP |
//!
//! `main.rs` selects the mode: Terraform's cookie in the environment starts the plugin, anything else the command line
//! (`cli.rs`).
//!
//! # The arrows
//!
//! ```text
//! main ──> plugin   protocol ──> framework <── vendors/x ──> vendors/shared ──> framework, http
//!                                    ▲
//!    changes, export ──> tenant ─────┤       sandbox/x ──> sandbox/engine       registry ──> vendors, sandbox
//!                  doctor, lint ─────┘
//!
//! changes, lint ──> hcl              decrypt ──> secret <── framework, http, plugin
//! ```
//!
//! `framework`, `http` and `plugin` import nothing else of the crate but the leaves [`secret`], [`recording`] and [`openapi`], and
//! `sandbox` nothing at all. A vendor
//! imports no other vendor. A stand-in shares no type with the client, so that a wrong field name fails in a test instead of
//! being mirrored.
//! `tests/architecture` has these arrows as a table and checks every import against it, and that no file of `framework` and
//! `protocol` imports in a circle.
//!
//! # What an apply goes through
//!
//! Terraform starts the binary, and [`plugin`] prints the address of its socket and serves it. A call arrives in
//! [`protocol`], which decodes it into [`framework::Value`]s and finds the object by its type name. The adapter of the
//! object's kind applies the rules that core enforces for all objects (plan rules, null for write-only attributes, partial
//! state after a failure), passes a typed model to the vendor's code, and checks the result before it is sent. The vendor's
//! code calls its client, which knows paths and fields and no Terraform. The client sends through [`http`].
//!
//! # One place per concept
//!
//! | concept | place |
//! |---|---|
//! | a write with an unknown outcome | `vendors/shared/reconcile` |
//! | lists that have pages, and their rows for the run | `http/pages.rs`, `http::Client::list` |
//! | settings that exist once and cannot be deleted | `vendors/shared/singleton` |
//! | the attribute that a rejected field belongs to | the adapters of `framework` |
//! | a workflow of steps as a graph | `framework/flow.rs` |
//! | an OpenAPI document, and the calls that a client declares | `openapi` |
//! | a literal value in a configuration file | `hcl.rs` |
//! | what a change means to a person | `framework/effect.rs` declares it, `changes` shows it |
//! | what a create overwrites | `vendors/shared/singleton`, by `Resource::preview` |
//! | two resources for one object | `framework/claims.rs` |
//! | an object of another tenant | `framework/tenant.rs` |
//! | an error that only the apply reports | `Planning::apply_errors` |
//! | a summary that names its object | `framework::summary` |
//! | retries, rate limits, the cache | `http`, once for each credential |
//! | limits and tokens that processes of a machine share | `http/budget` |
//! | a cause that fails every request | `http/known_causes.rs` |
//! | secrets, and their redaction from texts that come from outside | `secret` |
//! | a secret that is encrypted for its reader | `secret/age` |
//! | facts about an object for tests | `tests/support/objects` |
//!
//! # Decided
//!
//! - The protocol layer is in this tree: see `docs/decisions/0001-protocol-layer-in-this-tree.md`.
//! - Objects are typed, one file each. A generic "REST resource" could check nothing before an apply.
//! - A planned value is a pure function of prior state, configuration and proposal: no clock, no random numbers, no requests. The
//!   preview of a create reads the vendor, and only adds diagnostics.
//! - A secret is held in a type that does not print. Bodies have no derived `Debug`.
//!
//! # Deliberately absent
//!
//! - Blocks in schemas: nested attributes do the same and can be computed with expressions.
//! - Runtime calls of the vendors, such as capturing a selfie: they belong to an application, not to a tenant's settings.
//! - A multi-threaded runtime: a plugin mostly waits for vendors, and is started several times in one run.
//! - A build script: messages are generated into the tree and kept true by a test, so building needs no compiler for them.
//!
//! # Glossary
//!
//! | term | meaning |
//! |---|---|
//! | adapter | the code of a kind of object between the protocol's values and an object's model |
//! | adopt | to start managing something that exists, without creating it |
//! | ambiguous | several objects may be the one that a create made; none becomes state |
//! | budget | the limits and the access token of a credential, which the processes of one machine share |
//! | claim | that a resource manages an object which only one may manage |
//! | client | sends a vendor's requests; knows paths and fields, and no Terraform |
//! | configured value | what the user wrote; null if left out |
//! | delivery | what is known about the effect of a failed attempt: not applied, maybe applied, terminal |
//! | drift | a difference between state and vendor that Terraform did not make |
//! | forget | to stop managing something and leave it as it is |
//! | headroom | the share of a vendor's limit that is left to others |
//! | identity | the attributes, and parts of the tenant, that tell an object from every other |
//! | kind of object | resource, data source, ephemeral resource, list, action, function |
//! | model | the serde struct of an object's attributes |
//! | page | one response of a list that has several |
//! | permit | the right to send one request now, by a rate or a cap |
//! | planned value | what Terraform expects after the apply; unknown if only the apply knows it |
//! | private state | what a provider keeps in state and nobody sees |
//! | reach | how many verifications of a past period an object concerned |
//! | recording | the shapes of what vendors responded in a run, without secrets and personal data |
//! | reconcile | to read the vendor again after a write with an unknown outcome |
//! | restore | to write back what a vendor had when Terraform adopted it |
//! | semantics | whether a request is safe, idempotent or neither (RFC 9110) |
//! | singleton | settings that a tenant has exactly once, or once for each key |
//! | stand-in | the sandbox's version of a vendor |
//! | tenant | an account at a vendor, with its address |
//! | terminal | a failure that no retry can change |
//! | unknown outcome | a write that may have been applied although its response was lost or is unreadable |
//! | wire | the vendor's JSON, and the structs that mirror it |
//! | write-only | an attribute that reaches the provider and never plan or state |

pub mod changes;
pub mod decrypt;
pub mod doctor;
pub mod export;
pub mod framework;
mod hcl;
pub mod http;
pub mod lint;
pub mod mirror;
pub mod openapi;
pub mod plugin;
pub mod protocol;
pub mod recording;
pub mod registry;
pub mod sandbox;
pub mod secret;
pub mod tenant;
pub mod vendors;
