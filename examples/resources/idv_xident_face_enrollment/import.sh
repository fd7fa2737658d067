# The id is the user's.
terraform import idv_xident_face_enrollment.operator user-456
