//! The image of a face, for the objects that send one.
//!
//! The vendor never returns an image. So an object that was imported has none in state: the first apply records the image of
//! the configuration and sends nothing.

use super::client::Api;
use crate::framework::resource::{Context, Planning};
use crate::framework::{Attr, Attribute, Diagnostic, Diagnostics, Model, Path, Private, Rule, Secret, model, secret};
use crate::vendors::shared::reconcile::Noun;

/// Key in private state: the object was imported, and the next apply records the attributes that are null.
const ADOPTED: &str = "adopted";

/// Key in private state: the generation of the API that last created or read the object.
const API: &str = "api";

/// The name of the attribute.
const NAME: &str = "face_image";

/// The name of the attribute that changes when the write-only image does.
const VERSION: &str = "face_image_wo_version";

/// Returns the three attributes of the image.
pub(super) fn attributes() -> [Attribute; 3] {
    let [plain, write_only, version] =
        secret::attributes(NAME, "The image of the face, in base64 as `filebase64` gives it.");
    let replacing = |attribute: Attribute| {
        let description = format!("{} Another value replaces the object.", attribute.description);
        attribute.describe(description)
    };
    [
        replacing(plain).rule(Rule::Length(1, 10_000_000)).rule(BASE64),
        write_only.rule(Rule::Length(1, 10_000_000)).rule(BASE64),
        replacing(version),
    ]
}

const BASE64: Rule = Rule::Custom {
    describe: "Must be standard base64.",
    check: |value| {
        use base64::Engine;
        let text = value.as_str().unwrap_or_default();
        let decoded = base64::prelude::BASE64_STANDARD.decode(text);
        decoded.map(drop).map_err(|_| "is not standard base64: give the image with `filebase64(...)`".to_owned())
    },
};

/// Checks the image of a configuration without a request.
pub(super) fn check(
    plain: &Attr<Secret>,
    write_only: &Attr<Secret>,
    version: &Attr<String>,
    diagnostics: &mut Diagnostics,
) {
    secret::check(NAME, plain, write_only, version, &Path::root(), diagnostics);
}

/// Returns the image to send; an error if there is none.
pub(super) fn chosen<'s>(
    plain: &'s Attr<Secret>,
    write_only: &'s Attr<Secret>,
    noun: &Noun<'_>,
) -> Result<&'s Secret, Diagnostics> {
    secret::chosen(plain, write_only).ok_or_else(|| missing(noun).into())
}

/// The error of an apply that has no image to send.
pub(super) fn require(plain: &Attr<Secret>, write_only: &Attr<Secret>, noun: &Noun<'_>) -> Option<Diagnostic> {
    (plain.is_null() && write_only.is_null()).then(|| missing(noun))
}

fn missing(noun: &Noun<'_>) -> Diagnostic {
    secret::missing(NAME, &Path::root(), &format!("the {}", noun.kind), noun.name)
}

/// Records the generation through which an object is created.
pub(super) fn note_create<M: Model>(ctx: &mut Context<M>, api: Api) -> Result<(), Diagnostics> {
    ctx.private.set(API, &api.name())
}

/// Records the generation through which an object is read. Returns whether this is the read of its import.
pub(super) fn note_read<M: Model>(ctx: &mut Context<M>, api: Api) -> Result<bool, Diagnostics> {
    let imported = ctx.private.get::<String>(API).is_none();
    if imported {
        ctx.private.set(ADOPTED, &true)?;
    }
    note_create(ctx, api)?;
    Ok(imported)
}

/// Records that the attributes that an import left null are in state.
pub(super) fn filled<M: Model>(ctx: &mut Context<M>) {
    ctx.private.remove(ADOPTED);
}

/// Whether this generation last created or read the object.
pub(super) fn seen_through(private: &Private, api: Api) -> bool {
    private.get::<String>(API).as_deref() == Some(api.name())
}

/// Completes the attributes whose change replaces the object. Another image does; an attribute that an import left null does
/// not. Setting the image for the first time, or in the other attribute, is no change of it.
pub(super) fn adopt<M: Model>(planning: &mut Planning<M>) -> Result<(), Diagnostics> {
    let Some(prior) = &planning.prior else { return Ok(()) };
    let (prior, plan) = (model::encode(prior)?, model::encode(&planning.plan)?);
    let adopted = planning.private.get::<bool>(ADOPTED) == Some(true);
    planning.requires_replace.retain(|path| !(adopted && prior.get(&path.to_string()).is_null()));
    for name in [NAME, VERSION] {
        let (before, after) = (prior.get(name), plan.get(name));
        if !before.is_null() && !after.is_null() && before != after {
            planning.requires_replace.push(Path::to(name));
        }
    }
    Ok(())
}
