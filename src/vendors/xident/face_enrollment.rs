//! `idv_xident_face_enrollment`: the face of a user as a second factor.
//!
//! `v1` can only enroll. `verify/v1` returns whether a user is enrolled and can remove the face. Its response to an enrollment
//! is a challenge whose meaning is not documented, so the enrollment is read afterwards, for a limited time.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Api, Client};
use super::faces::Face;
use super::image;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{Attr, Attribute, Claim, Diagnostic, Diagnostics, Private, Rule, Schema, Secret, identity};
use crate::http::CachePolicy;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{Noun, confirm, import_block, read_until};

/// The waits before each read of a new enrollment.
const WAITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// The resource of one enrollment.
#[derive(Clone, Copy)]
pub(super) struct FaceEnrollment;

/// The attributes of one enrollment. No `Debug`: it has the image.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct FaceEnrollmentModel {
    user_id: Attr<String>,
    face_image: Attr<Secret>,
    face_image_wo: Attr<Secret>,
    face_image_wo_version: Attr<String>,
    face_id: Attr<String>,
    enrolled_at: Attr<String>,
}

impl FaceEnrollmentModel {
    fn user_id(&self) -> &str {
        self.user_id.as_str().unwrap_or_default()
    }

    fn noun(&self) -> Noun<'_> {
        Noun {
            vendor: "Xident",
            kind: "enrollment",
            name: self.user_id(),
            type_name: FaceEnrollment::NAME,
            console: "Xident's dashboard",
        }
    }

    fn with(self, face: Face) -> Self {
        // Only `v1` returns the id of the face. It stays in state when `verify/v1` reads the enrollment.
        let face_id = face.face_id.or_else(|| self.face_id.as_str().map(str::to_owned)).into();
        Self { face_id, enrolled_at: face.enrolled_at.into(), ..self }
    }
}

#[async_trait]
impl Resource for FaceEnrollment {
    type Client = Client;
    type Model = FaceEnrollmentModel;

    const NAME: &'static str = "xident_face_enrollment";

    const NATURAL_KEY: &'static [&'static str] = &["user_id"];

    const IS_PERSONAL: bool = true;

    fn schema(&self) -> Schema {
        let computed =
            |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        let mut attributes = vec![
            Attribute::string("user_id")
                .required()
                .requires_replace()
                .rule(Rule::Length(1, 255))
                .describe("The id that your own site has for the user."),
        ];
        attributes.extend(image::attributes());
        attributes.push(computed(
            "face_id",
            "The id that Xident chose for the face. Null through `verify/v1`, which returns none.",
        ));
        attributes.push(computed("enrolled_at", "When the face was enrolled, as the vendor writes it."));
        Schema::new(
            "The face of a user, enrolled as a second factor. Xident never returns the image. Through `api = \"v1\"` a face can only be \
             enrolled: a destroy removes it from state only, and changes made elsewhere are not found. `api = \"verify/v1\"` can \
             read and remove it.",
            attributes,
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("user_id", "The user whose face it is."), super::service()]
    }

    fn validate(&self, config: &FaceEnrollmentModel, diagnostics: &mut Diagnostics) {
        image::check(&config.face_image, &config.face_image_wo, &config.face_image_wo_version, diagnostics);
    }

    fn plan(&self, planning: &mut Planning<FaceEnrollmentModel>) -> Result<(), Diagnostics> {
        image::adopt(planning)?;
        if let Some(prior) = &planning.prior {
            // An update sends nothing, so nothing new is returned.
            planning.plan.face_id.clone_from(&prior.face_id);
            planning.plan.enrolled_at.clone_from(&prior.enrolled_at);
        }
        if planning.prior.is_none() || !planning.requires_replace.is_empty() {
            let (config, noun) = (&planning.config, planning.plan.noun());
            let missing = image::require(&config.face_image, &config.face_image_wo, &noun);
            planning.apply_errors.append(missing.into_iter().collect());
        }
        Ok(())
    }

    /// A user has one face.
    fn claim(&self, plan: &FaceEnrollmentModel) -> Option<Claim> {
        let user_id = plan.user_id.as_str()?;
        Some(Claim {
            key: user_id.to_owned(),
            summary: plan.noun().summary("has two resources"),
            object: format!("the enrollment of the user `{user_id}`"),
        })
    }

    fn plan_destroy(&self, prior: &FaceEnrollmentModel, private: &Private) -> Diagnostics {
        if image::seen_through(private, Api::VerifyV1) {
            return Diagnostics::new();
        }
        let detail = format!(
            "Terraform stops managing the face of the user `{}`, who stays enrolled: the API `v1` cannot remove a face. Remove it in \
             Xident's dashboard, or use `api = \"verify/v1\"`.",
            prior.user_id()
        );
        Diagnostic::warning(prior.noun().summary("stays at Xident"), detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: FaceEnrollmentModel,
        ctx: &mut Context<FaceEnrollmentModel>,
    ) -> Result<FaceEnrollmentModel, Diagnostics> {
        let config = ctx.config.clone().unwrap_or_default();
        let image = image::chosen(&config.face_image, &config.face_image_wo, &plan.noun())?;
        image::note_create(ctx, client.api())?;
        if client.api() == Api::V1 {
            let face = client.enroll_face(plan.user_id(), image.expose()).await?;
            return Ok(plan.with(face));
        }
        if client.face(plan.user_id(), CachePolicy::Refresh).await?.is_some() {
            return Err(exists(&plan).into());
        }
        let face = match client.enroll_image(plan.user_id(), image.expose()).await {
            Ok(()) => find(client, plan.user_id()).await?,
            Err(error) => {
                let read = || find(client, plan.user_id());
                let confirmed = confirm(&plan.noun(), "created", error, read, Option::is_some, RECOVERY).await?;
                ctx.append([confirmed.warning]);
                confirmed.value
            }
        };
        let face = face.ok_or_else(|| not_enrolled(&plan))?;
        Ok(plan.with(face))
    }

    async fn read(
        &self,
        client: &Client,
        state: FaceEnrollmentModel,
        ctx: &mut Context<FaceEnrollmentModel>,
    ) -> Result<Option<FaceEnrollmentModel>, Diagnostics> {
        let imported = image::note_read(ctx, client.api())?;
        if client.api() == Api::V1 {
            if imported {
                ctx.warn(
                    state.noun().summary("is not checked"),
                    format!(
                        "The API `v1` cannot read an enrollment, so it is not known whether the user `{}` has one.",
                        state.user_id()
                    ),
                );
            }
            return Ok(Some(state));
        }
        let face = client.face(state.user_id(), CachePolicy::UseCached).await?;
        if face.is_none() && !imported {
            ctx.warn(
                state.noun().summary("is gone"),
                format!(
                    "The user `{}` is no longer enrolled at Xident. The face was removed outside of Terraform and is planned for \
                     creation. To stop managing it instead, remove the resource and run `terraform apply`.",
                    state.user_id()
                ),
            );
        }
        Ok(face.map(|face| state.with(face)))
    }

    /// Sends nothing: only attributes that an import left null, and the attribute that has the image, change in place.
    async fn update(
        &self,
        _: &Client,
        change: Change<FaceEnrollmentModel>,
        ctx: &mut Context<FaceEnrollmentModel>,
    ) -> Result<FaceEnrollmentModel, Diagnostics> {
        image::filled(ctx);
        Ok(change.plan)
    }

    async fn delete(
        &self,
        client: &Client,
        state: FaceEnrollmentModel,
        _: &mut Context<FaceEnrollmentModel>,
    ) -> Result<(), Diagnostics> {
        match client.api() {
            Api::V1 => Ok(()),
            Api::VerifyV1 => Ok(client.delete_face(state.user_id()).await?),
        }
    }

    fn import(&self, id: &str) -> Result<FaceEnrollmentModel, Diagnostics> {
        if id.is_empty() {
            return Err(import_id::wrong(Self::NAME, id, "the user's id, such as `user-456`"));
        }
        Ok(FaceEnrollmentModel { user_id: id.into(), ..FaceEnrollmentModel::default() })
    }

    fn import_id(&self, state: &FaceEnrollmentModel) -> String {
        state.user_id().to_owned()
    }
}

const RECOVERY: &str = "Nothing of it is in state. Apply again once Xident responds: if the face was enrolled, the error then has the \
                        lines that import it.";

/// Reads the enrollment until it exists; `None` if it does not within the waits.
async fn find(client: &Client, user_id: &str) -> Result<Option<Face>, Diagnostics> {
    Ok(read_until(&WAITS, || client.face(user_id, CachePolicy::RefreshAfterWrite), Option::is_some).await?)
}

fn exists(plan: &FaceEnrollmentModel) -> Diagnostic {
    let detail = format!(
        "The user `{}` is already enrolled at Xident, and another image would replace the one they sign in with. Nothing was \
         sent. To manage the existing enrollment, add this block beside the resource and apply again:\n\n{}",
        plan.user_id(),
        import_block(FaceEnrollment::NAME, plan.user_id())
    );
    Diagnostic::error(plan.noun().summary("exists already"), detail)
}

fn not_enrolled(plan: &FaceEnrollmentModel) -> Diagnostic {
    let detail = format!(
        "Xident accepted the image of the user `{}` and returned a challenge, but the user is not enrolled yet. The image may \
         still be processed, or the user has to confirm it. Wait, then import the enrollment, or apply again to send the image \
         once more.",
        plan.user_id()
    );
    Diagnostic::error(plan.noun().summary("is not there yet"), detail)
}
