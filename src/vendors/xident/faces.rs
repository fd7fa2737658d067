//! The calls about faces that are enrolled as a second factor. `v1` can only enroll; `verify/v1` reads and removes.

use serde::{Deserialize, Serialize};

use super::client::{Api, Client};
use crate::http::{CachePolicy, Error, Path};

/// An enrolled face. Each generation returns other fields of it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Face {
    /// The id of the face, which only `v1` returns.
    #[serde(default)]
    pub face_id: Option<String>,
    /// When it was enrolled, as the vendor writes it.
    #[serde(default)]
    pub enrolled_at: Option<String>,
    /// Whether the user has a face, which only `verify/v1` returns.
    #[serde(default)]
    pub enrolled: bool,
}

/// The body of `POST /v1/face-2fa/register`.
#[derive(Serialize)]
struct RegisterFace<'b> {
    user_id: &'b str,
    face_image: &'b str,
}

/// The body of `POST /verify/v1/2fa/register`.
#[derive(Serialize)]
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
        self.read(self.http.post("/face-2fa/register").operation(enrolling(user_id)).json(&body)).await
    }

    /// Enrolls the face of a user through `verify/v1`. The response is a challenge that is not documented, so it is not read.
    pub(super) async fn enroll_image(&self, user_id: &str, image: &str) -> Result<(), Error> {
        let body = RegisterImage { user_id, image };
        self.write(self.http.post("/2fa/register").operation(enrolling(user_id)).json(&body)).await
    }

    /// Reads the enrollment of a user, if there is one. Only `verify/v1` has this call.
    pub(super) async fn face(&self, user_id: &str, policy: CachePolicy) -> Result<Option<Face>, Error> {
        let operation = format!("reading the enrollment of the user \"{user_id}\"");
        self.only(Api::VerifyV1, &operation)?;
        let request = self.http.get(Path::new("/2fa/users").segment(user_id)).operation(operation);
        let face = self.read_opt::<Face>(request.cache_policy(policy)).await?;
        Ok(face.filter(|face| face.enrolled))
    }

    /// Removes the enrollment of a user. Only `verify/v1` has this call.
    pub(super) async fn delete_face(&self, user_id: &str) -> Result<(), Error> {
        let operation = format!("removing the enrollment of the user \"{user_id}\"");
        self.only(Api::VerifyV1, &operation)?;
        self.delete(self.http.delete(Path::new("/2fa/users").segment(user_id)).operation(operation)).await
    }
}
