//! The calls about faces that are enrolled as a second factor. `v1` can only enroll; `verify/v1` reads and removes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::{Api, Client, enveloped};
use crate::http::{CachePolicy, Error, Method};
use crate::openapi::Call;
use crate::vendors::shared::route::Route;

/// An enrolled face.
#[derive(Clone, Debug, Default)]
pub(super) struct Face {
    /// The id of the face, which only `v1` returns.
    pub face_id: Option<String>,
    /// When it was enrolled, as the vendor writes it.
    pub enrolled_at: Option<String>,
}

const REGISTER_FACE: Route = Route::new(Method::POST, "/face-2fa/register");
const REGISTER_IMAGE: Route = Route::new(Method::POST, "/2fa/register");
const READ: Route = Route::new(Method::GET, "/2fa/users/{user_id}");
const DELETE: Route = Route::new(Method::DELETE, "/2fa/users/{user_id}");

/// The calls of a generation about faces.
pub(super) fn calls(api: Api) -> Vec<Call> {
    match api {
        Api::V1 => vec![REGISTER_FACE.call().sends::<RegisterFace<'_>>().reads::<RegisteredFace>()],
        Api::VerifyV1 => vec![
            REGISTER_IMAGE.call().sends::<RegisterImage<'_>>(),
            enveloped::<Enrollment>(READ.call()),
            DELETE.call(),
        ],
    }
}

/// The response to `POST /v1/face-2fa/register`.
#[derive(Deserialize, JsonSchema)]
struct RegisteredFace {
    face_id: Option<String>,
    enrolled_at: Option<String>,
}

/// The response to `GET /verify/v1/2fa/users/{user_id}`.
#[derive(Deserialize, JsonSchema)]
struct Enrollment {
    /// Whether the user has a face.
    #[serde(default)]
    enrolled: bool,
    enrolled_at: Option<String>,
}

/// The body of `POST /v1/face-2fa/register`.
#[derive(Serialize, JsonSchema)]
struct RegisterFace<'b> {
    user_id: &'b str,
    face_image: &'b str,
}

/// The body of `POST /verify/v1/2fa/register`.
#[derive(Serialize, JsonSchema)]
struct RegisterImage<'b> {
    user_id: &'b str,
    image: &'b str,
}

fn enrolling(user_id: &str) -> String {
    format!("enrolling the face of the user \"{user_id}\"")
}

impl Client {
    /// Enrolls the face of a user through `v1`.
    pub(super) async fn enroll_face(&self, user_id: &str, image: &str) -> Result<Face, Error> {
        let body = RegisterFace { user_id, face_image: image };
        let request = self.http.request(REGISTER_FACE.method, REGISTER_FACE.path);
        let RegisteredFace { face_id, enrolled_at } =
            self.read(request.operation(enrolling(user_id)).json(&body)).await?;
        Ok(Face { face_id, enrolled_at })
    }

    /// Enrolls the face of a user through `verify/v1`. The response is a challenge that is not documented, so it is not read.
    pub(super) async fn enroll_image(&self, user_id: &str, image: &str) -> Result<(), Error> {
        let body = RegisterImage { user_id, image };
        self.write(
            self.http.request(REGISTER_IMAGE.method, REGISTER_IMAGE.path).operation(enrolling(user_id)).json(&body),
        )
        .await
    }

    /// Reads the enrollment of a user, if there is one. Only `verify/v1` has this call.
    pub(super) async fn face(&self, user_id: &str, policy: CachePolicy) -> Result<Option<Face>, Error> {
        let operation = format!("reading the enrollment of the user \"{user_id}\"");
        self.only(Api::VerifyV1, &operation)?;
        let request = self.http.request(READ.method, READ.at(&[user_id])).operation(operation);
        let enrollment = self.read_opt::<Enrollment>(request.cache_policy(policy)).await?;
        let enrolled = enrollment.filter(|enrollment| enrollment.enrolled);
        Ok(enrolled.map(|enrollment| Face { face_id: None, enrolled_at: enrollment.enrolled_at }))
    }

    /// Removes the enrollment of a user. Only `verify/v1` has this call.
    pub(super) async fn delete_face(&self, user_id: &str) -> Result<(), Error> {
        let operation = format!("removing the enrollment of the user \"{user_id}\"");
        self.only(Api::VerifyV1, &operation)?;
        self.delete(self.http.request(DELETE.method, DELETE.at(&[user_id])).operation(operation)).await
    }
}
