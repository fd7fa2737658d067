import {
  to       = idv_xident_face_enrollment.operator
  identity = { user_id = "user-456" }
}
