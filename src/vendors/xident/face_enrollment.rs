//! `idv_xident_face_enrollment`: the face of a user as a second factor.
//!
//! `v1` can only register. `verify/v1` tells whether a user is enrolled and can remove the face; its answer to a registration
//! is a challenge whose meaning is not documented, so the enrollment is looked for afterwards, with a bound.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Api, Client, Face};
use super::image;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{Attr, Attribute, Diagnostic, Diagnostics, Private, Rule, Schema, Secret, identity};
use crate::http::CachePolicy;
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::retry_once;

/// How long an enrollment is looked for, one wait a try.
const WAITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// One enrollment.
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

    fn with(self, face: Face) -> Self {
        // Only one of the generations tells the face's id, and the other does not take it away.
        let face_id = face.face_id.or_else(|| self.face_id.as_str().map(str::to_owned)).into();
        Self { face_id, enrolled_at: face.enrolled_at.into(), ..self }
    }
}

#[async_trait]
impl Resource for FaceEnrollment {
    type Client = Client;
    type Model = FaceEnrollmentModel;

    const NAME: &'static str = "xident_face_enrollment";

    fn schema(&self) -> Schema {
        let given = |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        let mut attributes = vec![
            Attribute::string("user_id")
                .required()
                .requires_replace()
                .rule(Rule::Length(1, 255))
                .describe("The user, by the id that your own site has for them."),
        ];
        attributes.extend(image::attributes());
        attributes
            .push(given("face_id", "The id that Xident gave the face. Null through `verify/v1`, which tells none."));
        attributes.push(given("enrolled_at", "When the face was enrolled, as the vendor writes it."));
        Schema::new(
            "The face of a user, enrolled as a second factor. Xident never gives the image back. Through `api = \"v1\"` a face can only \
             be enrolled: a destroy forgets it, and changes made elsewhere are not found. `api = \"verify/v1\"` finds and removes it.",
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
            // An update sends nothing, so it learns nothing.
            planning.plan.face_id.clone_from(&prior.face_id);
            planning.plan.enrolled_at.clone_from(&prior.enrolled_at);
        }
        if planning.prior.is_none() || !planning.requires_replace.is_empty() {
            image::require(&planning.config.face_image, &planning.config.face_image_wo)?;
        }
        Ok(())
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
        Diagnostic::warning("Destroy forgets the face", detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: FaceEnrollmentModel,
        ctx: &mut Context<FaceEnrollmentModel>,
    ) -> Result<FaceEnrollmentModel, Diagnostics> {
        let config = ctx.config.clone().unwrap_or_default();
        let image = image::chosen(&config.face_image, &config.face_image_wo)?;
        image::note_create(ctx, client.api())?;
        if client.api() == Api::V1 {
            let face = client.register_face(plan.user_id(), image.expose()).await?;
            return Ok(plan.with(face));
        }
        if client.face(plan.user_id(), CachePolicy::Refresh).await?.is_some() {
            return Err(exists(&plan).into());
        }
        let answer = client.register_face(plan.user_id(), image.expose()).await;
        if let Err(error) = &answer
            && !error.may_have_applied()
        {
            return Err(error.clone().into());
        }
        match (find(client, &plan).await, answer) {
            (Ok(Some(face)), answer) => {
                if let Err(error) = answer {
                    ctx.warn(
                        "The face was enrolled though Xident reported an error",
                        format!("The user is enrolled, and it is kept in state.\n{}", error.description()),
                    );
                }
                Ok(plan.with(face))
            }
            (Ok(None), Err(error)) => Err(error
                .with_observation(
                    "Xident was asked and does not know the face, so most likely it was not enrolled. Apply again.",
                )
                .into()),
            (Ok(None), Ok(_)) => Err(not_enrolled(&plan).into()),
            (Err(look), Err(error)) => Err(outcome_unknown(
                error,
                "Nothing of it is in state. Once Xident answers, apply again: a face that was enrolled is found then, and the \
                 message has the lines that import it.",
                look,
            )),
            (Err(mut look), Ok(_)) => {
                look.push(not_enrolled(&plan));
                Err(look)
            }
        }
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
                    "The enrollment is taken on trust",
                    format!(
                        "The API `v1` shows no enrollments, so nobody has looked whether the user `{}` has one.",
                        state.user_id()
                    ),
                );
            }
            return Ok(Some(state));
        }
        let face = client.face(state.user_id(), CachePolicy::UseCached).await?;
        if face.is_none() && !imported {
            ctx.warn(
                "A face is gone",
                format!(
                    "The user `{}` is not enrolled at Xident any more. The face was removed outside of Terraform and is planned for \
                     creation. To stop managing it instead, remove the resource and run `terraform apply`.",
                    state.user_id()
                ),
            );
        }
        Ok(face.map(|face| state.with(face)))
    }

    /// Nothing is sent: what can change in place are gaps that an import left, and how the image is given.
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

/// The enrollment, once it is there; none if it does not appear within the bound.
async fn find(client: &Client, plan: &FaceEnrollmentModel) -> Result<Option<Face>, Diagnostics> {
    for wait in WAITS {
        tokio::time::sleep(wait).await;
        let look = || client.face(plan.user_id(), CachePolicy::RefreshAfterWrite);
        if let Some(face) = retry_once(look).await? {
            return Ok(Some(face));
        }
    }
    Ok(None)
}

fn exists(plan: &FaceEnrollmentModel) -> Diagnostic {
    let detail = format!(
        "The user `{0}` is enrolled at Xident already, and another image would replace the one they sign in with. Nothing was sent. To \
         manage the enrollment that exists, add this beside the resource and apply again:\n\nimport {{\n  to = \
         idv_xident_face_enrollment.NAME\n  id = \"{0}\"\n}}",
        plan.user_id()
    );
    Diagnostic::error("The user is enrolled already", detail)
}

fn not_enrolled(plan: &FaceEnrollmentModel) -> Diagnostic {
    let detail = format!(
        "Xident accepted the image of the user `{}` and answered a challenge, and the user is not enrolled yet. The image may still be \
         processed, or the user has to confirm it. Wait, then import the enrollment, or apply again to send the image anew.",
        plan.user_id()
    );
    Diagnostic::error("The face is not enrolled yet", detail)
}
