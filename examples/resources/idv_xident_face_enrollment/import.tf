# The image is never read back: the first apply after the import records the version and sends nothing.
import {
  to = idv_xident_face_enrollment.operator
  id = "user-456"
}
